"""create -> mount -> handle_params -> render: the one copy, for the HTTP response and for the socket."""

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, Protocol
from urllib.parse import ParseResult

from pyview.auth.identity import Identity
from pyview.binding import Params, Resources, create_view, mount_caller, params_caller
from pyview.flash import Flash
from pyview.live_view import LiveView
from pyview.routes import LiveRoute
from pyview.socket import LiveViewSocket


@dataclass(frozen=True, slots=True)
class Location:
    """A URL of this site, as the routes read it. `page` is its path and query, percent-encoded."""

    route: LiveRoute
    url: ParseResult
    page: str
    params: Params
    path_params: Mapping[str, Any]


class Guard(Protocol):
    """Watches over a view whose visitor may be signed out, or lose a right, while it is shown."""

    @property
    def identity(self) -> Identity: ...
    def settled(self) -> bool: ...
    async def allows(self, location: Location, *, fresh: bool) -> bool: ...
    def forbade(self, event: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody at a URL: what a view is mounted for. A view that everybody may see for ever has no guard."""

    location: Location
    identity: Identity
    flash: Flash | None = None
    guard: Guard | None = None

    @property
    def view_class(self) -> type[LiveView[Any]]:
        return self.location.route.view_class


def resources_of(visit: Visit) -> Resources:
    """What a handler may have injected: all of it from the server."""
    identity = visit.identity
    return Resources(session=identity.session, user=identity.user, auth=identity.auth, url=visit.location.url)


async def create(visit: Visit) -> LiveView[Any]:
    view: LiveView[Any] = await create_view(visit.view_class, resources_of(visit))
    return view


async def mount(view: LiveView[Any], socket: LiveViewSocket[Any], visit: Visit) -> None:
    call = mount_caller(type(view))
    await _finished(call(view, socket, visit.identity.session, resources_of(visit)))


async def handle_params(view: LiveView[Any], socket: LiveViewSocket[Any], visit: Visit) -> None:
    """Runs the callback, for the visit's location, when the view has one."""
    call = params_caller(type(view))
    if call is not None:
        location = visit.location
        await _finished(call(view, location.url, location.params, socket, resources_of(visit)))


async def _finished(result: Awaitable[Any] | Any) -> Any:
    return await result if isawaitable(result) else result
