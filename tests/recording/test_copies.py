"""Copies of states: what they share, what they notice, and what is made of them again."""

from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from pyview.recording.copies import MOST_PARTS, Copier, Copy, Reference, restored, unrestorable
from pyview.template.tree.change import ChangeRule


class Model(BaseModel):
    name: str
    tags: list[str] = []


@dataclass(slots=True)
class Slotted:
    x: int
    items: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class Frozen:
    items: list[int]


class Plain:
    def __init__(self) -> None:
        self.items = {"a": [1]}


class Point(NamedTuple):
    x: int
    items: list[int]


class Service:
    """An object that holds more than data."""

    def __init__(self) -> None:
        self.call = lambda: None


class Hostile:
    """An object whose every method fails."""

    def __init__(self) -> None:
        self.value = [1]

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    def __hash__(self) -> int:
        raise RuntimeError

    def __repr__(self) -> str:
        raise RuntimeError

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError


def copied(value: Any, before: Any = None, copier: Copier | None = None) -> Any:
    copier = copier or Copier(ChangeRule())
    copier.begin()
    try:
        return copier.context(value, before)
    finally:
        copier.end()


@pytest.mark.parametrize(
    ("value", "change"),
    [
        ([1, {"a": [2]}], lambda value: value[1]["a"].append(3)),
        ({"a": {1, 2}}, lambda value: value["a"].add(3)),
        (deque([1], maxlen=3), lambda value: value.append(2)),
        (defaultdict(list, {"a": [1]}), lambda value: value["b"].append(2)),
        (Counter("aab"), lambda value: value.update("c")),
        (Model(name="x", tags=["a"]), lambda value: value.tags.append("b")),
        (Slotted(1, [1]), lambda value: value.items.append(2)),
        (Frozen([1]), lambda value: value.items.append(2)),
        (Plain(), lambda value: value.items["a"].append(2)),
        (Point(1, [1]), lambda value: value.items.append(2)),
        ((1, [2]), lambda value: value[1].append(3)),
        ([1, 2], lambda value: value.__setitem__(0, True)),
    ],
)
def test_a_change_inside_is_noticed_and_undone(value: Any, change: Any) -> None:
    context, copier = {"one": value, "other": ["same"]}, Copier(ChangeRule())
    before = copied(context, None, copier)
    assert copied(context, before, copier) is before
    change(value)
    after = copied(context, before, copier)
    assert after.get("one") is not before.get("one")
    assert after.get("other") is before.get("other")
    old = restored(before, context)["one"]
    assert type(old) is type(value)
    assert old is not value
    assert copied({"one": old, "other": ["same"]}, before) is before


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=40)
@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_data_comes_back_as_it_was(context: dict[str, Any]) -> None:
    assert repr(restored(copied(context))) == repr(context)


def test_objects_with_more_than_data_are_kept_by_reference() -> None:
    service, hostile = Service(), Hostile()
    context = {"service": service, "services": [service], "hostile": hostile, "n": 1}
    copy = copied(context)
    back = restored(copy, {})
    assert back["service"] is service
    assert back["services"] == [service]
    assert copied(context, copy) is copy
    assert dict(unrestorable(copy)) == {"service": "holds more than data"}


def test_a_reference_does_not_keep_its_object() -> None:
    copy = copied({"service": Service(), "n": 1})
    present = Service()
    assert restored(copy, {"service": present})["service"] is present
    assert restored(copy, {}) == {"n": 1}


def test_large_and_endless_values_are_kept_by_reference() -> None:
    endless: list[Any] = []
    endless.append(endless)
    context = {"rows": [[0]] * 3 + [list(range(MOST_PARTS))], "endless": endless, "n": [1]}
    copy = copied(context)
    assert type(copy.get("rows")) is Reference
    assert type(copy.get("endless")) is Reference
    assert type(copy.get("n")) is Copy
    assert dict(unrestorable(copy)) == {"rows": "is too large to keep", "endless": "contains itself"}


def test_one_object_under_two_names_stays_one() -> None:
    shared: list[int] = [1]
    back = restored(copied({"a": shared, "b": {"c": shared}}))
    assert back["a"] is back["b"]["c"]


class BadKey:
    """A key whose comparison fails."""

    def __hash__(self) -> int:
        return 1

    def __eq__(self, other: object) -> bool:
        raise RuntimeError


def test_a_value_that_cannot_be_copied_does_not_matter_to_the_others() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    copier = Copier(ChangeRule())
    before = copied({"bad": {BadKey(): [1]}, "deep": deep, "n": 1}, None, copier)
    context = {"bad": {BadKey(): [1]}, "deep": deep, "n": 2}
    after = copied(context, before, copier)
    assert after.get("n") == 2
    assert dict(unrestorable(after))["bad"] == "cannot be copied"
    assert restored(after, context)["deep"] is deep


def test_large_values_are_not_kept_alive() -> None:
    rows = [list(range(10)) for _ in range(MOST_PARTS)]
    copy = copied({"rows": rows})
    assert restored(copy, {"rows": "present"})["rows"] == "present"
