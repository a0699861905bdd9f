"""Hooks -> create -> mount -> handle_params -> render: the one copy, for the HTTP response and for the socket."""

from collections.abc import Awaitable, Mapping, Sequence
from inspect import isawaitable
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import ParseResult

from pyview.auth.identity import Identity
from pyview.binding import Params, Resources, create_view, mount_caller, params_caller
from pyview.flash import Flash
from pyview.hooks import ViewHooks
from pyview.live_view import LiveView
from pyview.meta import ContextProcessor
from pyview.navigation import Navigate, Patch, Redirect
from pyview.rendering.page_guard import NOTHING_AROUND, PageGuard
from pyview.rendering.renderers import Renderer, TemplateFiles, renderer_for
from pyview.routing.routes import LiveRoute, NestedRoute
from pyview.sessions.session import ReadOnlySession, with_shared
from pyview.socket.connect import ConnectData
from pyview.socket.socket import LiveViewSocket
from pyview.template.live_template import LiveTemplate
from pyview.threads import off_loop

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Location(NamedTuple):
    """A URL of this site, as the routes read it. `page` is its path and query, percent-encoded.

    A nested view has a route of its own, and the URL of the page around it.
    """

    route: LiveRoute | NestedRoute
    url: ParseResult
    page: str
    params: Params
    path_params: Mapping[str, Any]


class AccessGuard(Protocol):
    """Watches over a view whose visitor may be signed out, or lose a right, while it is shown."""

    @property
    def identity(self) -> Identity: ...
    def is_fresh(self) -> bool: ...
    async def allows(self, location: Location, *, fresh: bool) -> bool: ...
    async def admits(self, location: Location) -> bool: ...
    def log_denied(self, event: str) -> None: ...


class FindsTemplates(TemplateFiles, Protocol):
    """The templates of view classes, and of what is around them."""

    def layout_for(self, view_class: type[LiveView[Any]], of_group: Any) -> LiveTemplate | None: ...


class Parent(Protocol):
    """The view around a nested one, which ends with it."""

    @property
    def context(self) -> Any: ...
    def adopt(self, child: Any) -> bool: ...
    def release(self, child: Any) -> None: ...
    def forget(self, dom_id: str) -> None: ...


class MountTarget(NamedTuple):
    """Where a view stands in the document. `id` is that of its element, `page_id` that of the page, which its CSRF
    token may be bound to. `depth` counts the views around it. `awaited`: the client holds back what is
    around it until this view has joined. `around`: the guards of the views around it."""

    id: str
    page_id: str
    depth: int = 0
    sticky: bool = False
    parent: Parent | None = None
    awaited: bool = False
    around: PageGuard = NOTHING_AROUND


class MountContext(NamedTuple):
    """Somebody at a URL: what a view is mounted for. A view that everybody may see for ever has no guard. `given` is
    what the page around a nested view adds to its session."""

    location: Location
    identity: Identity
    place: MountTarget
    flash: Flash | None = None
    guard: AccessGuard | None = None
    given: Mapping[str, Any] = _NOTHING
    csp_nonce: str | None = None
    connecting: ConnectData | None = None

    @property
    def view_class(self) -> type[LiveView[Any]]:
        return self.location.route.view_class

    @property
    def shared(self) -> Mapping[str, Any]:
        """What the view's live session, and the page around a nested view, add to the session."""
        shared = self.location.route.live_session.shared
        return {**shared, **self.given} if self.given else shared

    @property
    def routed(self) -> bool:
        """Whether the view has a URL of its own, as a nested one has not."""
        return isinstance(self.location.route, LiveRoute)

    @property
    def surroundings(self) -> PageGuard:
        """The guards that hold for the views nested in this one, its own included."""
        location = self.location
        return self.place.around.with_view(location.route, location.page, location.path_params)

    @property
    def session(self) -> ReadOnlySession:
        """What `mount` receives."""
        return with_shared(self.identity.session, self.shared)


def without_url(wish: Patch, visit: MountContext) -> ValueError:
    """What a nested view is told that wants to patch its URL."""
    return ValueError(
        f"push_patch({wish.to!r}): {visit.view_class.__qualname__} is nested and has no URL of its own. "
        "push_navigate() takes the whole page elsewhere; to have the view around it patch its URL, broadcast to it."
    )


def check_is_page(visit: MountContext) -> None:
    """Raises `ValueError` for a nested view, which does not own the document."""
    if not visit.routed:
        raise ValueError(
            f"socket.page: {visit.view_class.__qualname__} is nested, and the document belongs to the view around it. "
            "Broadcast to that one what it shall set."
        )


def renderer_of(
    view: LiveView[Any],
    visit: MountContext,
    templates: FindsTemplates,
    processors: Sequence[ContextProcessor],
) -> Renderer:
    """How the view of `visit` renders. A layout is for views with a URL: a nested one stands in that of the page."""
    of_group = visit.location.route.live_session.layout
    layout = templates.layout_for(visit.view_class, of_group) if visit.routed else None
    return renderer_for(view, templates, processors, layout)


def resources_of(visit: MountContext) -> Resources:
    """What a handler may have injected: all of it from the server."""
    identity = visit.identity
    return Resources(session=visit.session, user=identity.user, auth=identity.auth, url=visit.location.url)


async def run_hooks(socket: LiveViewSocket[Any], visit: MountContext) -> Navigate | Redirect | None:
    """Run the `on_mount` hooks of the visit's live session and view. Where to go instead, if one of them halts.

    They run before there is a view, so that nothing of it is made for somebody who is sent away. Raises
    `HaltedNowhere`, `BindingError` and whatever a hook raises: nothing is mounted then either.
    """
    for hook in visit.location.route.hooks:
        if await hook.halts(socket, visit.location.params, resources_of(visit)):
            return socket.navigation
    _remember_names(socket)
    return None


def _remember_names(socket: LiveViewSocket[Any]) -> None:
    if isinstance(socket.context, dict) and socket.context:
        socket.hooks = socket.hooks or ViewHooks()
        socket.hooks.remember_names(socket)


async def create(visit: MountContext, resources: Resources) -> LiveView[Any]:
    view: LiveView[Any] = await create_view(visit.view_class, resources)
    return view


async def mount(
    view: LiveView[Any], socket: LiveViewSocket[Any], visit: MountContext, resources: Resources
) -> None:
    """Run the callback, which may ask for parameters of the visit's URL; a nested view has none.

    Raises `BindingError`, and whatever the callback raises.
    """
    call = mount_caller(type(view))
    await _finished(call(view, socket, visit.location.params, resources))
    keep_names(socket)


async def handle_params(view: LiveView[Any], socket: LiveViewSocket[Any], visit: MountContext) -> None:
    """Runs the hooks and, unless one of them halts, the callback, if the view has one, for the visit's location.

    A nested view has no URL, so neither runs for it.
    """
    if not visit.routed:
        return
    if socket.hooks is None or not await _halted_before_params(socket.hooks, socket, visit):
        call = params_caller(type(view))
        if call is not None:
            location = visit.location
            await _finished(call(view, location.url, location.params, socket, resources_of(visit)))
    keep_names(socket)


async def reconnected(view: LiveView[Any], socket: LiveViewSocket[Any]) -> None:
    """The page is back, and the view as it was."""
    await _finished(off_loop(view.reconnected)(socket))
    keep_names(socket)


async def _halted_before_params(hooks: ViewHooks, socket: LiveViewSocket[Any], visit: MountContext) -> bool:
    location = visit.location
    return await hooks.before_params(location.url, location.params, socket, resources_of(visit)) is not None


async def after_render(socket: LiveViewSocket[Any], visit: MountContext) -> None:
    """Runs the hooks that want to know that the view has rendered."""
    if socket.hooks is not None:
        await socket.hooks.after_render(socket, resources_of(visit))


def keep_names(socket: LiveViewSocket[Any]) -> None:
    """What hooks have put into the context stays when the view replaces it. Called when a callback has returned."""
    if socket.hooks is not None:
        socket.hooks.keep_names(socket)


async def _finished(result: Awaitable[Any] | Any) -> Any:
    return await result if isawaitable(result) else result
