"""Nested views in items of a stream end with their items, even if the client does not leave them."""

import logging
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from html import unescape
from typing import Any, ClassVar

import pytest
from hypothesis import given

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.components import ComponentSocket, LiveComponent
from pyview.process.nested import StreamedViews
from pyview.stream import Stream
from pyview.template.live_template import LiveTemplate
from pyview.template.tree.stream import ShownItems
from pyview.testing import LiveClient, RawSocket
from tests.asgi import eventually
from tests.frames import Page, connect, event, join, load
from tests.streams.law import CYCLES, Model, Operation

Socket = LiveViewSocket[dict[str, Any]]


class Gauge(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string("<b>{{ name }}</b>")
    ended: ClassVar[list[str]] = []

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"name": session["name"]}

    async def disconnect(self, socket: Socket) -> None:
        self.ended.append(socket.context["name"])


GAUGE = "{% if item.gauge %}{{ live_render(Gauge, id='g-' ~ item.gauge, session={'name': item.gauge}) }}{% endif %}"
LIST = (
    "{% if shown %}<ul id='list' phx-update='stream'>{% for id, item in streams.list %}<li id='{{ id }}'>"
    + GAUGE
    + "</li>{% endfor %}</ul>{% endif %}{% if beside %}{{ live_render(Gauge, id='g-' ~ beside) }}{% endif %}"
)


class Panel(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string(LIST)

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"shown": True, "beside": None}
        socket.stream("list")

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        stream = socket.stream("list")
        for name in payload.get("delete", []):
            stream.delete_by_id(f"list-{name}")
        if event == "reset":
            stream.reset()
        for name, gauge in payload.get("insert", []):
            stream.insert({"id": name, "gauge": gauge}, at=payload.get("at", -1), limit=payload.get("limit"))
        for name in ("shown", "beside"):
            if name in payload:
                socket.context[name] = payload[name]


class Browser:
    """A client that joins nested views and never leaves one, so only the server ends them."""

    def __init__(self, socket: RawSocket, page: Page) -> None:
        self.socket = socket
        self.page = page
        self.ref = 10
        self.open: set[str] = set()

    async def act(self, name: str = "act", **payload: Any) -> None:
        self.ref += 1
        await self.socket.send_frame(event(self.page, str(self.ref), name, payload))
        frame = await self._answer(str(self.ref))
        text = str(frame[4]["response"])
        for dom_id, token in re.findall(r'id="(g-[^"]+)" data-phx-session="([^"]+)"', text):
            await self._join(dom_id, unescape(token))

    async def _join(self, dom_id: str, token: str) -> None:
        self.ref += 1
        ref, params = str(self.ref), {"_csrf_token": self.page.csrf, "_mounts": 0, "_mount_attempts": 0}
        payload = {"params": params, "session": token, "static": None, "sticky": False}
        await self.socket.send_frame([ref, ref, f"lv:{dom_id}", "phx_join", payload])
        answer = (await self._answer(ref))[4]
        assert answer["status"] == "ok", answer
        self.open.add(dom_id)

    async def _answer(self, ref: str) -> list[Any]:
        while True:
            frame: list[Any] = await self.socket.receive_frame()
            self._hear(frame)
            if frame[3] == "phx_reply" and frame[1] == ref:
                return frame

    def _hear(self, frame: list[Any]) -> None:
        if frame[3] == "phx_close":
            self.open.remove(frame[2].removeprefix("lv:"))

    async def holds(self, *gauges: str) -> None:
        """Wait until these nested views, and no others, are open."""
        await self.act("nothing")  # what the last action has ended was said before this is answered
        assert self.open == {f"g-{gauge}" for gauge in gauges}


@asynccontextmanager
async def opened(view: type[LiveView[Any]] = Panel, **limits: Any) -> AsyncIterator[Browser]:
    app = PyView(security=SecurityConfig(**limits))
    app.add_live_view("/", view)
    Gauge.ended.clear()
    async with LiveClient(app) as client:
        page = await load(client, "/")
        async with connect(client, page) as socket:
            assert (await join(socket, page))[0] == "ok"
            yield Browser(socket, page)


async def test_more_views_than_a_socket_may_carry_one_after_the_other() -> None:
    async with opened(rate=1000, burst=1000) as browser:
        for n in range(100):
            await browser.act(insert=[[str(n), str(n)]], delete=[str(n - 3)])
        await browser.holds("97", "98", "99")
        await eventually(lambda: len(Gauge.ended) == 97)


async def test_a_reset_ends_all_views_except_those_it_inserts_again() -> None:
    async with opened() as browser:
        await browser.act(insert=[["a", "a"], ["b", "b"], ["c", None]])
        await browser.act("reset", insert=[["b", "b"]])
        await browser.holds("b")
        await browser.act("reset")
        await browser.holds()


@pytest.mark.parametrize(("limit", "at", "left"), [(-2, -1, "cd"), (2, 0, "dc")])
async def test_a_limit_ends_views_of_removed_items(limit: int, at: int, left: str) -> None:
    async with opened() as browser:
        for name in "abcd":
            await browser.act(insert=[[name, name]], limit=limit, at=at)
        await browser.holds(*left)


async def test_a_limit_counts_the_items_without_a_view() -> None:
    async with opened() as browser:
        await browser.act("reset", insert=[["a", "a"], ["b", None]])
        await browser.act(insert=[["c", None]], limit=-3)
        await browser.holds("a")
        await browser.act(insert=[["d", None]], limit=-3)
        await browser.holds()


async def test_a_limit_ends_no_view_if_items_are_unknown() -> None:
    async with opened() as browser:
        await browser.act(insert=[["a", None], ["b", None], ["c", None]])
        await browser.act(insert=[["a", "a"]])
        await browser.act(insert=[["d", "d"]], limit=1)  # the client takes out d, which this one does not
        await browser.holds("a", "d")
        await browser.act(delete=["a"])
        await browser.holds("d")


async def test_an_item_rendered_without_its_view_ends_the_view() -> None:
    async with opened() as browser:
        await browser.act(insert=[["a", "a"], ["b", "b"]])
        await browser.act(insert=[["a", "a"], ["b", None]])
        await browser.holds("a")
        await browser.act(insert=[["a", "c"]])
        await browser.holds("c")


async def test_a_view_that_moves_to_another_item_or_out_of_the_stream_stays() -> None:
    async with opened() as browser:
        await browser.act(insert=[["a", "x"], ["b", "y"]])
        await browser.act(insert=[["c", "x"]], delete=["a"])
        await browser.holds("x", "y")
        await browser.act(delete=["b"], beside="y")
        await browser.holds("x", "y")
        await browser.act(delete=["c"], beside=None)
        await browser.holds("y")  # the page is another one: its client leaves it


async def test_a_limit_ends_no_view_after_the_list_was_removed_and_shown_again() -> None:
    async with opened() as browser:
        await browser.act(insert=[["a", "a"], ["b", "b"]])
        await browser.act(shown=False)
        await browser.act(shown=True)
        await browser.act(insert=[["c", "c"]], limit=1)
        await browser.holds("a", "b", "c")
        await browser.act(delete=["a", "b"])
        await browser.holds("c")


async def test_streams_of_components() -> None:
    class List(LiveComponent[dict[str, Any]]):
        template = LiveTemplate.from_string(f"<div>{LIST}</div>")

        async def mount(self, socket: ComponentSocket[dict[str, Any]], assigns: dict[str, Any]) -> None:
            socket.context = {"shown": True, "beside": None, "Gauge": Gauge}
            socket.stream("list")

        async def update(self, socket: ComponentSocket[dict[str, Any]], assigns: dict[str, Any]) -> None:
            for name in assigns["delete"]:
                socket.stream("list").delete_by_id(f"list-{name}")
            for name in assigns["insert"]:
                socket.stream("list").insert({"id": name, "gauge": name})

    class Outer(LiveView[dict[str, Any]]):
        template = LiveTemplate.from_string("{{ live_component(List, id=1, insert=insert, delete=delete) }}")

        async def mount(self, socket: Socket, session: Any) -> None:
            socket.context = {"insert": [], "delete": [], "List": List}

        async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
            socket.context.update({"insert": [], "delete": []} | payload)

    async with opened(Outer) as browser:
        await browser.act(insert=["a", "b"])
        await browser.act(delete=["a"])
        await browser.holds("b")


async def test_streams_without_views_are_not_followed() -> None:
    async with opened() as browser:
        await browser.act(insert=[["a", None]], beside="z")
        await browser.act(delete=["a"])
        await browser.holds("z")
        await browser.act(beside=None)
        await browser.holds("z")


async def test_views_beyond_the_limit_of_a_socket_are_refused_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with opened(max_topics=3) as browser:
        with (
            caplog.at_level(logging.WARNING, "pyview"),
            pytest.raises(AssertionError, match="too many channels joined"),
        ):
            await browser.act(insert=[[name, name] for name in "abc"])
    [line] = [each for each in caplog.messages if "join was refused" in each]
    assert "one socket carries 3 views" in line


@given(CYCLES)
def test_views_stay_exactly_if_their_items_stay(cycles: Sequence[Sequence[Operation]]) -> None:
    stream: Stream[Any] = Stream(name="rows")
    model, views, alive = Model(), StreamedViews(), set[str]()
    for number, operations in enumerate(cycles):
        for operation in operations:
            operation.on(stream)
        shown = [dom_id for dom_id, _ in stream]
        new = {dom_id: (f"view of {dom_id}",) for dom_id in shown}
        for (view,) in new.values():
            views.rendered(view)
            alive.add(view)
        alive -= views.follow([ShownItems("rows", stream.operations(shown), new, first=number == 0)])
        stream.settle()
        model.take(operations)
        assert alive == {f"view of rows-{row}" for row, _ in model.rows}
