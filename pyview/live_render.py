"""`live_render`: a live view inside any page."""

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

    In a template `{{ view }}` is its element, and `{{ view.head }}` what `<head>` needs for it: the page's CSRF token,
    the browser's side of PyView and the style sheet of the view. Of several on one page, the head of each may stand
    there; what they share does no harm twice.
    """

    html: Markup
    head: Markup

    def __html__(self) -> str:
        return self.html

    def __str__(self) -> str:
        return self.html


class Embeds(Protocol):
    """The application that a request reached."""

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
    """Put `view` into a page, as a live view of its own: its own state, process and errors.

    In a live template: `{{ live_render(Clock, id="clock", session={"zone": "UTC"}) }}`. It ends with the view around
    it; a `sticky` one stays through live navigation, as long as each page has it under the same id.

    In a Starlette route: `clock = await live_render(request, Clock)`, for a template that has `{{ clock.head }}` and
    `{{ clock }}`.

    `session` is JSON data, added to the session that its `mount` gets; it travels encrypted. `id` is the id of its
    element, unique on the page; by default it is made of the name of the class. `container` is that element, by default
    what the view's class says. A nested view has no URL: `handle_params` is not called. Who may see it is asked as for
    a page: `@requires`, providers, and the requirement of the live session around it.

    Raises `TypeError` for what is no view, `ValueError` for an id or a container that cannot be.
    """
    embedded = isinstance(first, Request)
    view_class = view if embedded else first
    if not (isinstance(view_class, type) and issubclass(view_class, LiveView)):
        raise TypeError(f"live_render expected a subclass of LiveView, got {view_class!r}")
    if not embedded and view is not None:
        raise TypeError(f"live_render takes one view, or a request and a view; got {first!r} and {view!r}")
    child = Nested(view_class, id, dict(session or {}), sticky, container)
    return _embedded(first, child) if embedded else child


async def _embedded(request: Request, child: Nested) -> Embedded:
    app: Any = request.scope.get("app")
    if not hasattr(app, "embed"):
        raise TypeError(
            f"live_render(request, {child.view_class.__name__}): expected a request to a route of a PyView "
            f"application, this one came to a {type(app).__name__}. Add the route to the PyView application."
        )
    if child.sticky:
        raise ValueError(
            f"{child.described} is sticky, but a page over HTTP has no live navigation to stay through."
        )
    embeds: Embeds = app
    return await embeds.embed(request, child)
