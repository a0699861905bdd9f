"""All orders, in a table: search, filters, editing, actions and export, and every change of other users."""

from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import select

from examples.back_office.data import CHANGED, PRODUCTS, STATES, Order, euros, new_session, note
from examples.back_office.office import OfficeLiveView, Socket
from pyview.events import info
from pyview.tables import Action, ChosenRows, column, data_table


class EditedOrder(BaseModel):
    pieces: int = Field(ge=1, le=1000)


class OrdersLiveView(OfficeLiveView):
    section = "Orders"

    async def mount(self, socket: Socket, session: Any) -> None:
        await socket.subscribe(CHANGED)
        may_change = "orders" in socket.identity.scopes
        orders = await data_table(
            socket,
            "orders",
            select(Order),
            bind=new_session,
            caption="Orders",
            columns=[
                column("id", "Order"),
                "customer",
                column("product", kind="choice", choices=PRODUCTS, groupable=True),
                "placed",
                column("pieces", editable=may_change, total="sum"),
                column("cents", "Total", format=euros, total="sum"),
                column("state", kind="choice", choices=STATES, groupable=True),
            ],
            sort="-placed",
            row_name="id",
            edit=EditedOrder,
            save=save,
            row_actions=[
                Action("ship", ship, requires="orders", allow=is_open),
                Action("cancel", cancel, requires="orders", allow=is_open, confirm="Cancel this order?"),
            ],
            bulk_actions=[Action("ship", ship_all, "Ship all", requires="orders", allow=is_open)],
            exports=["csv"],
        )
        socket.context = self.frame(socket, orders=orders)

    @info(CHANGED)
    async def changed(self, socket: Socket, payload: list[int]) -> None:
        async with new_session() as session:
            for order in await session.scalars(select(Order).where(Order.id.in_(payload))):
                socket.context["orders"].update(order)


def is_open(order: Order) -> bool:
    return order.state == "open"


async def change(socket: Socket, orders: list[Order], action: str, **values: Any) -> list[Order]:
    """Store `values` in those orders that are still open, each with an entry in the audit trail, and tell all pages."""
    user = socket.user.display_name
    async with new_session.begin() as session:
        found = [found for order in orders if is_open(found := await session.get_one(Order, order.id))]
        for order in found:
            for name, value in values.items():
                setattr(order, name, value)
            order.cents = order.pieces * PRODUCTS[order.product]
            note(session, user, action, f"order {order.id}")
    await socket.broadcast(CHANGED, [order.id for order in found])
    return found


async def save(socket: Socket, order: Order, changes: dict[str, Any]) -> Order:
    # The column was editable when the page was opened. The role may be gone since, or another user was faster.
    allowed = "orders" in socket.identity.scopes
    saved = await change(socket, [order], f"changed {changes}", **changes) if allowed else []
    if not saved:
        socket.put_flash("error", "This order cannot be changed.")
    return saved[0] if saved else order


async def ship(socket: Socket, order: Order) -> None:
    await change(socket, [order], "shipped", state="shipped")
    socket.put_flash("info", f"Order {order.id} is on its way.")


async def cancel(socket: Socket, order: Order) -> None:
    await change(socket, [order], "cancelled", state="cancelled")


async def ship_all(socket: Socket, orders: ChosenRows) -> None:
    count = 0
    async for batch in orders.batches(500):
        count += len(await change(socket, batch, "shipped", state="shipped"))
    socket.put_flash("info", f"{count} orders are on their way.")
