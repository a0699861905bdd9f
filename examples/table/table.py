"""A table with its search, order and page in the URL, so that reload, links and the back button work."""

from dataclasses import dataclass
from typing import TypedDict
from urllib.parse import ParseResult

from examples.table.orders import make_orders
from examples.table.query import Page, Query, select
from pyview import LiveView, LiveViewSocket
from pyview.events import event

ORDERS = make_orders()


@dataclass(frozen=True)
class Column:
    key: str
    label: str
    style: str = ""


COLUMNS = (
    Column("number", "Order"),
    Column("customer", "Customer"),
    Column("product", "Product", "wide"),
    Column("placed", "Placed", "wide"),
    Column("total", "Total", "number"),
    Column("status", "Status"),
)


class TableContext(TypedDict):
    path: str
    columns: tuple[Column, ...]
    query: Query
    page: Page


class TableLiveView(LiveView[TableContext]):
    async def handle_params(
        self,
        socket: LiveViewSocket[TableContext],
        url: ParseResult,
        q: str = "",
        sort: str = Query.sort,
        page: int = 1,
    ) -> None:
        query = Query.from_url(q, sort, page)
        socket.context = {
            "path": url.path,
            "columns": COLUMNS,
            "query": query,
            "page": select(ORDERS, query),
        }

    @event
    async def search(self, socket: LiveViewSocket[TableContext], q: str = "") -> None:
        query = Query(q, socket.context["query"].sort)
        # Replace instead of push: the back button leaves the search instead of undoing it letter by letter.
        await socket.push_patch(socket.context["path"], query.params, replace=True)
