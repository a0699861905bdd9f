"""Views during one HTTP request: the page's own, and those inside it, each through the lifecycle once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any, NamedTuple
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

_NOWHERE = Params({})


class Redirected(Exception):
    """A view sends the browser to another page, whichever view of the page it is."""

    def __init__(self, socket: UnconnectedSocket[Any], navigation: Navigate | Redirect) -> None:
        super().__init__(navigation.to)
        self.socket = socket
        self.navigation = navigation


@dataclass(slots=True)
class StaticRenderContext:
    """What all views of one HTTP request share. `protected`: whether anything guards one of the nested ones. `shown`
    are the classes of them all, each once, in the order in which they were mounted; `ids` those of the nested ones."""

    site: AppContext
    tokens: Tokens
    scope: Scope
    page_id: str
    identity: Identity
    protected: bool = False
    shown: dict[type[LiveView[Any]], None] = field(default_factory=dict)
    ids: dict[str, None] = field(default_factory=dict)

    @property
    def element_id(self) -> str:
        return PAGE_PREFIX + self.page_id

    @property
    def csp_nonce(self) -> str | None:
        return csp_nonce(self.scope)


class FirstView(NamedTuple):
    """A view that has been mounted, with its socket."""

    view: LiveView[Any]
    socket: UnconnectedSocket[Any]
    visit: MountContext

    async def html(self, site: AppContext) -> str:
        """What it shows. Raises `Redirected` if one inside it sends the browser away."""
        renderer = lifecycle.renderer_of(self.view, self.visit, site.templates, site.context_processors)
        rendered = renderer.html(self.socket)
        html = await rendered if isawaitable(rendered) else rendered
        await lifecycle.after_render(self.socket, self.visit)
        return html


async def first_view(request: StaticRenderContext, visit: MountContext, around: Any = None) -> FirstView:
    """Mount the view of `visit`; `around` is the context of the one that it is nested in.

    Raises `Redirected`, `BindingError`, and whatever a callback raises.
    """
    request.shown[visit.view_class] = None
    runtime = StaticRender(request, visit, around)
    socket: UnconnectedSocket[Any] = UnconnectedSocket(runtime, visit.identity, visit.flash, visit.shared)
    runtime.belong_to(socket)
    socket.csp_nonce = request.csp_nonce
    socket.connecting = ConnectData(request.scope, None, request.site.security.connect_headers)
    elsewhere = await lifecycle.run_hooks(socket, visit)
    if elsewhere is not None:
        raise Redirected(socket, elsewhere)
    view = await lifecycle.create(visit, runtime.resources)
    await lifecycle.mount(view, socket, visit, runtime.resources)
    if socket.navigation is None:
        await lifecycle.handle_params(view, socket, visit)
    if socket.navigation is not None:
        raise Redirected(socket, socket.navigation)
    return FirstView(view, socket, visit)


def plain_place(request: StaticRenderContext, live_session: LiveSession) -> MountContext:
    """A page of Starlette, as what stands around the views in it."""
    page = page_path(request.scope)
    around = PageGuard(scopes=request.identity.scopes, page=page)
    nowhere = request.site.nested.of(LiveView, live_session)
    location = Location(nowhere, urlparse(page), page, _NOWHERE, {})
    return MountContext(
        location, request.identity, MountTarget(request.element_id, request.page_id, around=around)
    )


async def nested_html(
    request: StaticRenderContext,
    child: Nested,
    around: MountContext,
    context: Any = None,
    *,
    alone: bool = False,
) -> str:
    """`child` in its element, within the view of `around`, whose context is `context`. `alone`: on a page that is not
    live, it is joined by itself.

    Raises `HTTPException` for somebody who may not see it, and what `first_view` raises.
    """
    if around.place.depth >= MOST_DEEP:
        raise NestedTooDeep(child)
    visit = _visit(request, child, around)
    child.check_new(visit.place.id, request.ids)
    _check_room(request)
    await _check_access(request, visit)
    shown = await first_view(request, visit, context)
    content = await shown.html(request.site)
    flash = shown.socket.flash if shown.socket.has_flash else None
    marks = _marks(request, child, around, visit, alone=alone)
    static = request.tokens.mint_flash_token(flash) if flash else ""
    return child.container(visit.place.id, {**marks, "static": static}, content)


def _check_room(request: StaticRenderContext) -> None:
    most = request.site.security.max_topics
    if len(request.ids) >= most:
        raise RuntimeError(
            f"This page holds {len(request.ids)} nested views, and one socket carries {most} with the page's. "
            "Raise PyView(security=SecurityConfig(max_topics=...)), or make what repeats a live component: those share "
            "the process of their view."
        )


def _visit(request: StaticRenderContext, child: Nested, around: MountContext) -> MountContext:
    route = request.site.nested.of(child.view_class, around.location.route.live_session)
    outside = around.location
    location = Location(route, outside.url, outside.page, _NOWHERE, {})
    place = MountTarget(
        child.dom_id(around.place.id),
        request.page_id,
        around.place.depth + 1,
        child.sticky,
        around=around.surroundings,
    )
    return MountContext(location, request.identity, place, given=child.session)


def _marks(
    request: StaticRenderContext, child: Nested, around: MountContext, visit: MountContext, *, alone: bool
) -> dict[str, str]:
    """The client joins a root at once; a child when the connected view around it says with which token."""
    if not (alone or child.sticky):
        return {"session": "", "parent-id": around.place.id}
    token = nested_token(child, around, visit.place.id)
    signed = request.tokens.mint_nested_token(token, request.identity.binding)
    return {"session": signed, "sticky": ""} if child.sticky else {"session": signed}


async def _check_access(request: StaticRenderContext, visit: MountContext) -> None:
    group = visit.location.route.live_session.requirement
    request.protected = request.protected or is_protected(visit.view_class, request.scope, group)
    connection = LiveConnection({**request.scope, "type": "websocket"}, visit.location.page)
    verdict = await authorize(visit.view_class, connection, group)
    if isinstance(verdict, Denied):
        if verdict.redirect is None:
            raise HTTPException(verdict.status)
        raise HTTPException(303, headers={"location": verdict.redirect, "cache-control": "no-store"})


class StaticRender:
    """The runtime of a view during one HTTP request: nothing outlives it, a patch is a redirect.

    Its socket owns it, and not the other way round, so that a page that is done goes at once and leaves nothing to the
    garbage collector.
    """

    _socket: "ReferenceType[UnconnectedSocket[Any]]"

    def __init__(self, request: StaticRenderContext, visit: MountContext, around: Any) -> None:
        self._request = request
        self._visit = visit
        self._around = around
        self.resources = lifecycle.resources_of(visit)
        self._uploads: UploadRegistry | None = None

    def belong_to(self, socket: UnconnectedSocket[Any]) -> None:
        self._socket = ref(socket)

    @property
    def socket(self) -> UnconnectedSocket[Any]:
        socket = self._socket()
        if socket is None:
            raise RuntimeError("the page has been made, and its socket is gone")
        return socket

    @property
    def uploads(self) -> UploadRegistry:
        """What is allowed and shown; files are chosen after the join."""
        if self._uploads is None:
            self._uploads = UploadRegistry(self._request.site.security)
        return self._uploads

    async def subscribe(self, topic: str) -> None:
        """There is no browser yet to show it to; the join subscribes."""

    async def unsubscribe(self, topic: str) -> None:
        """Nothing was subscribed."""

    async def broadcast(self, topic: str, message: Any) -> None:
        await self._request.site.pubsub.broadcast(topic, message)

    def presence(self) -> ViewPresence:
        return ViewPresence(self._request.site.presence, lambda: None)

    def schedule(self, event: Any, seconds: float, *, repeat: bool) -> Timer | None:
        return None

    def send_info(self, event: InfoEvent) -> None:
        """The join mounts again, and sends its own."""

    def tasks(self) -> AsyncTasks:
        raise RuntimeError("nothing goes on beside a first render: its socket is not connected")

    async def run_in_process(self, cid: int | None, action: Callable[[], Any]) -> None:
        """Nobody is there to hear it."""

    async def call_handle_info(self, event: InfoEvent) -> None:
        """Nobody is there to hear it."""

    async def handle_async(self, socket: LiveViewSocket[Any], name: str, result: AsyncResult[Any]) -> None:
        """Nothing was started."""

    def live_action(self) -> str | None:
        return self._visit.location.route.action

    def here(self) -> str:
        """Path and query of the page, which relative addresses count from."""
        return self._visit.location.page

    async def patch(self, wish: Patch) -> None:
        if not self._visit.routed:
            raise lifecycle.without_url(wish, self._visit)
        self.socket.navigation = Redirect(wish.to)

    def make_components(self) -> ComponentRegistry:
        settings = self._request.site.component_settings()
        return ComponentRegistry(self.socket, self, settings, lambda: self.resources, _nothing)

    def send_update(self, target: ComponentTarget, assigns: dict[str, Any], seconds: float) -> Timer | None:
        """The page is made once; the join makes its components anew."""
        return None

    def send_view(self, event: str, payload: Any) -> None:
        """No handler of an event runs before there is a browser."""

    def check_session_writable(self) -> None:
        raise SessionNotWritable(TOO_EARLY)

    @property
    def context_around(self) -> Any:
        return self._around

    def check_is_page(self) -> None:
        lifecycle.check_is_page(self._visit)

    def nest(self, child: Nested) -> NestedElement:
        raise RuntimeError(
            f"{child.described} has its own HTML in the first page, so no element of it is needed yet."
        )

    def show_items(self, shown: Sequence[ShownItems]) -> None:
        """The page is made once: no item goes."""

    async def nested_html(self, child: Nested) -> str:
        return await nested_html(self._request, child, self._visit, self.socket.context)

    async def close(self) -> None:
        """The request ends by itself."""


def _nothing() -> None:
    """Nobody waits for a second render of the page."""
