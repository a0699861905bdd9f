"""JS commands pushed by the server and JS commands in templates, tested with whole pages."""

from typing import Any

import pytest

from pyview import JsCommands, LiveView, LiveViewSocket, PyView, js
from pyview.events import event
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient


class ShopView(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string(
        """<button id="buy" phx-click="{{ js.push("buy", value={"id": 7}).hide("#shop") }}">Buy</button>
        <button id="ask" phx-click="ask">Ask</button>
        <button id="next" phx-click="{{ js.patch("/", {"page": 2}) }}">Next</button>
        <p id="bought">{{ bought }} {{ page }}</p>"""
    )

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.context = {"bought": 0, "page": 1}
        await socket.exec_js(js.focus("#buy"))

    async def handle_params(self, socket: LiveViewSocket[dict[str, Any]], page: int = 1) -> None:
        socket.context["page"] = page

    @event
    async def buy(self, socket: LiveViewSocket[dict[str, Any]], id: int) -> None:
        socket.context["bought"] = id

    @event
    async def ask(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        await socket.exec_js(js.push("buy", value={"id": 8}).show(), to="#bought")
        await socket.push_event("later", {"undo": js.push("buy", value={"id": 9})})

    @event
    async def wrong(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        with pytest.raises(TypeError, match=r"exec_js expects JS commands, such as js.show"):
            await socket.exec_js('[["show",{}]]')  # type: ignore[arg-type]


app = PyView()
app.add_live_view("/", ShopView)


async def test_commands_in_attributes_push_patch_and_navigate() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.click("#buy")
        assert page.find("#bought").text == "7 1"
        await page.click("#next")
        assert (page.path, page.find("#bought").text) == ("/?page=2", "7 2")


async def test_exec_js_pushes_commands() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        assert page.events == [
            ("pyview:exec", {"to": None, "cid": None, "commands": [["focus", {"to": "#buy"}]]})
        ]
        page.events.clear()
        await page.click("#ask")
        (exec_name, sent), (later, payload) = page.events
        assert (exec_name, sent["to"], later) == ("pyview:exec", "#bought", "later")
        await page.run(sent["commands"], at="#bought")
        assert page.find("#bought").text == "8 1"
        await page.run(payload["undo"])
        assert page.find("#bought").text == "9 1"
        await page.run(js.push("buy", value={"id": 3}))
        assert page.find("#bought").text == "3 1"
        await page.push("wrong")


def test_exports_are_typed() -> None:
    assert isinstance(js, JsCommands)


async def test_queued_push_events_are_limited_in_size() -> None:
    class Counting(ShopView):
        @event
        async def count(self, socket: LiveViewSocket[dict[str, Any]]) -> int:
            await socket.push_event("one", {"text": "x" * 100})
            return socket.pending_event_bytes()

    other = PyView()
    other.add_live_view("/", Counting)
    async with LiveClient(other) as client:
        page = await client.open("/")
        assert await page.push("count") == len('{"text":""}') + 100
