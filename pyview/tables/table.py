"""DataTable: one table of a view, with its state, and the live changes of its rows."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from pyview.tables.actions import HasScopes
from pyview.tables.definition import Definition
from pyview.tables.query import NOTHING, TableQuery
from pyview.tables.rendering import TableState, shown_table
from pyview.tables.shown import ShownTable
from pyview.tables.sources.matching import goes_before, matcher
from pyview.tables.sources.source import Count, Request, Window, grouped_sort
from pyview.tables.values import field_value

logger = logging.getLogger("pyview")

_LOGGED: Final = 10


class DataTable:
    """One table of a view. Put it into the context, and show it with `{{ ui.data_table(orders) }}`.

    It holds the rows of the page that is shown, and no others.
    """

    __slots__ = ("_exactly", "_failure", "_refused", "_shown", "_stale", "definition", "params", "state")

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.state = TableState(definition.offer.defaults)
        self.params: list[tuple[str, str]] = []
        self._shown: ShownTable | None = None
        self._exactly = False
        self._failure: type[BaseException] | None = None
        self._refused = 0
        self._stale = True

    @property
    def name(self) -> str:
        """The name of the table: prefix of its events and parameters, and id of its element."""
        return self.definition.name

    @property
    def query(self) -> TableQuery:
        """The query: search, sort, filters, page, columns, selection."""
        return self.state.query

    @property
    def rows(self) -> Sequence[Any]:
        """The rows of the page."""
        return list((self.state.rows or {}).values())

    @property
    def count(self) -> Count:
        """The number of matching rows."""
        return self.state.count

    @property
    def shown(self) -> ShownTable:
        """The content of the table for its template: another value after each change.

        Raises `RuntimeError` if the rows were never loaded.
        """
        if not self.loaded:
            raise RuntimeError(
                f"the table {self.name!r} has no rows yet: they come with handle_params, after mount. Make the table "
                "in mount; in a nested view or a later handler, give in_url=False"
            )
        if self._shown is None:
            self._shown = shown_table(self.definition, self.state)
        return self._shown

    def refuse(self, what: str) -> None:
        """Log what a browser may not do: the page does not offer it. Of one table, only the first times are logged."""
        self._refused += 1
        if self._refused <= _LOGGED:
            logger.warning("table %r: refused to %s, which the table does not offer", self.name, what)

    def touch(self) -> None:
        """Make what the table shows anew: its state has changed."""
        self._shown = None

    # Loading

    @property
    def loaded(self) -> bool:
        """True once the first rows have come."""
        return self.state.rows is not None

    def use(self, query: TableQuery) -> bool:
        """Show this query. Return True if its rows have to be loaded."""
        before, state = self.state.query, self.state
        if not query.restricts_alike(before):
            self._stale, self._exactly = True, False
        state.query = query
        state.message = ""
        if not query.arranges_alike(before):
            state.editing = None
        self.touch()
        return not self.loaded or state.failed or not query.arranges_alike(before)

    def count_again(self, *, exactly: bool = False) -> None:
        """Count and total the matching rows with the next page."""
        self._stale = True
        self._exactly = self._exactly or exactly

    def request(self) -> Request:
        """Return the request for the page of the query."""
        return self.definition.request(
            self.query, count=self._stale, exactly=self._exactly, with_totals=self._stale
        )

    def take(self, request: Request, window: Window) -> None:
        """Show the rows of a page that was requested."""
        state, key = self.state, self.definition.source.key
        state.rows = {key(row): row for row in window.rows}
        state.count = self._counted(request, window)
        if window.totals is not None:
            state.totals = window.totals
        state.groups = window.groups
        # A page after the last one shows the last one.
        state.query = replace(state.query, page=request.offset // request.limit + 1)
        state.loading = state.failed = self._stale = False
        self._failure = None
        self.touch()

    def _counted(self, request: Request, window: Window) -> Count:
        found = len(window.rows)
        # The last page says how many rows there are, without counting them.
        if found < request.limit and (found or not request.offset):
            return Count(request.offset + found)
        return self.state.count if window.count is None else window.count

    def fail(self, error: BaseException) -> None:
        """Show that the rows could not be loaded, and log why.

        A user may try again and again: the same failure is logged once, until rows have come.
        """
        if type(error) is not self._failure:
            logger.error("table %r: the rows could not be loaded", self.name, exc_info=error)
        self._failure = type(error)
        state = self.state
        state.rows = state.rows or {}
        state.failed, state.loading, self._stale = True, False, True
        self.touch()

    def wait(self) -> None:
        """Show that rows are on their way."""
        self.state.loading = True
        self.touch()

    def offer_to(self, identity: HasScopes) -> None:
        """Offer the actions that this user may call."""
        state = self.state
        row_actions = self.definition.actions_for(identity, bulk=False)
        bulk_actions = self.definition.actions_for(identity, bulk=True)
        if (row_actions, bulk_actions) != (state.row_actions, state.bulk_actions):
            state.row_actions, state.bulk_actions = row_actions, bulk_actions
            state.built = {}
            self.touch()

    # Live changes

    def update(self, row: Any) -> bool:
        """Show a row as it is now, if it is on the page. Return True if it is.

        Only the cells that have changed are sent. The row stays in its place until the rows are sorted or loaded again.
        A row that no longer matches the filters leaves the page.
        """
        key, rows = self.definition.source.key(row), self.state.rows
        if rows is None or key not in rows:
            return False
        if not self._matches(row):
            return self.remove(row)
        rows[key] = row
        self.touch()
        return True

    def insert(self, row: Any) -> bool:
        """Show a new row, if it matches and its place is on this page. Return True if it is shown.

        The number of rows grows by one if it matches. A row that is on the page is updated.
        """
        key, rows = self.definition.source.key(row), self.state.rows
        if rows is None or not self._matches(row):
            return False
        if key in rows:
            return self.update(row)
        self._recount(1)
        before = self._place(row, list(rows.values()))
        if before is None:
            return False
        items = list(rows.items())
        items.insert(before, (key, row))
        self.state.rows = dict(items[: self.query.size])
        return True

    def remove(self, row: Any) -> bool:
        """Remove a row, given itself or by its key, from the page. Return True if it was there."""
        key = row if isinstance(row, str) else self.definition.source.key(row)
        rows = self.state.rows
        if rows is None or key not in rows:
            return False
        del rows[key]
        self._recount(-1)
        if self.state.editing is not None and self.state.editing.key == key:
            self.state.editing = None
        return True

    def _recount(self, by: int) -> None:
        count = self.state.count
        if count.exact:
            self.state.count = Count(max(count.number + by, 0))
        # Totals are those of the source: the next page brings them.
        self._stale = True
        self.touch()

    def _matches(self, row: Any) -> bool:
        return matcher(self.definition.criteria(self.query))(row)

    def _place(self, row: Any, rows: Sequence[Any]) -> int | None:
        """Return the index at which a row belongs on the page; None if its place is on another page."""
        query = self.query
        sort, key = grouped_sort(query.sort, query.group), self._key_order
        index = next((at for at, one in enumerate(rows) if goes_before(row, one, sort, key)), len(rows))
        if index == 0 and query.page > 1:
            return None
        is_last_page = not self.state.count.exact or query.offset + len(rows) >= self.state.count.number - 1
        return None if index >= query.size or (index == len(rows) and not is_last_page) else index

    def _key_order(self, row: Any) -> Any:
        names: Sequence[str] = getattr(self.definition.source, "key_names", ())
        values = [field_value(row, name) for name in names]
        return (len(values), *values) if values else self.definition.source.key(row)

    def deselect(self) -> None:
        """Select no row, without a change of the address."""
        self.state.query = replace(self.query, selected=NOTHING)
        self.touch()

    @property
    def selected_keys(self) -> Mapping[str, None]:
        """The keys of the rows that were selected one by one, in that order."""
        return dict.fromkeys(() if self.query.selected.all else self.query.selected.keys)
