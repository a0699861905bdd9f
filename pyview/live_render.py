"""`live_render`: put a live view into the template of another view, or into any page of a Starlette route."""

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, overload

from markupsafe import Markup
from starlette.requests import Request

from pyview.live_view import LiveView
from pyview.template.container import ContainerElement
from pyview.template.nested import Nested


@dataclass(frozen=True, slots=True)
class Embedded:
    """A live view for a page that is not live itself.

    In a template, `{{ view }}` is its element, and `{{ view.head }}` its tags for `<head>`: the CSRF token of the page,
    the client's script, and the style sheet of the view. With several views on one page, include the head of each: tags
    that they share may be repeated.
    """

    html: Markup
    head: Markup

    def __html__(self) -> str:
        return self.html

    def __str__(self) -> str:
        return self.html


class EmbedsViews(Protocol):
    """A PyView application. A Protocol, because `pyview.app` imports this module."""

    async def embed(self, request: Request, child: Nested) -> Embedded: ...


@overload
def live_render(
    view: type[LiveView[Any]],
    /,
    *,
    id: str | None = ...,
    session: Mapping[str, Any] | None = ...,
    sticky: bool = ...,
    container: ContainerElement | None = ...,
) -> Nested: ...


@overload
def live_render(
    request: Request,
    view: type[LiveView[Any]],
    /,
    *,
    id: str | None = ...,
    session: Mapping[str, Any] | None = ...,
    container: ContainerElement | None = ...,
) -> Awaitable[Embedded]: ...


def live_render(
    first: Any,
    view: Any = None,
    /,
    *,
    id: str | None = None,
    session: Mapping[str, Any] | None = None,
    sticky: bool = False,
    container: ContainerElement | None = None,
) -> Any:
    """Put `view` into a page as a live view with its own state, process and errors.

    In a live template: `{{ live_render(Clock, id="clock", session={"zone": "UTC"}) }}`. The nested view ends with the
    view around it. A `sticky` one survives live navigation, as long as each page contains it with the same id.

    In a Starlette route: `clock = await live_render(request, Clock)`, for a template with `{{ clock.head }}` and
    `{{ clock }}`.

    - `session`: JSON data, added to the session that its `mount` receives; encrypted in the page.
    - `id`: the id of its element, unique on the page. Default: derived from the name of the class.
    - `container`: its element. Default: that of the view's class.

    A nested view has no URL: `handle_params` is not called. Authorization is that of a page: `@requires`, providers,
    and the requirement of the live session around it.

    Raises `TypeError` for anything but a view class, `ValueError` for an invalid id or container.
    """
    embedded = isinstance(first, Request)
    view_class = view if embedded else first
    if not (isinstance(view_class, type) and issubclass(view_class, LiveView)):
        raise TypeError(f"live_render expected a subclass of LiveView, got {view_class!r}")
    if not embedded and view is not None:
        raise TypeError(f"live_render expected one view, or a request and a view; got {first!r} and {view!r}")
    # A copy: it is encrypted only when the template prints the element, and the caller may change its dict.
    child = Nested(view_class, id, dict(session or {}), sticky, container)
    return _embedded(first, child) if embedded else child


async def _embedded(request: Request, child: Nested) -> Embedded:
    # Starlette sets `app` when it is called: behind a `Mount` it is the mounted application, not the outer
    # one.
    app: Any = request.scope.get("app")
    if not hasattr(app, "embed"):
        raise TypeError(
            f"live_render(request, {child.view_class.__name__}): expected a request to a route of a PyView "
            f"application, got one to a {type(app).__name__}. Add the route to the PyView application"
        )
    if child.sticky:
        raise ValueError(
            f"{child.described} is sticky, but the page of a Starlette route has no live navigation. Remove sticky=True"
        )
    application: EmbedsViews = app
    return await application.embed(request, child)
