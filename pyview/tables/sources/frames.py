"""A data frame as the source of a table: pandas, Polars or PyArrow, through Narwhals."""

import datetime
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import reduce
from operator import and_, or_
from typing import Any, Final

import narwhals as nw
import narwhals.selectors as ncs

from pyview.tables.columns import Column, Kind, Total
from pyview.tables.filters import Between, Contains, Filter, Is, OneOf, chosen_values, day_bounds
from pyview.tables.query import Sort
from pyview.tables.sources.source import Count, Criteria, Group, Request, Window, grouped_sort
from pyview.tables.values import field_value, key_text, separated
from pyview.threads import in_thread

_ROW: Final = "__row"
"""Name of the column with the number of a row, which is its key unless the application names one."""

_TOTALS: Final[Mapping[Total, Callable[[nw.Expr], nw.Expr]]] = {
    "sum": nw.Expr.sum,
    "count": nw.Expr.count,
    "mean": nw.Expr.mean,
    "min": nw.Expr.min,
    "max": nw.Expr.max,
}


class FrameSource:
    """Rows of a data frame, as dicts. The frame is shared by all pages, and never changed.

    `key` names the columns that identify a row; by default it is the number of the row. A lazy frame needs a key, and
    is collected for each page. Work runs in worker threads.

    Raises `TypeError` for something that is no frame, `ValueError` for a lazy frame without a key.
    """

    def __init__(self, frame: Any, *, key: str | Sequence[str] | None = None) -> None:
        self._frame, self.key_names = _with_key(nw.from_native(frame), key)
        schema = self._frame.collect_schema()
        self._dtypes = dict(schema)
        self.columns = tuple(_column(name, dtype) for name, dtype in schema.items() if name != _ROW)

    def key(self, row: Any) -> str:
        """Return the key of a row as text."""
        return key_text(tuple(field_value(row, name) for name in self.key_names))

    async def window(self, request: Request) -> Window:
        """Return a page of rows."""
        return await in_thread(self._window, request)

    def _window(self, request: Request) -> Window:
        matching = self._matching(request.criteria)
        ordered = self._ordered(matching, grouped_sort(request.criteria.sort, request.group))
        rows = _rows(_page(ordered, request.offset, request.limit))
        return Window(
            rows,
            Count(_length(matching)) if request.count else None,
            self._totals(matching, request.totals) if request.with_totals else None,
            self._groups(matching, rows, request) if request.group is not None else (),
        )

    def _matching(self, criteria: Criteria) -> Any:
        known = {one.name: one for one in self.columns}
        conditions = [self._condition(known[name], chosen) for name, chosen in criteria.filters]
        if criteria.search:
            found = [_contains(name, criteria.search) for name in criteria.searched]
            conditions.append(nw.any_horizontal(*found, ignore_nulls=True))
        return self._frame.filter(reduce(and_, conditions)) if conditions else self._frame

    def _condition(self, column: Column, chosen: Filter) -> nw.Expr:
        values = nw.col(column.name)
        match chosen:
            case Contains(text):
                return _contains(column.name, text)
            case Is(value):
                return values == value
            case OneOf():
                return values.cast(nw.String).is_in(chosen_values(column, chosen) or list(chosen.texts))
            case Between(low, high):
                return self._between(values, self._dtypes[column.name], low, high)

    def _between(self, values: nw.Expr, dtype: Any, low: Any, high: Any) -> nw.Expr:
        tests = [~values.is_null()]
        if isinstance(dtype, nw.Datetime):
            zone = datetime.UTC if dtype.time_zone else None
            moments = values.dt.convert_time_zone("UTC") if dtype.time_zone else values
            start, end = day_bounds(Between(low, high), zone)
            tests += [moments >= start] if start is not None else []
            tests += [moments < end] if end is not None else []
        else:
            tests += [values >= low] if low is not None else []
            tests += [values <= high] if high is not None else []
        return reduce(and_, tests)

    def _ordered(self, frame: Any, sort: Sequence[Sort]) -> Any:
        names = [one.column for one in sort]
        keys = [name for name in self.key_names if name not in names]
        descending = [one.descending for one in sort] + [False] * len(keys)
        return frame.sort(*names, *keys, descending=descending, nulls_last=True)

    def _totals(self, frame: Any, wanted: Sequence[tuple[str, Total]]) -> tuple[Any, ...]:
        if not wanted:
            return ()
        row = _rows(_collected(frame.select(*_total_columns(wanted))))[0]
        return _total_values(row, wanted)

    def _groups(self, matching: Any, rows: Sequence[Any], request: Request) -> tuple[Group, ...]:
        name = str(request.group)
        values = list(dict.fromkeys(row[name] for row in rows))
        among = nw.col(name).is_in([one for one in values if one is not None])
        if None in values:
            among = among | nw.col(name).is_null()
        counted = (
            matching.filter(among)
            .group_by(name)
            .agg(nw.len().alias("__number"), *_total_columns(request.totals))
        )
        found = {row[name]: row for row in _rows(_collected(counted))}
        return tuple(
            Group(value, found[value]["__number"], _total_values(found[value], request.totals))
            for value in values
            if value in found
        )

    async def find(self, keys: Sequence[str]) -> Mapping[str, Any]:
        """Return the rows of these keys. Unknown keys are left out."""
        return await in_thread(self._find, keys)

    def _find(self, keys: Sequence[str]) -> dict[str, Any]:
        wanted = [texts for key in keys if len(texts := self._texts(key)) == len(self.key_names)]
        if not wanted:
            return {}
        # Keys as texts: the column may be of any type, and the text in an event may be no value of it.
        columns = [nw.col(name).cast(nw.String) for name in self.key_names]
        if len(columns) == 1:
            is_wanted = columns[0].is_in([texts[0] for texts in wanted])
        else:
            rows = [reduce(and_, (c == t for c, t in zip(columns, texts, strict=True))) for texts in wanted]
            is_wanted = reduce(or_, rows)
        found = _rows(_collected(self._frame.filter(is_wanted)))
        return {self.key(row): row for row in found}

    def _texts(self, key: str) -> list[str]:
        return [key] if len(self.key_names) == 1 else separated(key)

    async def keys(self, criteria: Criteria) -> list[str]:
        """Return the keys of all matching rows."""
        return await in_thread(
            lambda: [
                self.key(row) for row in _rows(_collected(self._matching(criteria).select(*self.key_names)))
            ]
        )

    async def batches(self, criteria: Criteria, size: int) -> AsyncIterator[Sequence[Any]]:
        """Yield all matching rows in their order, `size` at once."""
        ordered = await in_thread(lambda: _collected(self._ordered(self._matching(criteria), criteria.sort)))
        for start in range(0, len(ordered), size):
            yield await in_thread(_rows, ordered[start : start + size])


def _with_key(frame: Any, key: str | Sequence[str] | None) -> tuple[Any, tuple[str, ...]]:
    if not frame.implementation.is_pandas_like():
        # "Not a number" has no place in an order. In pandas it is the missing value already.
        frame = frame.with_columns(ncs.by_dtype(nw.Float32, nw.Float64).fill_nan(None))
    if key is not None:
        return frame, (key,) if isinstance(key, str) else tuple(key)
    if isinstance(frame, nw.LazyFrame):
        raise ValueError(
            "the rows of a lazy frame have no numbers: give key=..., a column that identifies them"
        )
    return frame.with_row_index(_ROW), (_ROW,)


def _column(name: str, dtype: Any) -> Column:
    if isinstance(dtype, nw.Enum):
        return Column(name, kind="choice", choices=tuple(dtype.categories))
    return Column(name, kind=_kind(dtype))


def _kind(dtype: Any) -> Kind:
    if dtype == nw.Boolean:
        return "boolean"
    if dtype.is_numeric():
        return "number"
    if dtype == nw.Datetime:
        return "datetime"
    if dtype == nw.Date:
        return "date"
    return "text" if dtype in (nw.String, nw.Categorical) else "other"


def _contains(name: str, text: str) -> nw.Expr:
    return nw.col(name).cast(nw.String).str.to_lowercase().str.contains(text.lower(), literal=True)


def _total_columns(wanted: Sequence[tuple[str, Total]]) -> list[nw.Expr]:
    """Return each total, and the number of the values that it is made of."""
    totals = [_TOTALS[total](nw.col(name)).alias(f"__total_{n}") for n, (name, total) in enumerate(wanted)]
    return totals + [nw.col(name).count().alias(f"__of_{n}") for n, (name, _) in enumerate(wanted)]


def _total_values(row: Mapping[str, Any], wanted: Sequence[tuple[str, Total]]) -> tuple[Any, ...]:
    return tuple(
        row[f"__total_{n}"] if row[f"__of_{n}"] or total == "count" else None
        for n, (_, total) in enumerate(wanted)
    )


def _collected(frame: Any) -> Any:
    return frame.collect() if isinstance(frame, nw.LazyFrame) else frame


def _page(frame: Any, offset: int, limit: int) -> Any:
    if isinstance(frame, nw.LazyFrame):
        return frame.head(offset + limit).collect()[offset:]
    return frame[offset : offset + limit]


def _length(frame: Any) -> int:
    return int(_collected(frame.select(nw.len())).item()) if isinstance(frame, nw.LazyFrame) else len(frame)


def _rows(frame: Any) -> list[dict[str, Any]]:
    return [{name: _value(value) for name, value in row.items()} for row in frame.rows(named=True)]


def _value(value: Any) -> Any:
    """Return a value as Python has it: no scalar of NumPy, and None for a missing one."""
    if value is None or type(value) in (str, int, bool):
        return value
    if value != value:
        return None
    as_python = getattr(value, "to_pydatetime", None) or getattr(value, "item", None)
    return as_python() if callable(as_python) else value
