"""What a table costs: bytes of a change, memory of an open page."""

import gc
import tracemalloc
from dataclasses import replace
from typing import Any

import orjson
from jinja2 import DictLoader
from sqlalchemy import select

from pyview import LiveView, PyView
from pyview.tables import data_table
from pyview.testing import LiveClient
from tests.frames import load
from tests.tables.goods import Good, GoodRecord, fill, memory_engine

TEMPLATES = DictLoader({"page.html": '{% import "pyview/components.html" as ui %}{{ ui.data_table(goods) }}'})
ROWS = [Good(n, f"Good number {n}", n, n * 1.5, None, None, True, None) for n in range(1, 501)]


def application(source: Any, **options: Any) -> PyView:
    class GoodsView(LiveView[Any]):
        template = "page.html"

        async def mount(self, socket: Any, session: Any) -> None:
            await socket.subscribe("goods")
            socket.context = {"goods": await data_table(socket, "goods", source, **options), "more": 0}

        async def handle_info(self, event: Any, socket: Any) -> None:
            socket.context["goods"].update(event.payload)

        async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
            socket.context["more"] += 1

    app = PyView(templates=TEMPLATES)
    app.add_live_view("/", GoodsView)
    return app


async def test_a_changed_cell_costs_less_than_two_hundred_bytes() -> None:
    app = application(ROWS, size=50, selectable=True)
    async with LiveClient(app) as client:
        page = await load(client, "/")
        async with client.raw_socket("/live/websocket", params={"vsn": "2.0.0"}) as socket:
            await socket.send_frame(page.join("1"))
            await socket.receive_frame()
            await app.pubsub.broadcast("goods", replace(ROWS[20], price=99.5))
            frame = await socket.receive_frame()
            assert b"99.5" in orjson.dumps(frame)
            assert len(orjson.dumps(frame)) < 200
            await socket.send_frame(
                ["1", "2", page.topic, "event", {"type": "click", "event": "other", "value": {}}]
            )
            unchanged = await socket.receive_frame()
            assert unchanged[4]["response"] == {}


async def test_an_open_page_of_a_database_holds_less_than_200_kib() -> None:
    engine = memory_engine()
    fill(engine, ROWS)
    async with LiveClient(application(select(GoodRecord), bind=engine)) as client:
        pages = [await client.open("/") for _ in range(3)]  # what is made once is made
        gc.collect()
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            views = [await load_and_join(client) for _ in range(10)]
            gc.collect()
            each = (tracemalloc.get_traced_memory()[0] - before) / len(views)
        finally:
            tracemalloc.stop()
        assert each < 200 * 1024
        assert pages
        for socket in views:
            await socket.close()
    engine.dispose()


async def load_and_join(client: LiveClient) -> Any:
    page = await load(client, "/")
    socket = client.raw_socket("/live/websocket", params={"vsn": "2.0.0"})
    await socket.connect()
    await socket.send_frame(page.join("1"))
    await socket.receive_frame()
    return socket
