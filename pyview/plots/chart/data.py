"""The data of a chart, read from rows or lists, as immutable values that a template can compare."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from numbers import Real
from operator import attrgetter, itemgetter
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import orjson

from pyview.words import in_words

X: TypeAlias = float | str | date | datetime
Axis: TypeAlias = Literal["number", "time", "category"]

LARGEST: Final = 1e300
"""Largest number that a chart can show: the distance of two such numbers is still a float."""


_PLAIN: Final[frozenset[type]] = frozenset({float, int})


class Series(NamedTuple):
    """The values of one series, one for each position. None is a missing value."""

    label: str
    values: tuple[float | None, ...]


class ChartData:
    """The positions of a chart, and its series. `axis` says what the positions are."""

    __slots__ = ("_content", "axis", "series", "xs")

    def __init__(self, axis: Axis, xs: tuple[X, ...], series: tuple[Series, ...]) -> None:
        self.axis = axis
        self.xs = xs
        self.series = series
        zone = xs[0].tzinfo if xs and isinstance(xs[0], datetime) else None
        self._content = orjson.dumps((axis, xs, [tuple(each) for each in series], str(zone)))

    def __pyview_parts__(self) -> tuple[bytes]:
        # A render compares the data of each chart on the page. One text is compared fifty times as fast as the values.
        return (self._content,)


def chart_data(data: Any, x: Any = None, y: Any = None) -> ChartData:
    """Return the data of a chart.

    `data` is one of three:

    - rows, dicts or objects: `x` is the name of the field with the position, `y` that of the value. Several values are
      a list of names, or a dict of names and labels.
    - a dict of labels and lists of numbers: `x` is a list of positions, by default 0, 1, 2...
    - one list of numbers, with the same `x`.

    Missing values are None, NaN, and numbers beyond `LARGEST`. Raises `TypeError` for another value that is not a
    number, `ValueError` for lists of different lengths, and for times with and without a zone.
    """
    if isinstance(data, Mapping):
        return _of_lists({str(label): list(values) for label, values in data.items()}, x)
    rows = list(data)
    if isinstance(x, str) or (y is not None and rows):
        return _of_rows(rows, x, y)
    return _of_lists({str(y or "Value"): rows}, x)


def _of_rows(rows: Sequence[Any], x: Any, y: Any) -> ChartData:
    if not isinstance(x, str) or y is None:
        raise TypeError(
            f"expected the names of the fields of a row, such as x='month', y='sales'; got x={x!r:.60}, y={y!r:.60}"
        )
    labels = _labels(y)
    series = [
        Series(label, _numbers(_column(rows, name), f"the field {name!r}")) for name, label in labels.items()
    ]
    return _chart_data(_column(rows, x), series)


def _labels(y: Any) -> dict[str, str]:
    if isinstance(y, Mapping):
        return {str(name): str(label) for name, label in y.items()}
    names = [y] if isinstance(y, str) else list(y)
    return {name: in_words(name) for name in names}


def _column(rows: Sequence[Any], name: str) -> list[Any]:
    if not rows:
        return []
    read = itemgetter(name) if isinstance(rows[0], Mapping) else attrgetter(name)
    try:
        return [read(row) for row in rows]
    except (LookupError, AttributeError, TypeError):
        position, row = next((i, row) for i, row in enumerate(rows) if not _has(row, name))
        raise TypeError(
            f"expected rows with a field {name!r} for a chart; row {position} is {row!r:.80}. "
            "Without field names, pass numbers, or a dict of labels and lists of numbers"
        ) from None


def _has(row: Any, name: str) -> bool:
    return name in row if isinstance(row, Mapping) else hasattr(row, name)


def _of_lists(lists: Mapping[str, list[Any]], x: Any) -> ChartData:
    count = max(map(len, lists.values()), default=0)
    xs = range(count) if x is None else list(x)
    for label, values in lists.items():
        if len(values) != len(xs):
            raise ValueError(
                f"expected {len(xs)} numbers in the series {label!r}, one for each position; got {len(values)}. "
                "None stands for a missing value"
            )
    series = [Series(label, _numbers(values, f"the series {label!r}")) for label, values in lists.items()]
    return _chart_data(xs, series)


def _chart_data(xs: Iterable[Any], series: Sequence[Series]) -> ChartData:
    axis, positions = _positions(list(xs))
    return ChartData(axis, positions, tuple(series))


def _numbers(values: Sequence[Any], where: str) -> tuple[float | None, ...]:
    # A render reads the values of every chart on the page, so lists of plain numbers are checked as a whole.
    if values and {*map(type, values)} <= _PLAIN and -LARGEST < min(values) <= max(values) < LARGEST:
        total = sum(values)
        if total == total:  # false for NaN
            return tuple(map(float, values))
    return tuple([_number(value, where) for value in values])


def _number(value: Any, where: str) -> float | None:
    """Return a float, None for a missing value: None, NaN, infinity, and numbers that are too large."""
    if value is None:
        return None
    if isinstance(value, str | bytes):
        raise TypeError(f"expected numbers or None in {where}, got {value!r:.60}. Convert it with float(...)")
    try:
        number = float(value)
    except OverflowError:
        return None
    except (TypeError, ValueError):
        raise TypeError(f"expected numbers or None in {where}, got {value!r:.60}") from None
    return number if -LARGEST < number < LARGEST else None


def _positions(xs: list[Any]) -> tuple[Axis, tuple[X, ...]]:
    kinds = {*map(type, xs)}
    if all(issubclass(kind, Real) and not issubclass(kind, bool) for kind in kinds):
        numbers = _numbers(xs, "the positions")
        return ("category", tuple(map(str, xs))) if None in numbers else ("number", numbers)  # type: ignore[return-value]
    if all(issubclass(kind, date) for kind in kinds):
        return "time", _times(xs)
    return "category", tuple(["" if x is None else str(x) for x in xs])


def _times(xs: list[Any]) -> tuple[X, ...]:
    """Return dates, or datetimes: a date among datetimes is its midnight."""
    if not any(issubclass(kind, datetime) for kind in {*map(type, xs)}):
        return tuple(xs)
    times = xs if {*map(type, xs)} == {datetime} else [_time(x) for x in xs]
    if len({each.tzinfo is None for each in times}) > 1:
        raise ValueError(
            "expected times that all have a time zone, or all have none, as positions of a chart; got both"
        )
    return tuple(times)


def _time(x: date) -> datetime:
    return x if isinstance(x, datetime) else datetime.combine(x, time())
