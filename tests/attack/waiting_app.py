"""Application whose handlers wait, and a route that reports the memory of its process."""

import asyncio
from typing import Any

from jinja2 import DictLoader
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pyview import LiveView, LiveViewSocket, PyView
from tests.attack.counted_app import SECRET, resident

WAIT = 60
Socket = LiveViewSocket[dict[str, Any]]


class SlowView(LiveView[dict[str, Any]]):
    template = "waiting.html"

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"n": 0}

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        if event == "wait":
            await asyncio.sleep(WAIT)
        socket.context["n"] += 1


async def state(request: Request) -> Response:
    return JSONResponse({"resident": resident()})


app = PyView(templates=DictLoader({"waiting.html": "<p>{{ n }}</p>"}), secret=SECRET)
app.add_live_view("/", SlowView)
app.routes.append(Route("/state", state))
