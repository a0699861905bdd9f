"""A table of a database: search, filters, order, pages, selection, edited cells, actions, downloads."""

from collections.abc import Sequence
from typing import Any, TypedDict

from pydantic import BaseModel, Field
from sqlalchemy import select, update

from examples.data_table.store import STORE, Order, Status
from pyview import LiveView, LiveViewSocket
from pyview.tables import Action, ChosenRows, DataTable, column, data_table


class EditedOrder(BaseModel):
    """Model of the cells that can be edited."""

    pieces: int = Field(ge=1, le=99)
    status: Status
    note: str | None = Field(default=None, max_length=60)


class OrdersContext(TypedDict):
    orders: DataTable


COLUMNS = (
    column("id", "Order", filterable=False),
    column("placed"),
    column("customer"),
    column("town", shown=False, groupable=True),
    column("article"),
    column("pieces", editable=True, total="sum"),
    column("total", "Total (€)", format="{:,.2f}", total="sum"),
    column("status", groupable=True),
    column("gift"),
    column("note", editable=True, sortable=False),
)


async def send(socket: Any, order: Order) -> None:
    set_status([order.id], Status.SENT)
    socket.put_flash("info", f"Order {order.id} is on its way.")


async def send_all(socket: Any, orders: ChosenRows) -> None:
    number = 0
    async for batch in orders.batches():
        set_status([order.id for order in batch], Status.SENT)
        number += len(batch)
    socket.put_flash("info", f"{number:,} orders are on their way.")


def set_status(ids: Sequence[int], status: Status) -> None:
    with STORE.session.begin() as session:
        session.execute(update(Order).where(Order.id.in_(ids)).values(status=status))


def is_paid(order: Order) -> bool:
    return order.status is Status.PAID


class OrdersLiveView(LiveView[OrdersContext]):
    async def mount(self, socket: LiveViewSocket[OrdersContext], session: Any) -> None:
        socket.context = {
            "orders": await data_table(
                socket,
                "orders",
                select(Order),
                bind=STORE.session,
                columns=COLUMNS,
                sort="-placed",
                edit=EditedOrder,
                row_actions=[Action("send", send, allow=is_paid)],
                bulk_actions=[Action("send", send_all, "Send the paid ones", allow=is_paid)],
                exports=["csv"],
                count_to=100_000,
            )
        }
