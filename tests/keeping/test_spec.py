"""The class argument `keep`: its forms, inheritance, and the errors of names that are not there."""

import re
import types
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


def test_names_of_streams_are_text() -> None:
    with pytest.raises(TypeError, match=r"Keep\(streams=...\): expected names of streams.*got 1"):
        Keep(streams=[1])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("argument", "advice"),
    [
        ("kep", "Did you mean keep="),
        ("mount_once", "Write it into the body of the class: mount_once = ..."),
        ("rounds", "Expected keep=..., or none"),
    ],
)
@pytest.mark.parametrize("base", [LiveView, LiveComponent])
def test_other_class_arguments_are_refused(base: Any, argument: str, advice: str) -> None:
    if argument == "mount_once" and base is LiveComponent:
        advice = "Expected keep=..., or none"
    with pytest.raises(TypeError, match=re.escape(f"class Part({argument}=...)")) as refusal:
        types.new_class("Part", (base,), {argument: True})
    assert advice in str(refusal.value)


def test_an_error_of_a_base_class_is_its_own() -> None:
    class Rounds:
        left = 0

        def __init_subclass__(cls, *, rounds: int = 0, **arguments: Any) -> None:
            super().__init_subclass__(**arguments)
            cls.left = 12 // rounds

    game: Any = types.new_class("Game", (LiveView, Rounds), {"rounds": 3, "keep": True})
    assert game.left == 4
    with pytest.raises(TypeError, match="unsupported operand"):
        types.new_class("Game", (LiveView, Rounds), {"rounds": "3"})


def test_mount_once_is_true_or_false() -> None:
    with pytest.raises(TypeError, match=r"mount_once: expected True, False or None; got 'yes'"):
        type("Often", (LiveView,), {"mount_once": "yes"})
