"""Callbacks of a view in their order: hooks, creation, mount, handle_params, render.

The first page over HTTP and the process of a joined view call the same functions, so that user code runs alike in both.
"""

from collections.abc import Awaitable, Mapping, Sequence
from inspect import isawaitable
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import ParseResult

from pyview.auth.identity import Identity
from pyview.binding import Params, Resources, create_view, mount_caller, params_caller
from pyview.flash import Flash
from pyview.hooks import ViewHooks
from pyview.keeping.snapshot import KeptSnapshot
from pyview.live_view import LiveView
from pyview.meta import ContextProcessor
from pyview.navigation import Navigate, Patch, Redirect
from pyview.rendering.page_guard import NO_GUARD, PageGuard
from pyview.rendering.renderers import Renderer, renderer_for
from pyview.rendering.templates import ViewTemplates
from pyview.routing.routes import LiveRoute, NestedRoute
from pyview.sessions.session import ReadOnlySession, with_shared
from pyview.socket.connect import ConnectData
from pyview.socket.socket import FirstSocket, LiveViewSocket
from pyview.threads import in_thread, off_loop
from pyview.uploads.registry import UploadRegistry

NO_VALUES: Final[Mapping[str, Any]] = MappingProxyType({})
"""One empty mapping for all views: an own one per joined view would cost memory."""


class Location(NamedTuple):
    """URL of this site, resolved to its route. `page` is its path and query, percent-encoded.

    A nested view has a route of its own, and the URL of the page around it.
    """

    route: LiveRoute | NestedRoute
    url: ParseResult
    page: str
    params: Params
    path_params: Mapping[str, Any]


class AccessGuard(Protocol):
    """Access check of a joined view, whose user may sign out or lose a scope while the view is shown."""

    @property
    def identity(self) -> Identity: ...
    def is_fresh(self) -> bool: ...
    async def allows(self, location: Location, *, fresh: bool) -> bool: ...
    async def admits(self, location: Location) -> bool: ...
    def log_denied(self, event: str) -> None: ...


class Parent(Protocol):
    """Running view that a nested view is in, and ends with."""

    @property
    def context(self) -> Any: ...
    def adopt(self, child: Any) -> bool: ...
    def release(self, child: Any) -> None: ...
    def forget(self, dom_id: str) -> None: ...


class MountTarget(NamedTuple):
    """Element that a view is mounted in.

    `id` is the id of the element. `page_id` is the id of the page, which the CSRF token may be bound to. `depth` is the
    number of views around this one. `awaited`: the client shows the parent only when this view has joined.
    `page_guard` holds the guards of the views around this one.
    """

    id: str
    page_id: str
    depth: int = 0
    sticky: bool = False
    parent: Parent | None = None
    awaited: bool = False
    page_guard: PageGuard = NO_GUARD


class Visit(NamedTuple):
    """Origin of a join: one load of a page in one browser.

    `load_id` is random text of our client for each load, `joins` the number of earlier joins of this view that the page
    counted, 0 for a view that keeps nothing. `token` is the state that the browser carries, `worker` the id of the
    worker of the last join. `received` is the number of messages that the page got on its last join. `returns` is True
    for a view that comes back, and False for one that live navigation leads to. `mounts` is the number of earlier joins
    of this view, whether it keeps something or not.
    """

    load_id: str = ""
    browser: str = ""
    joins: int = 0
    token: str = ""
    worker: str = ""
    received: int = 0
    returns: bool = False
    mounts: int = 0


NO_VISIT: Final = Visit()


class FirstMount(NamedTuple):
    """A view that was mounted for the HTTP response, and can go on as the joined view. `uploads` are its rules."""

    view: LiveView[Any]
    socket: FirstSocket[Any]
    uploads: UploadRegistry | None


class MountContext(NamedTuple):
    """Everything that a view is mounted with: the URL, the user, and the element.

    `guard` is None for a view that every visitor may see at any time. `extra_session` is the session that the template
    around a nested view passes to it. `kept` is the state that the page had at another worker. `first` is the view of
    the HTTP response, if it goes on.
    """

    location: Location
    identity: Identity
    target: MountTarget
    flash: Flash | None = None
    guard: AccessGuard | None = None
    extra_session: Mapping[str, Any] = NO_VALUES
    csp_nonce: str | None = None
    connecting: ConnectData | None = None
    visit: Visit = NO_VISIT
    kept: KeptSnapshot | None = None
    first: FirstMount | None = None

    @property
    def lasting(self) -> "MountContext":
        """The context without what only the join needs. An open page must not hold it: it may be large."""
        visit = self.visit._replace(token="") if self.visit.token else self.visit
        # Not `_replace`, which takes three times as long: each join does this.
        return MountContext(
            self.location,
            self.identity,
            self.target,
            self.flash,
            self.guard,
            self.extra_session,
            self.csp_nonce,
            visit=visit,
        )

    def with_first(self, first: FirstMount) -> "MountContext":
        """Return the context with the view of the HTTP response."""
        return MountContext(*self[:-1], first)

    @property
    def view_class(self) -> type[LiveView[Any]]:
        return self.location.route.view_class

    @property
    def shared(self) -> Mapping[str, Any]:
        """Values that the live session, and the template around a nested view, add to the session."""
        shared = self.location.route.live_session.shared
        return {**shared, **self.extra_session} if self.extra_session else shared

    @property
    def routed(self) -> bool:
        """True for a view with a URL of its own, False for a nested one."""
        return isinstance(self.location.route, LiveRoute)

    @property
    def nested_page_guard(self) -> PageGuard:
        """Guards of the views nested in this one: those around this view, and its own."""
        location = self.location
        return self.target.page_guard.with_view(location.route, location.page, location.path_params)

    @property
    def session(self) -> ReadOnlySession:
        """Session that `mount` receives."""
        return with_shared(self.identity.session, self.shared)


def without_url(patch: Patch, mount_context: MountContext) -> ValueError:
    """Return the error for a nested view that patches its URL."""
    return ValueError(
        f"push_patch({patch.to!r}): {mount_context.view_class.__qualname__} is nested and has no URL of its own. Call "
        "push_navigate() to leave the page, or broadcast to the view around it, which can patch its URL."
    )


def check_is_page(mount_context: MountContext) -> None:
    """Raise `ValueError` for a nested view, which does not own the document."""
    if not mount_context.routed:
        raise ValueError(
            f"socket.page: {mount_context.view_class.__qualname__} is nested, and the document belongs to the view "
            "around it. Broadcast to that view, which can set socket.page."
        )


async def load_templates(mount_context: MountContext, templates: ViewTemplates) -> None:
    """Compile what a view needs, before the first page of its class. Await it unless the class is in `loaded`.

    In a thread: it may take a third of a second, in which no other page of the worker would get an answer.
    """
    groups = (mount_context.location.route.live_session.layout,) if mount_context.routed else ()
    await in_thread(templates.load, mount_context.view_class, *groups)


def renderer_of(
    view: LiveView[Any],
    mount_context: MountContext,
    templates: ViewTemplates,
    processors: Sequence[ContextProcessor],
) -> Renderer:
    """Return the renderer of `view`. Only a view with a URL has a layout: a nested view is inside that of its page."""
    layout = None
    if mount_context.routed:
        layout = templates.layout_for(
            mount_context.view_class, mount_context.location.route.live_session.layout
        )
    return renderer_for(view, templates, processors, layout)


def resources_of(mount_context: MountContext) -> Resources:
    """Return the values that handlers may have injected. All of them come from the server."""
    identity = mount_context.identity
    return Resources(
        session=mount_context.session,
        user=identity.user,
        auth=identity.auth,
        url=mount_context.location.url,
    )


async def run_hooks(socket: LiveViewSocket[Any], mount_context: MountContext) -> Navigate | Redirect | None:
    """Run the `on_mount` hooks of the live session and of the view. Return the redirect if a hook halts.

    They run before the view is created, so that a user who is redirected costs no view. Raises `HaltedNowhere`,
    `BindingError` and whatever a hook raises; the view is not mounted then.
    """
    for hook in mount_context.location.route.hooks:
        if await hook.halts(socket, mount_context.location.params, resources_of(mount_context)):
            return socket.navigation
    if isinstance(socket.context, dict) and socket.context:
        # Names that hooks assigned stay in the context when `mount` replaces it.
        socket.hooks = socket.hooks or ViewHooks()
        socket.hooks.remember_names(socket)
    return None


def create(mount_context: MountContext, resources: Resources) -> Awaitable[LiveView[Any]]:
    return create_view(mount_context.view_class, resources)


async def mount(
    view: LiveView[Any], socket: LiveViewSocket[Any], mount_context: MountContext, resources: Resources
) -> None:
    """Call `mount`, which may ask for parameters of the URL; a nested view has none.

    Raises `BindingError`, and whatever the callback raises.
    """
    result = mount_caller(type(view))(view, socket, mount_context.location.params, resources)
    if isawaitable(result):
        await result
    if socket.hooks is not None:
        keep_names(socket)


async def handle_params(
    view: LiveView[Any], socket: LiveViewSocket[Any], mount_context: MountContext
) -> None:
    """Run the hooks and, unless one of them halts, `handle_params` of the view, if it has one.

    A nested view has no URL, so neither runs for it.
    """
    if not mount_context.routed:
        return
    location, hooks, call = mount_context.location, socket.hooks, params_caller(type(view))
    if hooks is None and call is None:
        return
    # Made for each callback: a view that changes a list in its session must not change what the next one gets.
    resources = resources_of(mount_context)
    if (
        hooks is not None
        and await hooks.before_params(location.url, location.params, socket, resources) is not None
    ):
        call = None
    if call is not None:
        result = call(view, location.url, location.params, socket, resources)
        if isawaitable(result):
            await result
    keep_names(socket)


async def reconnected(view: LiveView[Any], socket: LiveViewSocket[Any]) -> None:
    """Call `reconnected`: the page has joined again and goes on with this view."""
    # A plain `def` runs in a worker thread: it may block, and all views share the event loop.
    result = off_loop(view.reconnected)(socket)
    if isawaitable(result):
        await result
    keep_names(socket)


async def restored(view: LiveView[Any], socket: LiveViewSocket[Any]) -> None:
    """Call `restored`: what the page had kept is laid over the context."""
    result = off_loop(view.restored)(socket)
    if isawaitable(result):
        await result
    keep_names(socket)


def has_disconnect(view: LiveView[Any]) -> bool:
    """Return True if the view, its class or a base class has a `disconnect` of its own."""
    return getattr(view.disconnect, "__func__", None) is not LiveView.disconnect


async def after_render(socket: LiveViewSocket[Any], mount_context: MountContext) -> None:
    """Run the `after_render` hooks."""
    if socket.hooks is not None:
        await socket.hooks.after_render(socket, resources_of(mount_context))


def keep_names(socket: LiveViewSocket[Any]) -> None:
    """Put names that hooks assigned back into the context, which a callback may have replaced."""
    if socket.hooks is not None:
        socket.hooks.keep_names(socket)
