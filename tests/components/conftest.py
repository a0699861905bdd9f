"""Fixtures: pages with a given template and the components that it places."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, Page

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"

Open = Callable[..., Any]


class PageOf(LiveView[dict[str, Any]]):
    """A view whose event `set` updates the context with its payload. It records other events and infos."""

    names: dict[str, Any]
    infos: list[Any]

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        type(self).socket = socket  # type: ignore[attr-defined]
        socket.context = dict(self.names)

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[dict[str, Any]]) -> Any:
        if event == "set":
            socket.context.update(payload)
        else:
            socket.context.setdefault("received", []).append([event, payload])

    async def handle_info(self, event: Any, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context.setdefault("infos", []).append(event.payload)


def view_of(source: str, **names: Any) -> type[PageOf]:
    """Return a view class with that template; `names` are its context, including component classes."""

    class View(PageOf):
        template = LiveTemplate.from_string(source, "page.html")

    View.names = names
    return View


def app_of(view: type[LiveView[Any]], **options: Any) -> PyView:
    app = PyView(secret=SECRET, **options)
    app.add_live_view("/", view)
    return app


@pytest.fixture
async def open_page() -> AsyncIterator[Open]:
    """`await open_page(source, **names)` returns a joined page; `page.view` is its class."""
    async with AsyncExitStack() as stack:

        async def open_page(source: str, *, options: dict[str, Any] | None = None, **names: Any) -> Page:
            view = view_of(source, **names)
            app = app_of(view, security=SecurityConfig(**(options or {})))
            client = await stack.enter_async_context(LiveClient(app))
            page: Page = await client.open("/")
            page.view = view  # type: ignore[attr-defined]
            return page

        yield open_page
