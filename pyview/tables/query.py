"""TableQuery: what a table shows - search, sort, filters, page, columns, selection - as an immutable value.

It is read from the parameters of an address, and written to them. Reading never fails: what a table does not offer, and
what is no value of its kind, is left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from pyview.tables.columns import Column
from pyview.tables.filters import Filter, clean_text, read_filter, write_filter
from pyview.tables.values import joined, separated

MAX_SORTS: Final = 4
MAX_PAGE: Final = 10**9
MAX_SELECTED: Final = 200
"""Rows that can be selected one by one: their keys are in the address. More can be selected as "all matching"."""
MAX_KEY: Final = 200

_WHERE: Final = "where."
_ALL: Final = "*"


class Sort(NamedTuple):
    """One column of the order."""

    column: str
    descending: bool = False


class Selection(NamedTuple):
    """Selected rows by key; or all matching rows without those of `keys`."""

    keys: tuple[str, ...] = ()
    all: bool = False

    def has(self, key: str) -> bool:
        """Return True if the row of that key is selected."""
        return (key in self.keys) != self.all

    def toggled(self, key: str, selected: bool) -> "Selection":
        """Return the selection with that row selected or not."""
        if self.has(key) == selected:
            return self
        without = tuple(one for one in self.keys if one != key)
        return Selection(without if key in self.keys else (*without, key), self.all)

    def __bool__(self) -> bool:
        return self.all or bool(self.keys)


NOTHING: Final = Selection()


@dataclass(frozen=True, slots=True)
class TableQuery:
    """Query of a table. `filters` are pairs of column and filter, in the order of the columns.

    `columns` are the shown columns in their order; None for those that the table shows by default.
    """

    search: str = ""
    sort: tuple[Sort, ...] = ()
    filters: tuple[tuple[str, Filter], ...] = ()
    page: int = 1
    size: int = 25
    columns: tuple[str, ...] | None = None
    group: str | None = None
    selected: Selection = NOTHING

    @property
    def offset(self) -> int:
        """The number of rows before the page."""
        return (self.page - 1) * self.size

    def restricts_alike(self, other: "TableQuery") -> bool:
        """Return True if the same rows match both."""
        return (self.search, self.filters) == (other.search, other.filters)

    def arranges_alike(self, other: "TableQuery") -> bool:
        """Return True if both show the same page of the same rows."""
        return replace(self, columns=None, selected=NOTHING) == replace(other, columns=None, selected=NOTHING)


@dataclass(frozen=True, slots=True)
class Offer:
    """Limits of the addresses of one table. `defaults` is the query of an address without parameters."""

    prefix: str
    columns: tuple[Column, ...]
    sizes: tuple[int, ...]
    defaults: TableQuery = field(default_factory=TableQuery)
    selectable: bool = False

    def column(self, name: str) -> Column | None:
        """Return the column of that name."""
        return next((one for one in self.columns if one.name == name), None)

    def searched(self) -> tuple[str, ...]:
        """Return the names of the columns in which a search looks."""
        return tuple(one.name for one in self.columns if one.searchable)

    # Reading

    def read(self, params: Mapping[str, Sequence[str]]) -> TableQuery:
        """Return the query of the parameters of an address, by name with all values."""
        prefix, default = self.prefix, self.defaults

        def first(name: str) -> str | None:
            values = params.get(prefix + name)
            return values[0] if values else None

        sort, columns, group = first("sort"), first("columns"), first("group")
        return TableQuery(
            search=clean_text(first("q") or "") if self.searched() else "",
            sort=default.sort if sort is None else self.read_sort(sort),
            filters=self.read_filters(params),
            page=_page(first("page")),
            size=self.read_size(first("size")),
            columns=None if columns is None else self.read_columns(separated(columns)),
            group=default.group if group is None else self.read_group(group),
            selected=self._read_selected(first("selected")),
        )

    def read_sort(self, text: str) -> tuple[Sort, ...]:
        """Return the order that a text such as "-price,name" describes."""
        found: dict[str, Sort] = {}
        for part in text.split(",")[: 2 * MAX_SORTS]:
            name = separated(part.removeprefix("-"))[0]
            known = self.column(name)
            if known is not None and known.sortable and len(found) < MAX_SORTS:
                found.setdefault(name, Sort(name, part.startswith("-")))
        return tuple(found.values())

    def read_filters(self, params: Mapping[str, Sequence[str]]) -> tuple[tuple[str, Filter], ...]:
        """Return the filters of parameters such as "where.price"."""
        found = []
        for one in self.columns:
            texts = params.get(f"{self.prefix}{_WHERE}{one.name}") if one.filterable else None
            chosen = read_filter(one, texts) if texts else None
            if chosen is not None:
                found.append((one.name, chosen))
        return tuple(found)

    def read_columns(self, names: Iterable[str]) -> tuple[str, ...] | None:
        """Return the shown columns, in the order of the table; None if these are the default ones."""
        asked = set(names)
        chosen = tuple(one.name for one in self.columns if one.name in asked)
        usual = tuple(one.name for one in self.columns if one.shown)
        return None if not chosen or chosen == usual else chosen

    def read_group(self, name: str) -> str | None:
        known = self.column(name)
        return name if known is not None and known.groupable else None

    def read_size(self, text: str | None) -> int:
        return next((size for size in self.sizes if str(size) == text), self.defaults.size)

    def _read_selected(self, text: str | None) -> Selection:
        if not text or not self.selectable:
            return NOTHING
        found = separated(text)[: MAX_SELECTED + 1]
        every = found[0] == _ALL
        keys = tuple(dict.fromkeys(key for key in (found[1:] if every else found) if 0 < len(key) <= MAX_KEY))
        return Selection(keys[:MAX_SELECTED], every)

    # Writing

    def write(self, query: TableQuery) -> list[tuple[str, str]]:
        """Return the parameters of a query. What is as by default is left out."""
        default = self.defaults
        found: list[tuple[str, str]] = []
        if query.search:
            found.append(("q", query.search))
        if query.sort != default.sort:
            found.append(("sort", ",".join(_sort_text(one) for one in query.sort)))
        for name, chosen in query.filters:
            found += [(_WHERE + name, text) for text in write_filter(chosen)]
        if query.group != default.group:
            found.append(("group", query.group or ""))
        if query.columns is not None:
            found.append(("columns", joined(query.columns)))
        if query.size != default.size:
            found.append(("size", str(query.size)))
        if query.page != 1:
            found.append(("page", str(query.page)))
        if query.selected:
            keys = joined(query.selected.keys)
            found.append(("selected", f"{_ALL},{keys}".rstrip(",") if query.selected.all else keys))
        return [(self.prefix + name, text) for name, text in found]

    def others(self, params: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return the parameters of an address that are not of this table."""
        # All names with the prefix, also unknown ones: an address does not grow by what a table ignores.
        return [(name, text) for name, texts in params.items() if not self.owns(name) for text in texts]

    def owns(self, name: str) -> bool:
        """Return True if a parameter belongs to this table."""
        if not name.startswith(self.prefix):
            return False
        rest = name[len(self.prefix) :]
        return rest.startswith(_WHERE) or rest in _NAMES


_NAMES: Final = frozenset({"q", "sort", "group", "columns", "size", "page", "selected"})


def next_sort(sort: tuple[Sort, ...], column: str, add: bool) -> tuple[Sort, ...]:
    """Return the order after a click on a header: ascending, descending, then without that column.

    With `add` the other columns stay in the order, in their places.
    """
    now = next((one for one in sort if one.column == column), None)
    then = Sort(column) if now is None else None if now.descending else Sort(column, True)
    if not add:
        return () if then is None else (then,)
    if now is None:
        return (*sort, Sort(column))[-MAX_SORTS:]
    return tuple(then if one is now else one for one in sort if one is not now or then is not None)  # type: ignore[misc]


def _sort_text(sort: Sort) -> str:
    return ("-" if sort.descending else "") + joined([sort.column])


def _page(text: str | None) -> int:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 10:
        return 1
    return min(max(int(text), 1), MAX_PAGE)
