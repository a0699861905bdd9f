"""A data table of a million rows in SQLite: ``python -m bench.tables``.

Prints the time of the first page and of a sort beside that of their statements alone, the memory of an open page, and
the bytes of a changed cell.
"""

import asyncio
import gc
import tempfile
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from jinja2 import DictLoader
from sqlalchemy import Engine, Float, String, create_engine, func, or_, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from pyview import LiveView, PyView
from pyview.tables import Column, column, data_table
from pyview.testing import LiveClient, RawSocket
from tests.frames import load

NUMBER = 1_000_000
ROUNDS = 7
TEMPLATES = DictLoader(
    {"page.html": '{% import "pyview/components.html" as ui %}{{ ui.data_table(orders) }}'}
)
FILL = """
INSERT INTO orders (placed, customer, article, pieces, total, status)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :number)
SELECT date('2020-01-01', '+' || (i % 2000) || ' days'), 'Customer ' || (i * 7919 % 5003), 'Article ' || (i % 97),
  i % 13, (i * 104729 % 1000003) / 100.0, CASE i % 3 WHEN 0 THEN 'open' WHEN 1 THEN 'paid' ELSE 'sent' END FROM n
"""


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    placed: Mapped[str] = mapped_column(String, index=True)
    customer: Mapped[str]
    article: Mapped[str]
    pieces: Mapped[int]
    total: Mapped[float] = mapped_column(Float)
    status: Mapped[str]


COLUMNS: list[Column | str] = [
    "id",
    "placed",
    "customer",
    "article",
    "pieces",
    column("total", format="{:,.2f}"),
    "status",
]


def application(engine: Engine) -> PyView:
    class OrdersView(LiveView[Any]):
        template = "page.html"

        async def mount(self, socket: Any, session: Any) -> None:
            await socket.subscribe("orders")
            table = await data_table(
                socket, "orders", select(Order), bind=engine, columns=COLUMNS, selectable=True
            )
            socket.context = {"orders": table}

        async def handle_info(self, event: Any, socket: Any) -> None:
            socket.context["orders"].update(event.payload)

    app = PyView(templates=TEMPLATES)
    app.add_live_view("/", OrdersView)
    return app


def found_in_texts(word: str) -> Any:
    texts = (Order.placed, Order.customer, Order.article, Order.status)
    return or_(*(one.icontains(word, autoescape=True) for one in texts))


@dataclass(frozen=True)
class Case:
    """A query of the table, and the statement that it needs."""

    name: str
    address: str
    order: Any
    where: Any = None


CASES = (
    Case("first page, by key", "/", Order.id),
    Case("first page, by an index", "/?orders.sort=-placed", Order.placed.desc()),
    Case("first page, no index", "/?orders.sort=-total", Order.total.desc()),
    Case("search in four columns", "/?orders.q=customer+4999", Order.id, found_in_texts("customer 4999")),
)


def alone(engine: Engine, case: Case) -> float:
    """Return the seconds of the statement of a page, and of its count as a table shows it."""
    page = select(Order).order_by(case.order, Order.id).limit(25)
    some = select(Order.id).limit(10_001)
    if case.where is not None:
        page, some = page.where(case.where), some.where(case.where)
    began = time.perf_counter()
    with Session(engine) as session:
        session.scalars(page).all()
        session.scalar(select(func.count()).select_from(some.subquery()))
    return time.perf_counter() - began


async def best(action: Callable[[], Awaitable[Any]]) -> float:
    found = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await action()
        found.append(time.perf_counter() - began)
    return min(found)


async def joined(client: LiveClient, address: str = "/") -> tuple[RawSocket, Any]:
    page = await load(client, address)
    socket = client.raw_socket()
    await socket.connect()
    await socket.send_frame(page.join("1"))
    await socket.receive_frame()
    return socket, page


async def sort(socket: RawSocket, page: Any, column: str) -> None:
    """Click on a header, and wait until the rows are there."""
    value = {"type": "click", "event": "orders:sort", "value": {"column": column}}
    await socket.send_frame(["1", "2", page.topic, "event", value])
    frame: list[Any] = []
    while not frame or frame[3] != "phx_reply":
        frame = await socket.receive_frame(timeout=60)
    if b"Loading" in orjson.dumps(frame):
        await socket.receive_frame(timeout=60)


async def measure_pages(engine: Engine, client: LiveClient) -> None:
    for case in CASES:
        own = min(alone(engine, case) for _ in range(ROUNDS))
        whole = await best(lambda case=case: client.get(case.address))  # type: ignore[misc]
        print_times(case.name, own, whole)


def print_times(name: str, own: float, whole: float) -> None:
    print(f"{name:28} statements {own * 1e3:8.2f} ms, answer {whole * 1e3:8.2f} ms, {whole / own:5.2f} times")


async def measure_sort(engine: Engine, client: LiveClient) -> None:
    case = CASES[2]
    own = min(alone(engine, case) for _ in range(ROUNDS))
    socket, page = await joined(client)

    async def both() -> None:
        await sort(socket, page, "total")  # ascending
        await sort(socket, page, "total")  # descending
        await sort(socket, page, "total")  # by the key again, which costs nearly nothing

    whole = await best(both) / 2
    print_times("sort of an open page", own, whole)
    await socket.close()


async def measure_memory(client: LiveClient) -> None:
    kept = [await joined(client) for _ in range(3)]
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept += [await joined(client) for _ in range(20)]
    gc.collect()
    each = (tracemalloc.get_traced_memory()[0] - before) / 20
    tracemalloc.stop()
    print(f"{'memory of an open page':28} {each / 1024:8.1f} KiB")
    for socket, _ in kept:
        await socket.close()


async def measure_cell(engine: Engine, app: PyView, client: LiveClient) -> None:
    socket, _ = await joined(client)
    with Session(engine) as session:
        row = session.get_one(Order, 7)
        session.expunge(row)
    row.total = 123456.78
    await app.pubsub.broadcast("orders", row)
    frame = await socket.receive_frame()
    print(f"{'a changed cell':28} {len(orjson.dumps(frame)):8} bytes: {orjson.dumps(frame).decode()}")
    await socket.close()


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'orders.db'}")
        Base.metadata.create_all(engine)
        with engine.begin() as connection:
            connection.execute(text(FILL), {"number": NUMBER})
            connection.execute(text("ANALYZE"))
        app = application(engine)
        async with LiveClient(app) as client:
            await measure_pages(engine, client)
            await measure_sort(engine, client)
            await measure_memory(client)
            await measure_cell(engine, app, client)
        engine.dispose()


if __name__ == "__main__":
    asyncio.run(main())
