"""Application for the tests of all ASGI servers: a counter, also mounted under a prefix."""

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.template.live_template import LiveTemplate


async def show_state(request: Request) -> Response:
    """Return how many views have a connection, and how many wait for their page."""
    processes = request.app.app_context.processes
    return JSONResponse({"views": len(processes), "waiting": len(request.app._detached_views)})


class Counter(LiveView[dict[str, int]]):
    template = LiveTemplate.from_string(
        "<p>{{ count }}</p><button phx-click='inc'>+</button>", "counter.html"
    )

    async def mount(self, socket: LiveViewSocket[dict[str, int]], session: Any) -> None:
        socket.context = {"count": 0}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[dict[str, int]]) -> None:
        socket.context["count"] += 1


def counter_app(**limits: Any) -> PyView:
    app = PyView(secret="t3st-s3cret-of-at-least-thirty-two-bytes", security=SecurityConfig(**limits))
    app.add_live_view("/count", Counter)
    app.routes.append(Route("/state", show_state))
    return app


app = Starlette(routes=[Mount("/inside", counter_app()), Mount("/", counter_app())])
impatient = counter_app(idle_timeout=1, reconnect_grace=0.5)
limited = counter_app(join_timeout=0.5, max_sockets_per_address=3, rate=20, burst=20, flood_timeout=0.5)


class Crashing(LiveView[dict[str, int]]):
    template = LiveTemplate.from_string("<p></p>", "crashing.html")

    async def mount(self, socket: LiveViewSocket[dict[str, int]], session: Any) -> None:
        raise ValueError("a mount that fails")


crashing = counter_app()
crashing.add_live_view("/crash", Crashing)
