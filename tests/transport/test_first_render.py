"""The first render over HTTP frees its memory at once."""

import gc
from collections.abc import Iterator
from typing import Any
from weakref import ReferenceType, ref

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message

from pyview import LiveView, PyView
from pyview.template.live_template import LiveTemplate
from tests.asgi import http_scope


class Loaded(dict[str, Any]):
    """A context that can have weak references."""


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
async def test_a_rendered_page_is_freed_without_the_garbage_collector() -> None:
    """The context of a first page may be large, and the collector may not run for a long time."""
    contexts: list[ReferenceType[Loaded]] = []

    class View(LiveView[Loaded]):
        template = LiveTemplate.from_string("<p>{{ rows|length }}</p>", "rows.html")

        async def mount(self, socket: Any, session: Any) -> None:
            socket.context = Loaded(rows=[1, 2, 3])
            contexts.append(ref(socket.context))

    app = PyView()
    app.add_live_view("/", View)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        response = await client.get("/")
    assert "<p>3</p>" in response.text
    assert [context() for context in contexts] == [None]


class Plain(LiveView[dict[str, int]]):
    template = LiveTemplate.from_string("<p>{{ count }}</p>", "plain.html")

    async def mount(self, socket: Any, session: Any) -> None:
        socket.context = {"count": 1}


class Failing(Plain):
    async def mount(self, socket: Any, session: Any) -> None:
        raise httpx.HTTPError("no answer")


async def load(app: PyView, path: str, headers: list[tuple[bytes, bytes]]) -> int:
    """Load a page as a server does, without a client that makes garbage itself. Return the status."""
    statuses: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        statuses.extend([message["status"]] if "status" in message else [])

    scope = http_scope(path, headers=[(b"host", b"testserver"), *headers])
    await app(scope, receive, send)
    return statuses[0]


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("path", ["/fixed", "/with/name", "/missing", "/failing"])
@pytest.mark.parametrize("headers", [[], [(b"sec-fetch-dest", b"document")]], ids=["crawler", "browser"])
async def test_a_page_leaves_nothing_for_the_garbage_collector(
    path: str, headers: list[tuple[bytes, bytes]]
) -> None:
    async def refused(request: object, error: Exception) -> PlainTextResponse:
        return PlainTextResponse("refused", 502)

    app = PyView(exception_handlers={httpx.HTTPError: refused})
    app.add_live_view("/fixed", Plain)
    app.add_live_view("/with/{name}", Plain)
    app.add_live_view("/failing", Failing)
    expected = {"/missing": 404, "/failing": 502}.get(path, 200)
    assert await load(app, path, headers) == expected
    gc.collect()
    assert [await load(app, path, headers) for _ in range(3)] == [expected] * 3
    assert gc.collect() == 0
