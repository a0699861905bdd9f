"""Functions for tests without an application of their own: open one view, render one component, run the checks."""

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

_WRAPPER = "<div>{{ live_component(component, id=id, **assigns) }}</div>"


@asynccontextmanager
async def opened(
    what: type[LiveView[Any]] | type[LiveComponent[Any]],
    url: str = "/",
    *,
    id: str = "alone",
    prepare: Callable[[PyView], object] | None = None,
    **assigns: Any,
) -> AsyncIterator[Page]:
    """Yield the page of one view, or of one component in a view that contains nothing else.

    `assigns` are the assigns of the component, `id` is its id. `prepare(app)` may add middlewares and other views.

    ```python
    async with opened(Counter, start=3) as page:
        await page.click("button")
        assert page.find("output").text == "4"
    ```
    """
    app = PyView()
    view = what if issubclass(what, LiveView) else _view_with(what, id, assigns)
    app.add_live_view("/", view)
    if prepare is not None:
        prepare(app)
    async with LiveClient(app) as client:
        yield await client.open(url)


def _view_with(component: type[LiveComponent[Any]], id: str, assigns: dict[str, Any]) -> type[LiveView[Any]]:
    class Wrapper(LiveView[dict[str, Any]]):
        template = LiveTemplate.from_string(_WRAPPER)

        async def mount(self, socket: Any, session: Any) -> None:
            socket.context = {"component": component, "id": id, "assigns": assigns}

    return Wrapper


def check_app(app: Any) -> list[Finding]:
    """Return what `pyview check` finds in the views and templates of `app`."""
    return lint(app)


def assert_no_findings(app: Any) -> None:
    """Raise `PageError`, an `AssertionError`, with the list of all findings, if `check_app` finds any."""
    found = check_app(app)
    if found:
        count = f"{len(found)} finding{'' if len(found) == 1 else 's'}"
        raise PageError("\n".join([f"expected no findings of pyview check, got {count}:", *map(str, found)]))


def rendered(content: Any, environment: LiveEnvironment | None = None) -> str:
    """Return `content` as HTML: `assert rendered(note("Hello")) == "<p>Hello</p>"`.

    `content` is a function component, a template string or another value that templates print. `environment` is the
    template environment whose filters and files are used. Raises `TypeError` for live components and nested views,
    which exist only inside a view (see `opened`).
    """
    html = ContentRendering(environment or create_environment(), None).html(content)
    if isinstance(html, str):
        return html
    # A coroutine that is neither awaited nor closed gives a RuntimeWarning beside the error.
    close = getattr(html, "close", None)
    if close is not None:
        close()
    raise TypeError(
        f"expected content that renders without a view, got {type(content).__name__}: live components and nested "
        "views exist only inside a view. Open one with LiveClient or opened()"
    )
