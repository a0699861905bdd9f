"""Pages of PyView over the protocol: with the direct way and without it a browser gets the same frames."""

import asyncio
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp, Receive, Scope, Send

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from tests.frames import Page, load
from tests.uvicorn_ws.peer import HANDSHAKE, Peer
from tests.uvicorn_ws.raw import CLOSE, TEXT, Frame, close, encode

HEAD = HANDSHAKE.replace(b"GET / ", b"GET /live/websocket?vsn=2.0.0 ").replace(
    b"\r\n\r\n", b"\r\nhost: testserver\r\norigin: http://testserver\r\n\r\n"
)


class Notebook(LiveView[Any]):
    template = LiveTemplate.from_string("<p>{{ count }}</p><p>{{ text }}</p>", "notebook.html")

    async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
        socket.context = {"count": 0, "text": ""}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[Any]) -> None:
        socket.context["count"] += 1
        if event == "wait":
            await asyncio.sleep(0)
        elif event == "large":
            socket.context["text"] = str(socket.context["count"]) * 9000
        elif event == "push":
            await socket.push_event("pushed", {"count": socket.context["count"]})


class OrdinaryWay:
    """Middleware that hides the direct way of the server."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        extensions = {
            name: value for name, value in scope["extensions"].items() if name != "websocket.direct"
        }
        await self.app({**scope, "extensions": extensions}, receive, send)


def click(name: str, **value: Any) -> list[Any]:
    return ["event", {"type": "click", "event": name, "value": value}]


# The event and the payload of a frame of the joined topic.
WELL_FORMED = st.sampled_from(
    [
        *([click("inc")] * 3),
        click("wait"),
        click("large"),
        click("push"),
        click("inc", text="x" * 9000),
        click("€"),
        ["event", {"type": "form", "event": "inc", "value": "a=1&b=%E2%82%AC"}],
        ["event", {"type": "click", "event": "lv:clear-flash", "value": {"key": "info"}}],
        ["live_patch", {"url": "http://testserver/notebook?a=1"}],
        ["cids_will_destroy", {"cids": [1]}],
    ]
)
MALFORMED = st.sampled_from(
    [
        None,
        ["event", {}],
        ["event", {"type": "click", "event": 1, "value": {}}],
        ["event", []],
        ["nothing", {}],
    ]
)
CUTS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3)), max_size=8)


@settings(max_examples=25, deadline=None)
@given(st.lists(WELL_FORMED, max_size=25), MALFORMED, CUTS)
def test_both_ways_send_the_same_frames(
    sent: list[list[Any]], malformed: list[Any] | None, cuts: list[tuple[float, int]]
) -> None:
    ordinary, direct = (asyncio.run(_talk(hidden, sent, malformed, cuts)) for hidden in (True, False))
    assert direct == ordinary


async def _talk(
    hidden: bool, sent: list[list[Any]], malformed: list[Any] | None, cuts: list[tuple[float, int]]
) -> list[Frame]:
    app = PyView(secret="t3st-s3cret-of-at-least-thirty-two-bytes", security=SecurityConfig(rate=0))
    app.add_live_view("/notebook", Notebook)
    async with LiveClient(app) as client:
        page = await load(client, "/notebook")
        peer = Peer(OrdinaryWay(app) if hidden else app, HEAD)
        await peer.idle()
        await peer.feed(_text(page.join("4")))
        await peer.idle()
        stream = b"".join(_frame(page, number, parts) for number, parts in enumerate(sent, 5))
        start = 0
        for place, turns in sorted(cuts):
            end = int(len(stream) * place)
            await peer.feed(stream[start:end])
            start = max(start, end)
            for _ in range(turns):
                await asyncio.sleep(0)
        await peer.feed(stream[start:])
        await peer.idle()
        if malformed is not None:
            await peer.feed(_frame(page, 99, malformed))
            await peer.idle()
        await peer.feed(encode(CLOSE, close(1000).payload))
        frames = await peer.ended()
    # A page has another id and other tokens each time.
    return [Frame(frame.opcode, frame.payload.replace(page.dom_id.encode(), b"id")) for frame in frames]


def _frame(page: Page, number: int, parts: list[Any]) -> bytes:
    return _text(["4", str(number), page.topic, *parts])


def _text(frame: list[Any]) -> bytes:
    return encode(TEXT, json.dumps(frame).encode())
