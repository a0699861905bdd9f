"""Bare server for comparison: the same frames over Starlette's WebSocket with orjson.

It answers a join, then each event with a reply of the counter's shape; `/clock` broadcasts to `/ticker` in a plain
loop. Over HTTP it serves fixed bytes: the page that was last `PUT` at `/page`.
"""

from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect


async def ready(request: Request) -> Response:
    return Response()


async def replace_page(request: Request) -> Response:
    request.app.state.page = await request.body()
    return Response()


async def fixed_page(request: Request) -> HTMLResponse:
    return HTMLResponse(request.app.state.page)


async def endpoint(websocket: WebSocket) -> None:
    await websocket.accept()
    join_ref, ref, topic, _, payload = orjson.loads(await websocket.receive_text())
    await websocket.send_text(reply(join_ref, ref, topic, {}))
    _, _, page = payload["url"].rpartition("/")
    try:
        await ROLES.get(page, echo)(websocket)
    except WebSocketDisconnect:
        websocket.app.state.subscribers.pop(websocket, None)


async def echo(websocket: WebSocket) -> None:
    count = 0
    while True:
        join_ref, ref, topic, _, _ = orjson.loads(await websocket.receive_text())
        count += 1
        await websocket.send_text(reply(join_ref, ref, topic, {"diff": {"0": str(count)}}))


async def ticker(websocket: WebSocket) -> None:
    websocket.app.state.subscribers[websocket] = None
    await websocket.receive_text()


async def clock(websocket: WebSocket) -> None:
    """Send one frame to all subscribers, encoded once: the minimum of a broadcast."""
    count = 0
    while True:
        join_ref, ref, topic, _, _ = orjson.loads(await websocket.receive_text())
        count += 1
        frame = orjson.dumps(["4", None, topic, "diff", {"0": str(count)}]).decode()
        for subscriber in websocket.app.state.subscribers:
            await subscriber.send_text(frame)
        await websocket.send_text(reply(join_ref, ref, topic, {}))


def reply(join_ref: str, ref: str, topic: str, response: dict[str, Any]) -> str:
    payload = {"status": "ok", "response": response}
    return orjson.dumps([join_ref, ref, topic, "phx_reply", payload]).decode()


ROLES = {"ticker": ticker, "clock": clock}

app = Starlette(
    routes=[
        Route("/ready", ready),
        Route("/page", replace_page, methods=["PUT"]),
        Route("/{name}", fixed_page),
        WebSocketRoute("/live/websocket", endpoint),
    ]
)
app.state.page = (
    b'<meta name="csrf-token" content="-"><div id="phx-bare" data-phx-main data-phx-session="-"></div>'
)
app.state.subscribers = {}
