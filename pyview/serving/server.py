"""The options that a server of live pages needs, taken from the application."""

from collections.abc import Iterator
from typing import Any

import uvicorn
from starlette.routing import Mount

from pyview.app import PyView
from pyview.config import SecurityConfig
from pyview.environment.websockets import websocket_protocol


def live_apps(app: Any) -> Iterator[PyView]:
    """Yield `app` if it is a PyView, and every PyView that is mounted in it."""
    if isinstance(app, PyView):
        yield app
    for route in getattr(app, "routes", ()):
        if isinstance(route, Mount):
            yield from live_apps(route.app)


def largest_message(app: Any) -> int:
    """Return the size in bytes of the largest WebSocket message that a PyView in `app` accepts."""
    limits = [live.security for live in live_apps(app)] or [SecurityConfig()]
    return max(max(each.max_frame, each.max_upload_frame) for each in limits)


def drain_timeout(app: Any) -> float:
    """Return the seconds that the end of all pages may take."""
    return max((live.security.drain_timeout for live in live_apps(app)), default=0.0)


def drain_delay(app: Any) -> float:
    """Return the seconds between the signal to stop and the end of the first page."""
    return max((live.security.drain_delay for live in live_apps(app)), default=0.0)


def server_config(app: Any, largest: int, **options: Any) -> uvicorn.Config:
    """Return uvicorn's configuration for `app`, an application or its name, with our WebSocket protocol.

    uvicorn reads no message larger than `largest` bytes. Compression is off: live pages send small messages, and few
    bytes can become very many.
    """
    return uvicorn.Config(
        app, ws=websocket_protocol(), ws_max_size=largest, ws_per_message_deflate=False, **options
    )
