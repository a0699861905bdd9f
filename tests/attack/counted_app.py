"""Application for leak tests: two views with a subscription and a timer, and a route that reports its own state.

`app` is what a server in another process serves.
"""

import asyncio
import gc
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from jinja2 import DictLoader
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig, is_connected
from pyview.events import InfoEvent
from pyview.process.view_process import ViewProcess
from pyview.pubsub.memory import MemoryPubSub
from pyview.transport.channel import Channel
from pyview.transport.channels import Channels
from pyview.transport.identity import ConnectionIdentity
from pyview.transport.reconnect import DetachedConnection, DetachedView
from pyview.transport.send_queue import SendQueue
from pyview.transport.websocket import WebSocketConnection

SECRET = "Zm9yIHRlc3RzIG9ubHksIG5vdCBmb3IgYW55IHNpdGU="
OURS = (
    DetachedConnection,
    DetachedView,
    WebSocketConnection,
    Channels,
    Channel,
    SendQueue,
    ConnectionIdentity,
    ViewProcess,
    LiveView,
)
Socket = LiveViewSocket[dict[str, Any]]


class CountedView(LiveView[dict[str, Any]]):
    """A view that subscribes to a topic, shows its messages and has a timer."""

    template = "counted.html"

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"updates": "", "n": 0}
        if is_connected(socket):
            await socket.subscribe("updates")
            socket.schedule_info(InfoEvent("tick"), 3600)

    async def handle_info(self, event: InfoEvent, socket: Socket) -> None:
        socket.context["updates"] = event.payload

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        if event == "fail":
            raise ValueError("raised by the test")
        if event == "wait":
            await asyncio.sleep(0.2)  # long enough for the test to drop the connection meanwhile
        socket.context["n"] += 1


class OtherView(CountedView): ...


class CountedApp(PyView):
    """`census()` counts everything that must be released when all browsers have left."""

    def __init__(self, **limits: Any) -> None:
        templates = DictLoader({"counted.html": "<p>{{ updates }}</p><i>{{ n }}</i>"})
        super().__init__(templates=templates, secret=SECRET, security=SecurityConfig(**limits))
        self.add_live_view("/counted", CountedView)
        self.add_live_view("/other", OtherView)
        self.routes.append(Route("/state", self._show_state))
        self.routes.append(Route("/broadcast", self._broadcast))

    def census(self) -> dict[str, int]:
        gc.collect()
        alive = Counter(type(thing).__name__ for thing in gc.get_objects() if isinstance(thing, OURS))
        pubsub = self.pubsub
        assert isinstance(pubsub, MemoryPubSub)
        return {
            **{f"objects: {name}": count for name, count in alive.items()},
            "tasks": len(asyncio.all_tasks()),
            "processes": len(self.app_context.processes),
            "subscriptions": len(pubsub._topics) + len(pubsub._topics_of),
            "connections": len(self._open_connections.monitor),
            "places": len(self._open_connections.quotas),
            "waiting": len(self._detached_views)
            + len(self._detached_views._shown)
            + self._detached_views.bytes,
            "watched": len(self._identity_monitor),
        }

    async def _show_state(self, request: Request) -> Response:
        memory = {"blocks": blocks(), "resident": resident(), "files": open_files()}
        return JSONResponse({**self.census(), **memory})

    async def _broadcast(self, request: Request) -> Response:
        """Broadcast `count` different texts of `size` characters to every view."""
        count, size = (int(request.query_params[name]) for name in ("count", "size"))
        for number in range(count):
            await self.pubsub.broadcast("updates", f"{number:08}" + "x" * (size - 8))
            await asyncio.sleep(0)
        return JSONResponse({"resident": resident()})


def resident() -> int:
    """Return the resident memory of this process in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def blocks() -> int:
    """Return the number of memory blocks allocated by Python."""
    gc.collect()
    return sys.getallocatedblocks()


app = CountedApp(rate=0, max_sockets_per_session=0, reconnect_grace=0.2)
