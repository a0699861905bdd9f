"""Application of several workers: pages that reach any of them."""

import os
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.events import InfoEvent
from pyview.template.live_template import LiveTemplate

Socket = LiveViewSocket[dict[str, Any]]


class Counter(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string(
        "<p>{{ count }}</p><button phx-click='inc'>+</button>", "counter.html"
    )

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"count": 0}
        await socket.subscribe("everybody")

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        if event == "all":
            await socket.broadcast("everybody", 100)
        else:
            socket.context["count"] += 1

    async def handle_info(self, event: InfoEvent, socket: Socket) -> None:
        socket.context["count"] += event.payload


class KeptCounter(Counter, keep=("count",)): ...


async def show_state(request: Request) -> Response:
    """Return the worker and the number of its views."""
    return JSONResponse({"worker": os.getpid(), "views": len(request.app.app_context.processes)})


limits = {"poll_window": float(os.environ.get("POLL_WINDOW", "10"))}
app = PyView(security=SecurityConfig(**limits))  # type: ignore[arg-type]
app.add_live_view("/count", Counter)
app.add_live_view("/kept", KeptCounter)
app.routes.append(Route("/state", show_state))
