"""One view, or one component, without an application of its own."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from pyview.app import PyView
from pyview.components.component import LiveComponent
from pyview.live_view import LiveView
from pyview.template.live_template import LiveTemplate
from pyview.testing.client import LiveClient
from pyview.testing.page import Page

_AROUND = "<div>{{ live_component(component, id=id, **assigns) }}</div>"


@asynccontextmanager
async def opened(
    what: type[LiveView[Any]] | type[LiveComponent[Any]],
    url: str = "/",
    *,
    id: str = "alone",
    prepare: Callable[[PyView], object] | None = None,
    **assigns: Any,
) -> AsyncIterator[Page]:
    """The page of a view alone, or of one component in a view that holds nothing else, live.

    `assigns` are those of the component, `id` its id. `prepare(app)` may add middlewares and other views.

    ```python
    async with opened(Counter, start=3) as page:
        await page.click("button")
        assert page.find("output").text == "4"
    ```
    """
    app = PyView()
    view = what if issubclass(what, LiveView) else _around(what, id, assigns)
    app.add_live_view("/", view)
    if prepare is not None:
        prepare(app)
    async with LiveClient(app) as client:
        yield await client.open(url)


def _around(component: type[LiveComponent[Any]], id: str, assigns: dict[str, Any]) -> type[LiveView[Any]]:
    class Around(LiveView[dict[str, Any]]):
        template = LiveTemplate.from_string(_AROUND)

        async def mount(self, socket: Any, session: Any) -> None:
            socket.context = {"component": component, "id": id, "assigns": assigns}

    return Around
