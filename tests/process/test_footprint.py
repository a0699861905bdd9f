"""The estimate of the bytes that a value holds."""

from sys import getsizeof
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pyview.process.snapshot import footprint

atoms = st.none() | st.booleans() | st.integers() | st.text() | st.binary()
values = st.recursive(
    atoms, lambda inner: st.dictionaries(st.text(max_size=3), inner, max_size=8), max_leaves=8
)


def whole(value: Any) -> int:
    """Return the bytes of a value and of everything in it. Keys do not count: rows share them."""
    if isinstance(value, list):
        return getsizeof(value) + sum(map(whole, value))
    return getsizeof(value) + (sum(map(whole, value.values())) if isinstance(value, dict) else 0)


@given(rows=st.lists(values, max_size=8))
def test_few_items_of_few_values_are_counted_one_by_one(rows: list[Any]) -> None:
    assert footprint(rows, depth=20) == whole(rows)


@given(row=st.dictionaries(st.text(), atoms, max_size=8), times=st.integers(1, 500))
def test_a_few_rows_stand_for_all(row: dict[str, Any], times: int) -> None:
    rows = [row] * times
    assert footprint(rows) == getsizeof(rows) + times * whole(row)


@given(small=st.integers(0, 30), large=st.integers(60, 500), rows=st.booleans())
def test_a_few_small_items_at_the_start_of_a_list_do_not_stand_for_all(
    small: int, large: int, rows: bool
) -> None:
    items: list[Any] = ["a"] * small + ["a" * 5000] * large
    held = [{"text": item} for item in items] if rows else items
    assert footprint(held) >= whole(held) / 2


class Empty(dict[str, int]):
    """Says that it has a value, and has none."""

    def __len__(self) -> int:
        return 1


def test_a_collection_may_contain_less_than_it_says() -> None:
    assert footprint(Empty()) == getsizeof(Empty())


def test_rows_of_many_values_are_not_counted_one_by_one() -> None:
    row = dict.fromkeys(range(10_000), 7)
    assert footprint([row]) == getsizeof([row]) + getsizeof(row) + 10_000 * getsizeof(7)
