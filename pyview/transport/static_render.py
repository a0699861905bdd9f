"""Views during one HTTP request: the view of the page and the views nested in it, each rendered once."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlparse
from weakref import ReferenceType, ref

from starlette.exceptions import HTTPException
from starlette.types import Scope

from pyview.auth.connection import LiveConnection
from pyview.auth.guard import authorize, is_protected
from pyview.auth.identity import Identity
from pyview.auth.provider import Denied
from pyview.auth.redirects import page_path
from pyview.background.result import AsyncResult
from pyview.background.tasks import AsyncTasks
from pyview.background.timers import Timer
from pyview.binding import Params
from pyview.components.registry import ComponentRegistry
from pyview.events.info_event import InfoEvent
from pyview.live_view import LiveView
from pyview.middleware.headers import csp_nonce
from pyview.navigation import Navigate, Patch, Redirect
from pyview.presence.view_presence import ViewPresence
from pyview.process.app_context import AppContext
from pyview.process.nested import NestedTooDeep, nested_token
from pyview.pubsub.memory import broadcast_kept
from pyview.rendering import lifecycle
from pyview.rendering.lifecycle import Location, MountContext, MountTarget
from pyview.rendering.page_guard import PageGuard
from pyview.routing.live_session import LiveSession
from pyview.sessions.change import TOO_EARLY, SessionNotWritable
from pyview.socket.connect import ConnectData
from pyview.socket.runtime import ComponentTarget
from pyview.socket.socket import LiveViewSocket, UnconnectedSocket
from pyview.template.nested import MOST_DEEP, PAGE_PREFIX, Nested, NestedElement
from pyview.template.tree.stream import ShownItems
from pyview.tokens.page import Tokens
from pyview.uploads.registry import UploadRegistry

_NO_PARAMS = Params({})


class Redirected(Exception):
    """The view of the page, or one nested in it, redirects the browser."""

    def __init__(self, socket: UnconnectedSocket[Any], navigation: Navigate | Redirect) -> None:
        super().__init__(navigation.to)
        self.socket = socket
        self.navigation = navigation


@dataclass(slots=True)
class StaticRenderContext:
    """One HTTP request, read once, and the state that all views of its page share.

    `page` is the path and query as the browser shows them. `root_path` is the prefix that the application is mounted
    at. `protected` is True if a guard protects any view of the page: caches must not keep it then. `view_classes` are
    the classes of all views, in the order of their mounts, and `nested_ids` the element ids of the nested ones.
    """

    app: AppContext
    tokens: Tokens
    scope: Scope
    identity: Identity
    page_id: str
    page: str
    root_path: str
    csp_nonce: str | None
    connect_data: ConnectData
    protected: bool = False
    view_classes: dict[type[LiveView[Any]], None] = field(default_factory=dict)
    nested_ids: dict[str, None] = field(default_factory=dict)

    @classmethod
    def read(cls, app: AppContext, tokens: Tokens, scope: Scope) -> "StaticRenderContext":
        """Read the request of `scope`. Raises what `Identity.from_scope` raises."""
        return cls(
            app,
            tokens,
            scope,
            Identity.from_scope(scope),
            secrets.token_urlsafe(12),
            page_path(scope),
            scope.get("root_path", ""),
            csp_nonce(scope),
            ConnectData(scope, None, app.security.connect_headers),
        )

    @property
    def element_id(self) -> str:
        return PAGE_PREFIX + self.page_id


async def render_view(
    context: StaticRenderContext, mount_context: MountContext, parent_context: Any = None
) -> tuple[UnconnectedSocket[Any], str]:
    """Mount and render one view. Return its socket and its HTML.

    `parent_context` is the context of the view that this one is nested in. Raises `Redirected`, `BindingError`, and
    whatever a callback raises.
    """
    # A dict as an ordered set: the head links the files of each class once, in the order of the mounts.
    context.view_classes[mount_context.view_class] = None
    runtime = StaticRender(context, mount_context, parent_context)
    socket: UnconnectedSocket[Any] = UnconnectedSocket(
        runtime, context.identity, mount_context.flash, mount_context.shared
    )
    runtime.belong_to(socket)  # a weak reference, see StaticRender
    socket.csp_nonce = context.csp_nonce
    socket.connecting = context.connect_data
    resources = runtime.resources
    halted = await lifecycle.run_hooks(socket, mount_context)
    if halted is not None:
        raise Redirected(socket, halted)
    view = await lifecycle.create(mount_context, resources)
    await lifecycle.mount(view, socket, mount_context, resources)
    if socket.navigation is None:
        await lifecycle.handle_params(view, socket, mount_context)
    if socket.navigation is not None:
        raise Redirected(socket, socket.navigation)
    app = context.app
    renderer = lifecycle.renderer_of(view, mount_context, app.templates, app.context_processors)
    rendered = renderer.html(socket)
    html = rendered if isinstance(rendered, str) else await rendered
    await lifecycle.after_render(socket, mount_context)
    return socket, html


def plain_page(context: StaticRenderContext, live_session: LiveSession) -> MountContext:
    """Return the context of a page of Starlette, as the parent of the views in it."""
    route = context.app.nested.of(LiveView, live_session)
    location = Location(route, urlparse(context.page), context.page, _NO_PARAMS, {})
    guard = PageGuard(scopes=context.identity.scopes, page=context.page)
    target = MountTarget(context.element_id, context.page_id, page_guard=guard)
    return MountContext(location, context.identity, target)


async def render_nested(
    context: StaticRenderContext,
    child: Nested,
    parent: MountContext,
    parent_context: Any = None,
    *,
    alone: bool = False,
) -> str:
    """Render `child` in its element, nested in the view of `parent`, whose context is `parent_context`.

    `alone`: the page is not live, so the client joins the view by itself. Raises `HTTPException` if the user may not
    see the view, and what `render_view` raises.
    """
    # Checked first: a view that contains itself would go on until the stack overflows.
    if parent.target.depth >= MOST_DEEP:
        raise NestedTooDeep(child)
    mount_context = _nested_mount_context(context, child, parent)
    dom_id = mount_context.target.id
    child.check_new(dom_id, context.nested_ids)
    limit = context.app.security.max_topics
    if len(context.nested_ids) >= limit:
        raise RuntimeError(
            f"This page holds {len(context.nested_ids)} nested views, and one socket carries {limit} with the page's. "
            "Raise PyView(security=SecurityConfig(max_topics=...)), or make what repeats a live component: those share "
            "the process of their view."
        )
    # Before anything of the view runs: a template may nest a view that this user must not see.
    await _check_access(context, mount_context)
    socket, html = await render_view(context, mount_context, parent_context)
    flash = socket.flash if socket.has_flash else None
    attributes = _join_attributes(context, child, parent, dom_id, alone=alone)
    static = context.tokens.mint_flash_token(flash) if flash else ""
    return child.container(dom_id, {**attributes, "static": static}, html)


def _nested_mount_context(context: StaticRenderContext, child: Nested, parent: MountContext) -> MountContext:
    route = context.app.nested.of(child.view_class, parent.location.route.live_session)
    location = Location(route, parent.location.url, context.page, _NO_PARAMS, {})
    target = MountTarget(
        child.dom_id(parent.target.id),
        context.page_id,
        parent.target.depth + 1,
        child.sticky,
        page_guard=parent.nested_page_guard,
    )
    return MountContext(location, context.identity, target, extra_session=child.session)


def _join_attributes(
    context: StaticRenderContext, child: Nested, parent: MountContext, dom_id: str, *, alone: bool
) -> dict[str, str]:
    """Return the attributes by which the client joins the view.

    The client joins a root at once. It joins a child when the connected parent has rendered the child's token.
    """
    if not (alone or child.sticky):
        return {"session": "", "parent-id": parent.target.id}
    token = nested_token(child, parent, dom_id)
    signed = context.tokens.mint_nested_token(token, context.identity.binding)
    return {"session": signed, "sticky": ""} if child.sticky else {"session": signed}


async def _check_access(context: StaticRenderContext, mount_context: MountContext) -> None:
    view_class, group = mount_context.view_class, mount_context.location.route.live_session.requirement
    if not is_protected(view_class, context.scope, group):
        return
    context.protected = True
    # Providers are written for sockets (`has_required_auth(websocket)`), so they are asked about one here as well.
    connection = LiveConnection({**context.scope, "type": "websocket"}, context.page)
    verdict = await authorize(view_class, connection, group)
    if isinstance(verdict, Denied):
        if verdict.redirect is None:
            raise HTTPException(verdict.status)
        raise HTTPException(303, headers={"location": verdict.redirect, "cache-control": "no-store"})


class StaticRender:
    """Runtime of a view during one HTTP request. Nothing outlives the request, and a patch is a redirect.

    The socket owns its runtime, and the runtime holds a weak reference only. Without a reference cycle the memory of a
    page is freed as soon as the response is built, and not when the garbage collector runs.
    """

    _socket: "ReferenceType[UnconnectedSocket[Any]]"

    def __init__(
        self, context: StaticRenderContext, mount_context: MountContext, parent_context: Any
    ) -> None:
        self._context = context
        self._mount_context = mount_context
        self._parent_context = parent_context
        self.resources = lifecycle.resources_of(mount_context)
        self._uploads: UploadRegistry | None = None

    def belong_to(self, socket: UnconnectedSocket[Any]) -> None:
        self._socket = ref(socket)

    @property
    def socket(self) -> UnconnectedSocket[Any]:
        socket = self._socket()
        if socket is None:
            raise RuntimeError(
                "The page is rendered, and its socket is gone: use the socket during the request only."
            )
        return socket

    @property
    def uploads(self) -> UploadRegistry:
        """Rules of the uploads, for the template. Users choose files after the join."""
        if self._uploads is None:
            self._uploads = UploadRegistry(self._context.app.security)
        return self._uploads

    async def subscribe(self, topic: str) -> None:
        """Do nothing: the join subscribes."""

    async def unsubscribe(self, topic: str) -> None:
        """Do nothing: there is no subscription."""

    async def broadcast(self, topic: str, message: Any, keep: float) -> None:
        await broadcast_kept(self._context.app.pubsub, topic, message, keep)

    def presence(self) -> ViewPresence:
        return ViewPresence(self._context.app.presence, lambda: None)

    def schedule(self, event: Any, seconds: float, *, repeat: bool) -> Timer | None:
        return None

    def send_info(self, event: InfoEvent) -> None:
        """Do nothing: the join mounts the view again, which sends its own events."""

    def tasks(self) -> AsyncTasks:
        raise RuntimeError("A first render has no background tasks: check is_connected(socket) first.")

    async def run_in_process(self, cid: int | None, action: Callable[[], Any]) -> None:
        """Do nothing: there is no process."""

    async def call_handle_info(self, event: InfoEvent) -> None:
        """Do nothing: there is no process."""

    async def handle_async(self, socket: LiveViewSocket[Any], name: str, result: AsyncResult[Any]) -> None:
        """Do nothing: there is no background task."""

    def live_action(self) -> str | None:
        return self._mount_context.location.route.action

    def here(self) -> str:
        """Return the path and query of the page, the base of relative URLs."""
        return self._mount_context.location.page

    async def patch(self, patch: Patch) -> None:
        if not self._mount_context.routed:
            raise lifecycle.without_url(patch, self._mount_context)
        # The browser has no view yet whose URL could change without a request.
        self.socket.navigation = Redirect(patch.to)

    def make_components(self) -> ComponentRegistry:
        settings = self._context.app.component_settings()
        return ComponentRegistry(self.socket, self, settings, lambda: self.resources, _nothing)

    def send_update(self, target: ComponentTarget, assigns: dict[str, Any], seconds: float) -> Timer | None:
        """Do nothing: the page is rendered once, and the join makes its components again."""
        return None

    def send_view(self, event: str, payload: Any) -> None:
        """Do nothing: no event handler runs before the join."""

    def check_session_writable(self) -> None:
        raise SessionNotWritable(TOO_EARLY)

    @property
    def context_around(self) -> Any:
        return self._parent_context

    def check_is_page(self) -> None:
        lifecycle.check_is_page(self._mount_context)

    def nest(self, child: Nested) -> NestedElement:
        raise RuntimeError(
            f"{child.described} is rendered by `nested_html` in the first page, not by `nest`."
        )

    def show_items(self, shown: Sequence[ShownItems]) -> None:
        """Do nothing: no item leaves a page that is rendered once."""

    async def nested_html(self, child: Nested) -> str:
        return await render_nested(self._context, child, self._mount_context, self.socket.context)

    async def close(self) -> None:
        """Do nothing: the request ends by itself."""


def _nothing() -> None:
    """Do nothing: the page is rendered once."""
