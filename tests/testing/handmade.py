"""A server whose protocol messages a test writes by hand.

A page is a `HandmadeView`. It answers a join, events and patches with the response that its methods return. It may push
any message on its channel, break the protocol, raise, or close the socket.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

Response_ = dict[str, Any]

LAYOUT = """<!DOCTYPE html>
<html>
<head>
<meta name="csrf-token" content="CSRF">
<title data-prefix="Handmade: " data-default="Welcome">Handmade: dead</title>
<link phx-track-static rel="stylesheet" href="/assets/app.css">
</head>
<body>
<nav><a href="/plain">Plain</a></nav>
<main id="phx-1" class="first" data-phx-main data-phx-session="SESSION-{path}" data-phx-static="STATIC">
<p>dead</p></main>
<footer>foot</footer>
</body>
</html>"""


class Refusal(Exception):
    """Raise it in `join` to refuse the join with this response."""

    def __init__(self, **response: Any) -> None:
        self.response = response


class Crash(Exception):
    """Raise it in a method of a view to crash the channel."""


@dataclass
class HandmadeView:
    """One joined view. `payload` is that of its join."""

    server: "Handmade"
    websocket: WebSocket
    topic: str
    join_ref: str
    payload: dict[str, Any]
    state: dict[str, Any] = field(default_factory=dict)

    async def join(self) -> Response_:
        return {"rendered": self.rendered(), "liveview_version": "1.2.0"}

    def rendered(self) -> dict[str, Any]:
        return {"s": ["<p>live</p>"]}

    async def event(self, payload: dict[str, Any]) -> Response_:
        return {}

    async def live_patch(self, url: str) -> Response_:
        return {}

    async def push(self, event: str, payload: Any) -> None:
        await self.send(self.join_ref, None, event, payload)

    async def send(self, join_ref: str | None, ref: str | None, event: str, payload: Any) -> None:
        await self.websocket.send_text(json.dumps([join_ref, ref, self.topic, event, payload]))


@dataclass
class Handmade:
    """The server. `got` are the frames that the client has sent, `joins` the payloads of its joins."""

    pages: Mapping[str, type[HandmadeView]]
    routes: list[Route] = field(default_factory=list)
    layout: str = LAYOUT
    got: list[list[Any]] = field(default_factory=list)
    joins: list[dict[str, Any]] = field(default_factory=list)
    handshakes: list[WebSocket] = field(default_factory=list)
    views: list[HandmadeView] = field(default_factory=list)
    closed_with: list[int] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    dead: Callable[[Request], Response] | None = None

    def app(self) -> Starlette:
        live = [Route(path, self.page) for path in self.pages]
        plain = Route("/plain", lambda request: PlainTextResponse("plain & simple"))
        return Starlette(routes=[*self.routes, *live, plain, WebSocketRoute("/live/websocket", self.socket)])

    async def page(self, request: Request) -> Response:
        self.loads.append(str(request.url))
        return HTMLResponse(self.layout.replace("{path}", request.url.path))

    async def socket(self, websocket: WebSocket) -> None:
        self.handshakes.append(websocket)
        await websocket.accept()
        views: dict[str, HandmadeView] = {}
        try:
            while websocket.application_state is WebSocketState.CONNECTED:
                frame = json.loads(await websocket.receive_text())
                self.got.append(frame)
                await self.take(websocket, views, *frame)
        except WebSocketDisconnect as closed:
            self.closed_with.append(closed.code)

    async def take(
        self,
        websocket: WebSocket,
        views: dict[str, HandmadeView],
        join_ref: str,
        ref: str,
        topic: str,
        event: str,
        payload: Any,
    ) -> None:
        if topic == "phoenix":
            await websocket.send_text(
                json.dumps([None, ref, topic, "phx_reply", {"status": "ok", "response": {}}])
            )
        elif event == "phx_join":
            await self.join(websocket, views, ref, topic, payload)
        elif event == "phx_leave":
            view = views.pop(topic, None)
            if view is not None:
                await view.send(view.join_ref, view.join_ref, "phx_close", {})
            await websocket.send_text(
                json.dumps([join_ref, ref, topic, "phx_reply", {"status": "ok", "response": {}}])
            )
        else:
            await self.answer(views[topic], ref, event, payload)

    async def join(
        self,
        websocket: WebSocket,
        views: dict[str, HandmadeView],
        ref: str,
        topic: str,
        payload: dict[str, Any],
    ) -> None:
        self.joins.append(payload)
        path = urlsplit(payload.get("url") or payload["redirect"]).path
        view = self.pages[path](self, websocket, topic, ref, payload)
        try:
            response = await view.join()
        except Refusal as refusal:
            await view.send(ref, ref, "phx_reply", {"status": "error", "response": refusal.response})
            return
        views[topic] = view
        self.views.append(view)
        await view.send(ref, ref, "phx_reply", {"status": "ok", "response": response})

    async def answer(self, view: HandmadeView, ref: str, event: str, payload: Any) -> None:
        try:
            response = await (
                view.live_patch(payload["url"]) if event == "live_patch" else view.event(payload)
            )
        except Crash:
            await view.send(view.join_ref, view.join_ref, "phx_error", {})
            return
        if view.websocket.application_state is WebSocketState.CONNECTED:
            await view.send(view.join_ref, ref, "phx_reply", {"status": "ok", "response": response})
