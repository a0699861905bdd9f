"""An application in development, and its inspector, in the browser in memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from jinja2 import DictLoader

from pyview import LiveView, LiveViewSocket, PyView
from pyview.events import event
from pyview.live_render import live_render
from pyview.recording.recorder import Recorder
from pyview.testing import LiveClient, Page

Socket = LiveViewSocket[dict[str, Any]]

TEMPLATES = {
    "todo.html": """\
<h1>{{ count }}</h1>
<ul>{% for item in items %}<li>{{ item.name }}{% if item.done %} done{% endif %}</li>{% endfor %}</ul>
<p id="calls">{{ calls }}</p>
<button id="add" phx-click="add">add</button>
""",
    "around.html": "<p>around</p>{{ live_render(inner) }}",
}


class Todo(LiveView[dict[str, Any]]):
    template: ClassVar[Any] = "todo.html"

    async def mount(self, socket: Socket, session: Any) -> None:
        items = [{"id": 1, "name": "tea", "done": False}, {"id": 2, "name": "milk", "done": False}]
        socket.context = {"items": items, "count": 0, "calls": 0, "api_token": "s3cret-value"}
        self.seen = 0

    @event
    async def add(self, socket: Socket, step: int = 1) -> None:
        socket.context["count"] += step
        self.seen += 1

    @event
    async def finish(self, socket: Socket, id: int) -> None:
        for item in socket.context["items"]:
            item["done"] = item["done"] or item["id"] == id

    @event
    async def wait(self, socket: Socket) -> None:
        await asyncio.sleep(0.06)

    @event
    async def grow(self, socket: Socket) -> None:
        socket.context["calls"] = "x" * 20_000

    @event
    async def fail(self, socket: Socket) -> None:
        socket.context["count"] = 99
        raise ValueError("out of milk")

    @event
    async def pay(self, socket: Socket, password: str) -> None:
        socket.context["calls"] += 1


class Around(LiveView[dict[str, Any]]):
    template: ClassVar[Any] = "around.html"

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"inner": Todo, "live_render": live_render}


def application(**options: Any) -> PyView:
    app = PyView(**{"development": True, "templates": DictLoader(TEMPLATES), **options})
    app.add_live_view("/", Todo)
    app.add_live_view("/around", Around)
    return app


def recorder_of(app: PyView) -> Recorder:
    recorder = app.app_context.recorder
    assert recorder is not None
    return recorder


def address(app: PyView, binding: str = "") -> str:
    """Return the address of the inspector of the page that was opened last."""
    page = recorder_of(app).pages[-1]
    return f"/live/inspector?token={app.app_context.signatures.mint_inspector_token(page, binding)}"


@asynccontextmanager
async def inspected(app: PyView, path: str = "/") -> AsyncIterator[tuple[Page, Page]]:
    """Yield a page, and the inspector that shows it."""
    async with LiveClient(app) as client:
        page = await client.open(path)
        yield page, await client.open(address(app))


async def details(inspector: Page, number: int) -> Page:
    """Choose a message. Return the inspector, which shows its details."""
    row = f".message[phx-value-number='{number}']"
    await inspector.wait_for(lambda shown: shown.exists(row))
    await inspector.click(row)
    return inspector
