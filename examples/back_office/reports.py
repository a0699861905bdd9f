"""Sales: figures and charts from the database. A bar leads to its orders."""

from typing import Any

from sqlalchemy import func, select

from examples.back_office.data import CHANGED, PRODUCTS, Order, euros, new_session
from examples.back_office.office import OfficeLiveView, Socket
from pyview.events import event, info

SOLD = Order.state != "cancelled"
MONTH = func.strftime("%Y-%m", Order.placed)


class ReportsLiveView(OfficeLiveView):
    section = "Reports"

    async def mount(self, socket: Socket, session: Any) -> None:
        await socket.subscribe(CHANGED)
        socket.context = self.frame(socket, products=tuple(PRODUCTS), **await figures())

    @info(CHANGED)
    async def changed(self, socket: Socket) -> None:
        socket.context.update(await figures())

    @event
    async def choose(self, socket: Socket, series: str) -> None:
        if series in PRODUCTS:
            await socket.push_navigate("./", {"orders.where.product": series})


async def figures() -> dict[str, Any]:
    """Return the figures of all orders that were not cancelled."""
    total, cents = func.count(), func.coalesce(func.sum(Order.cents), 0)
    by_month = select(MONTH, Order.product, cents).where(SOLD).group_by(MONTH, Order.product).order_by(MONTH)
    by_customer = select(Order.customer, cents).where(SOLD).group_by(Order.customer).order_by(cents.desc())
    in_all = select(total, cents, total.filter(Order.state == "open")).where(SOLD)
    months: dict[str, dict[str, Any]] = {}
    async with new_session() as session:
        for month, product, sold in await session.execute(by_month):
            months.setdefault(month, {"month": month, **dict.fromkeys(PRODUCTS, 0)})[product] = sold / 100
        customers = [{"name": name, "sold": sold / 100} for name, sold in await session.execute(by_customer)]
        count, revenue, waiting = (await session.execute(in_all)).one()
    return {
        "revenue": f"{revenue / 100:,.0f} €",
        "count": f"{count:,}",
        "waiting": f"{waiting:,}",
        "average": euros(revenue // max(count, 1)),
        "months": list(months.values()),
        "customers": customers,
    }
