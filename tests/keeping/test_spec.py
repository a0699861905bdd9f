"""The class argument `keep`: its forms, inheritance, and the errors of names that are not there."""

from dataclasses import dataclass
from typing import Any, TypedDict

import pytest
from pydantic import BaseModel

from pyview import LiveComponent, LiveView
from pyview.keeping import Keep
from pyview.keeping.plan import plan_of
from pyview.keeping.spec import declared
from tests.keeping.classes import component_of, view_of


class State(TypedDict):
    draft: str
    step: int


@dataclass
class Data:
    draft: str


class Model(BaseModel):
    draft: str


def test_a_class_inherits_and_overrides() -> None:
    class Base(LiveView[State], keep=("draft",)): ...

    class Same(Base): ...

    class More(Base, keep=True): ...

    class Nothing(Base, keep=False): ...

    class Plain(LiveView[State]): ...

    kept = [declared(cls) for cls in (Base, Same, More, Nothing, Plain)]
    assert [keep and (keep.names, keep.everything) for keep in kept] == [
        (("draft",), False),
        (("draft",), False),
        (None, True),
        None,
        None,
    ]
    assert plan_of(Nothing) is None
    assert plan_of(Same) is not plan_of(Base)


def test_the_ways_to_write_it() -> None:
    class One(LiveView[State], keep="draft"): ...

    class Part(LiveComponent[State], keep=Keep("step", hours=24)): ...

    one, part = declared(One), declared(Part)
    assert one is not None
    assert one.names == ("draft",)
    assert part is not None
    assert (part.names, part.hours, repr(part)) == (("step",), 24, "Keep('step', hours=24)")


@pytest.mark.parametrize("context", [State, Data, Model])
def test_an_unknown_name_fails_when_the_class_is_made(context: Any) -> None:
    with pytest.raises(ValueError, match=r"has no 'drfat'\. Did you mean 'draft'"):
        view_of(context, ("drfat",))


@pytest.mark.parametrize("keep", [("a", 3), 7, [""], [None]])
def test_other_arguments_are_refused(keep: Any) -> None:
    with pytest.raises(TypeError, match="expected True, False, names of the context"):
        view_of(State, keep)


@pytest.mark.parametrize("hours", [0, -1, float("inf"), float("nan"), "24"])
def test_hours_are_positive(hours: Any) -> None:
    with pytest.raises(ValueError, match="positive number of hours"):
        Keep("draft", hours=hours)


def test_only_views_keep_streams() -> None:
    with pytest.raises(ValueError, match="only a view keeps streams"):
        component_of(State, Keep(streams=("rows",)))


def test_a_context_that_is_defined_later_is_not_checked_yet() -> None:
    class View(LiveView["Later"], keep=("draft",)): ...  # type: ignore[name-defined]

    assert declared(View) is not None


def test_a_type_that_pydantic_does_not_know_is_an_error_at_the_start() -> None:
    class Session: ...

    class WithSession(TypedDict):
        db: Session

    class View(LiveView[WithSession], keep=("db",)): ...

    plan = plan_of(View)
    assert plan is not None
    with pytest.raises(TypeError, match=r"'db' cannot be kept.*make it again in mount"):
        plan.check()
