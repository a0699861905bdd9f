"""The application that every ASGI server must serve alike: a counter, mounted under a prefix too."""

from typing import Any

from starlette.applications import Starlette
from starlette.routing import Mount

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.template.live_template import LiveTemplate


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
    return app


app = Starlette(routes=[Mount("/inside", counter_app()), Mount("/", counter_app())])
limited = counter_app(join_timeout=0.5, max_sockets_per_address=3, rate=20, burst=20, flood_timeout=0.5)


class Crashing(LiveView[dict[str, int]]):
    template = LiveTemplate.from_string("<p></p>", "crashing.html")

    async def mount(self, socket: LiveViewSocket[dict[str, int]], session: Any) -> None:
        raise ValueError("a mount that fails")


crashing = counter_app()
crashing.add_live_view("/crash", Crashing)
