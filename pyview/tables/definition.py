"""Definition: what a table is and what it allows. It does not change while the page is open."""

from dataclasses import dataclass
from typing import Any

from pyview.tables.actions import Action, HasScopes
from pyview.tables.columns import Column, Total
from pyview.tables.editing_rules import EditRules
from pyview.tables.query import Offer, TableQuery
from pyview.tables.sources.source import Criteria, Request, TableSource
from pyview.tables.texts import Texts
from pyview.tables.values import cell_text, cell_value


@dataclass(frozen=True, slots=True)
class Definition:
    """Definition of a table: its columns and source, and the events that it allows.

    `count_to` is the number up to which a source counts that counts row by row. `row_column` is the column that names a
    row for screen readers.
    """

    name: str
    caption: str
    source: TableSource
    columns: tuple[Column, ...]
    offer: Offer
    texts: Texts
    row_actions: tuple[Action, ...]
    bulk_actions: tuple[Action, ...]
    exports: tuple[str, ...]
    edit: EditRules | None
    count_to: int | None
    in_url: bool
    row_column: Column
    csv_guard: bool

    def shown_columns(self, query: TableQuery) -> tuple[Column, ...]:
        """Return the columns that the user sees."""
        chosen = query.columns
        return tuple(one for one in self.columns if (one.shown if chosen is None else one.name in chosen))

    def criteria(self, query: TableQuery) -> Criteria:
        """Return the query as the source gets it."""
        return Criteria(query.search, self.offer.searched(), query.filters, query.sort)

    def totals(self) -> tuple[tuple[str, Total], ...]:
        """Return the totals of all columns that have one."""
        return tuple((one.name, one.total) for one in self.columns if one.total is not None)

    def request(self, query: TableQuery, *, count: bool, exactly: bool, with_totals: bool) -> Request:
        """Return the request for the page of a query."""
        return Request(
            self.criteria(query),
            query.offset,
            query.size,
            count=count,
            count_to=None if exactly else self.count_to,
            totals=self.totals(),
            with_totals=with_totals,
            group=query.group,
        )

    def row_name(self, row: Any) -> str:
        """Return the text that names a row, such as "Order 7" for the button "Archive Order 7"."""
        value = cell_value(row, self.row_column)
        return cell_text(value, self.row_column, self.texts.yes, self.texts.no) or self.source.key(row)

    def actions_for(self, identity: HasScopes, bulk: bool) -> tuple[Action, ...]:
        """Return the actions that the user may call."""
        known = self.bulk_actions if bulk else self.row_actions
        return tuple(one for one in known if one.offered_to(identity))
