"""TableSource: what a table asks of the place where its rows are."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

from pyview.tables.columns import Column, Total
from pyview.tables.filters import Filter
from pyview.tables.query import Sort


@dataclass(frozen=True, slots=True)
class Criteria:
    """Search, filters and order of rows. All names are columns that the table offers.

    Every source orders alike: None last in both directions, and rows that are equal by their keys, so that the order is
    total. A search finds rows in which one of the columns `searched` contains the text; upper and lower case of A to Z
    are the same, for other letters as the source has it.
    """

    search: str = ""
    searched: tuple[str, ...] = ()
    filters: tuple[tuple[str, Filter], ...] = ()
    sort: tuple[Sort, ...] = ()


class Count(NamedTuple):
    """A number of rows. Unless it is exact, there are more than `number`."""

    number: int
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Request:
    """One page of rows, and what is to be computed with it.

    `count_to` is the number up to which matching rows are counted, None for an exact count; with `count=False` they are
    not counted. `totals` are pairs of column and total over all matching rows. With `group`, rows come in the order of
    that column first, and its values on the page are counted and totalled.
    """

    criteria: Criteria
    offset: int
    limit: int
    count: bool = True
    count_to: int | None = None
    totals: tuple[tuple[str, Total], ...] = ()
    with_totals: bool = True
    group: str | None = None


class Group(NamedTuple):
    """Rows with the same value of the group's column: their number, and their totals."""

    value: Any
    number: int
    totals: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """The rows of a page, and what was computed with them."""

    rows: Sequence[Any]
    count: Count | None = None
    totals: tuple[Any, ...] | None = None
    groups: tuple[Group, ...] = ()


@runtime_checkable
class TableSource(Protocol):
    """Source of the rows of a table.

    `key` returns the key of a row as text: it identifies the row in an address, and must not change. A source never
    returns rows that its own conditions exclude, also when it is asked by key.
    """

    @property
    def columns(self) -> tuple[Column, ...]: ...
    def key(self, row: Any) -> str: ...

    async def window(self, request: Request) -> Window:
        """Return a page of rows."""
        ...

    async def find(self, keys: Sequence[str]) -> Mapping[str, Any]:
        """Return the rows of these keys, as they are now. Unknown keys are left out."""
        ...

    async def keys(self, criteria: Criteria) -> list[str]:
        """Return the keys of all matching rows."""
        ...

    def batches(self, criteria: Criteria, size: int) -> AsyncIterator[Sequence[Any]]:
        """Yield all matching rows in their order, as they were at one time, `size` at once."""
        ...


class Changed(Exception):
    """A row has changed or gone since it was shown. `row` is as it is now, None if it is gone."""

    def __init__(self, row: Any) -> None:
        super().__init__("the row has changed meanwhile")
        self.row = row


@runtime_checkable
class SavingSource(Protocol):
    """A source that stores an edited value by itself."""

    async def save(self, key: str, column: str, old: Any, new: Any) -> Any:
        """Store `new` unless the value is another than `old`. Return the row as it is then. Raises `Changed`."""
        ...


def grouped_sort(sort: tuple[Sort, ...], group: str | None) -> tuple[Sort, ...]:
    """Return the order of grouped rows: by the column of the group first."""
    if group is None:
        return sort
    own = next((one for one in sort if one.column == group), Sort(group))
    return (own, *(one for one in sort if one.column != group))
