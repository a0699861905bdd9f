"""Application for hostile clients: an echo, connections that are never read, and the memory of its process."""

import asyncio
import gc
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from tests.attack.counted_app import open_files, resident


async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)
        del text  # else an idle connection would keep its last message


async def receive_nothing(websocket: WebSocket) -> None:
    await websocket.accept()
    await asyncio.Event().wait()


async def accept_never(websocket: WebSocket) -> None:
    await asyncio.Event().wait()


async def close_at_once(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close(4000)
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


async def send_forever(websocket: WebSocket) -> None:
    await websocket.accept()
    while True:
        await websocket.send_text("x" * 10_000)


async def state(request: Request) -> Response:
    gc.collect()
    return JSONResponse(_state())


def _state() -> dict[str, Any]:
    return {"resident": resident(), "files": open_files(), "tasks": len(asyncio.all_tasks())}


app = Starlette(
    routes=[
        Route("/state", state),
        WebSocketRoute("/echo", echo),
        WebSocketRoute("/deaf", receive_nothing),
        WebSocketRoute("/never", accept_never),
        WebSocketRoute("/closing", close_at_once),
        WebSocketRoute("/talking", send_forever),
    ]
)
