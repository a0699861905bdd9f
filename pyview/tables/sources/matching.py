"""Search, filters and order of rows in Python, as every source has them."""

import datetime
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from functools import cmp_to_key
from typing import Any, TypeAlias

from pyview.tables.columns import Total
from pyview.tables.filters import Between, Contains, Filter, Is, OneOf
from pyview.tables.query import Sort
from pyview.tables.sources.source import Criteria, Group
from pyview.tables.values import field_value, plain_text

Matches: TypeAlias = Callable[[Any], bool]


def matcher(criteria: Criteria) -> Matches:
    """Return the function that says if a row matches the search and the filters."""
    tests = [_filter_test(name, chosen) for name, chosen in criteria.filters]
    if criteria.search:
        tests.append(_search_test(criteria.search, criteria.searched))
    return lambda row: all(test(row) for test in tests)


def _search_test(search: str, names: Sequence[str]) -> Matches:
    wanted = search.lower()
    return lambda row: any(wanted in plain_text(field_value(row, name)).lower() for name in names)


def _filter_test(name: str, chosen: Filter) -> Matches:
    match chosen:
        case Contains(text):
            return _search_test(text, (name,))
        case Is(wanted):
            return lambda row: field_value(row, name) == wanted
        case OneOf(texts):
            return lambda row: (value := field_value(row, name)) is not None and plain_text(value) in texts
        case Between(low, high):
            return lambda row: _is_between(field_value(row, name), low, high)


def _is_between(value: Any, low: Any, high: Any) -> bool:
    if value is None:
        return False
    if isinstance(value, datetime.datetime):
        value = (value.astimezone(datetime.UTC) if value.tzinfo else value).date()
    return (low is None or low <= value) and (high is None or value <= high)


def in_order(rows: Iterable[Any], sort: Sequence[Sort], key: Callable[[Any], Any]) -> list[Any]:
    """Return rows in the order of `sort`, equal ones by their keys, with None last."""
    found = sorted(rows, key=key)
    # From the last column to the first: the sort of Python keeps the order of equal rows.
    for column, descending in reversed(sort):
        with_value = [row for row in found if field_value(row, column) is not None]
        without = [row for row in found if field_value(row, column) is None]
        with_value.sort(key=lambda row: comparable(field_value(row, column)), reverse=descending)
        found = [*with_value, *without]
    return found


def goes_before(one: Any, other: Any, sort: Sequence[Sort], key: Callable[[Any], Any]) -> bool:
    """Return True if the row `one` comes before the row `other`."""
    for column, descending in sort:
        first, second = field_value(one, column), field_value(other, column)
        if first is None or second is None:
            if (first is None) != (second is None):
                return second is None
            continue
        left, right = comparable(first), comparable(second)
        if left != right:
            return bool(left > right if descending else left < right)
    return bool(key(one) < key(other))


def comparable(value: Any) -> Any:
    """Return a value that `<` can compare with others of its column."""
    return plain_text(value) if isinstance(value, Enum) else value


def in_key_order(keys: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return keys in their order; keys of several types by their texts."""
    try:
        return sorted(keys)
    except TypeError:
        return sorted(keys, key=cmp_to_key(_by_text))


def _by_text(one: tuple[Any, ...], other: tuple[Any, ...]) -> int:
    left, right = [plain_text(part) for part in one], [plain_text(part) for part in other]
    return (left > right) - (left < right)


def total_of(rows: Sequence[Any], column: str, total: Total) -> Any:
    """Return a total of the values that are not None. Without any, it is None, and the count 0."""
    values = [value for row in rows if (value := field_value(row, column)) is not None]
    if total == "count":
        return len(values)
    if not values:
        return None
    match total:
        case "sum":
            return sum(values)
        case "mean":
            return sum(values) / len(values)
        case "min":
            return min(values, key=comparable)
        case "max":
            return max(values, key=comparable)


def totals_of(rows: Sequence[Any], wanted: Iterable[tuple[str, Total]]) -> tuple[Any, ...]:
    """Return totals in the order in which they are wanted."""
    return tuple(total_of(rows, column, total) for column, total in wanted)


def groups_of(
    matching: Iterable[Any], shown: Iterable[Any], column: str, wanted: Sequence[tuple[str, Total]]
) -> tuple[Group, ...]:
    """Return the groups of the rows that are shown, counted over all matching rows."""
    members: dict[Any, list[Any]] = {field_value(row, column): [] for row in shown}
    for row in matching:
        found = members.get(field_value(row, column))
        if found is not None:
            found.append(row)
    return tuple(Group(value, len(rows), totals_of(rows, wanted)) for value, rows in members.items())
