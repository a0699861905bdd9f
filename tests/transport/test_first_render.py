"""The first render over HTTP frees its memory at once."""

import gc
from collections.abc import Iterator
from typing import Any
from weakref import ReferenceType, ref

import httpx
import pytest

from pyview import LiveView, PyView
from pyview.template.live_template import LiveTemplate


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
