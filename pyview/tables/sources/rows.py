"""Rows in memory as the source of a table: dataclasses, pydantic models, named tuples or dicts."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import is_dataclass, replace
from typing import Any, Final, TypeAlias

from pyview.tables.columns import columns_of_rows, columns_of_type
from pyview.tables.query import Sort
from pyview.tables.sources.matching import groups_of, in_key_order, in_order, matcher, totals_of
from pyview.tables.sources.source import Changed, Count, Criteria, Request, Window, grouped_sort
from pyview.tables.values import field_value, key_text
from pyview.threads import in_thread

Rows: TypeAlias = Sequence[Any] | Callable[[], Sequence[Any]]

_MANY: Final = 2_000
"""With more rows, a worker thread sorts: that takes longer than a thread costs, and all pages share the event loop."""


class RowsSource:
    """Rows of a list, or of a function that returns the list as it is now.

    `key` is the field, or the fields, that identify a row. `row_type` is the class of the rows, for a list that may be
    empty. The list is read for each page: what the application changes in it shows with the next one.
    """

    def __init__(self, rows: Rows, *, key: str | Sequence[str] = "id", row_type: type | None = None) -> None:
        self._rows = rows
        self.key_names = (key,) if isinstance(key, str) else tuple(key)
        now = self._all()
        self.columns = columns_of_type(row_type) if row_type is not None else columns_of_rows(now)
        self._check_key(now[:1])

    def _check_key(self, some: Sequence[Any]) -> None:
        for row in some:
            missing = [name for name in self.key_names if field_value(row, name) is None]
            if missing:
                raise ValueError(
                    f"rows are identified by {self.key_names}, but {row!r:.80} has no {missing[0]!r}: give key=..."
                )

    def _all(self) -> Sequence[Any]:
        return self._rows() if callable(self._rows) else self._rows

    def _key_values(self, row: Any) -> tuple[Any, ...]:
        return tuple(field_value(row, name) for name in self.key_names)

    def key(self, row: Any) -> str:
        """Return the key of a row as text."""
        return key_text(self._key_values(row))

    def _matching(self, rows: Sequence[Any], criteria: Criteria) -> list[Any]:
        matches = matcher(criteria)
        return [row for row in rows if matches(row)]

    def _ordered(self, rows: list[Any], sort: tuple[Sort, ...]) -> list[Any]:
        place = {key: number for number, key in enumerate(in_key_order(map(self._key_values, rows)))}
        return in_order(rows, sort, lambda row: place[self._key_values(row)])

    async def window(self, request: Request) -> Window:
        """Return a page of rows."""
        rows = list(self._all())
        return (
            await in_thread(self._window, rows, request) if len(rows) > _MANY else self._window(rows, request)
        )

    def _window(self, rows: Sequence[Any], request: Request) -> Window:
        criteria, group = request.criteria, request.group
        matching = self._matching(rows, criteria)
        ordered = self._ordered(matching, grouped_sort(criteria.sort, group))
        shown = ordered[request.offset : request.offset + request.limit]
        return Window(
            shown,
            Count(len(matching)),
            totals_of(matching, request.totals) if request.with_totals else None,
            groups_of(matching, shown, group, request.totals) if group else (),
        )

    async def find(self, keys: Sequence[str]) -> Mapping[str, Any]:
        """Return the rows of these keys. Unknown keys are left out."""
        wanted = set(keys)
        return {key: row for row in self._all() if (key := self.key(row)) in wanted}

    async def keys(self, criteria: Criteria) -> list[str]:
        """Return the keys of all matching rows."""
        return [self.key(row) for row in self._matching(self._all(), criteria)]

    async def batches(self, criteria: Criteria, size: int) -> AsyncIterator[Sequence[Any]]:
        """Yield all matching rows in their order, `size` at once."""
        rows = list(self._all())
        ordered = await in_thread(lambda: self._ordered(self._matching(rows, criteria), criteria.sort))
        for batch in _batches(ordered, size):
            yield batch

    async def save(self, key: str, column: str, old: Any, new: Any) -> Any:
        """Replace the row in the list by one with the new value. Raises `Changed`."""
        rows = self._all()
        for index, row in enumerate(rows):
            if self.key(row) == key:
                if field_value(row, column) != old:
                    raise Changed(row)
                changed = with_value(row, column, new)
                if changed is not row:
                    _replace(rows, index, changed)
                return changed
        raise Changed(None)


def with_value(row: Any, column: str, value: Any) -> Any:
    """Return a row with another value: a new one, or the same for an object that can be changed only in place."""
    if isinstance(row, Mapping):
        return {**row, column: value}
    if is_dataclass(row) and not isinstance(row, type):
        return replace(row, **{column: value})
    if hasattr(row, "model_copy"):
        return row.model_copy(update={column: value})
    if hasattr(row, "_replace"):
        return row._replace(**{column: value})
    setattr(row, column, value)
    return row


def _replace(rows: Sequence[Any], index: int, row: Any) -> None:
    if not hasattr(rows, "__setitem__"):
        raise TypeError(
            f"the edited row cannot be stored in a {type(rows).__name__}: give a list, or save=... to the table"
        )
    rows[index] = row


def _batches(rows: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))
