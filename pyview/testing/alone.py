"""One view, or one component, without an application of its own.

Static checks of an application, for its own tests.

What a function component, a template string or a live value is as HTML, without a view around it.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from pyview.app import PyView
from pyview.components.component import LiveComponent
from pyview.lint import Finding, lint
from pyview.live_view import LiveView
from pyview.template.environment import LiveEnvironment, create_environment
from pyview.template.live_template import ContentRendering, LiveTemplate
from pyview.testing.client import LiveClient
from pyview.testing.errors import PageError
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


def check_app(app: Any) -> list[Finding]:
    """What `pyview check` finds in the views and templates of `app`."""
    return lint(app)


def assert_no_findings(app: Any) -> None:
    """Raises `PageError`, an `AssertionError`, that lists what `check_app` finds."""
    found = check_app(app)
    if found:
        raise PageError("\n".join([f"{len(found)} findings:", *map(str, found)]))


def rendered(content: Any, environment: LiveEnvironment | None = None) -> str:
    """The HTML of `content`: `assert rendered(note("Hello")) == "<p>Hello</p>"`.

    `environment` is the template environment to render in, if its filters or files are needed. Raises `TypeError` for
    what cannot be made without waiting: live components and nested views, which need a view to live in (see `opened`).
    """
    html = ContentRendering(environment or create_environment(), None).html(content)
    if isinstance(html, str):
        return html
    close = getattr(html, "close", None)
    if close is not None:
        close()
    raise TypeError(
        "live components and nested views need a view to live in: open one, with LiveClient or opened()"
    )
