"""Views during one HTTP request: the view of the page and the views nested in it, each rendered once."""

import os
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlparse

from starlette.exceptions import HTTPException
from starlette.types import Scope

from pyview.auth.connection import LiveConnection
from pyview.auth.guard import authorize, is_protected
from pyview.auth.identity import Identity
from pyview.auth.provider import Denied
from pyview.binding import Params
from pyview.live_view import LiveView
from pyview.middleware.headers import csp_nonce
from pyview.navigation import Navigate, Redirect
from pyview.process.app_context import AppContext
from pyview.process.nested import NestedTooDeep, nested_token
from pyview.rendering import lifecycle
from pyview.rendering.lifecycle import Location, MountContext, MountTarget
from pyview.rendering.page_guard import PageGuard
from pyview.routing.live_session import LiveSession
from pyview.socket.connect import ConnectData
from pyview.socket.socket import FirstSocket
from pyview.template.nested import MOST_DEEP, PAGE_PREFIX, Nested
from pyview.tokens.page import Tokens
from pyview.tokens.secrets import url_safe
from pyview.transport.static_runtime import StaticRender

_NO_PARAMS = Params({})


class Redirected(Exception):
    """The view of the page, or one nested in it, redirects the browser."""

    def __init__(self, socket: FirstSocket[Any], navigation: Navigate | Redirect) -> None:
        super().__init__(navigation.to)
        self.socket = socket
        self.navigation = navigation


@dataclass(slots=True)
class StaticRenderContext:
    """One HTTP request, read once, and the state that all views of its page share.

    `page` is the path and query as the browser shows them. `root_path` is the prefix that the application is mounted
    at. `protected` is True if a guard protects any view of the page: caches must not keep it then. `view_classes` are
    the classes of all views, in the order of their mounts, and `nested_ids` the element ids of the nested ones.
    `rendered` collects the views that may go on when the page joins; it is None if none is to go on.
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
    rendered: "list[RenderedView] | None" = None

    @classmethod
    def read(cls, app: AppContext, tokens: Tokens, scope: Scope, page: str) -> "StaticRenderContext":
        """Read the request of `scope`, which is for `page`. Raises what `Identity.from_scope` raises."""
        return cls(
            app,
            tokens,
            scope,
            Identity.from_scope(scope),
            _new_page_id(),
            page,
            scope.get("root_path", ""),
            csp_nonce(scope),
            ConnectData(scope, None, app.security.connect_headers),
        )

    @property
    def element_id(self) -> str:
        return PAGE_PREFIX + self.page_id


def _new_page_id() -> str:
    # What `secrets.token_urlsafe(12)` returns, in a third of its time.
    return url_safe(os.urandom(12)).decode()


class RenderedView(NamedTuple):
    """A view of the page, mounted and rendered, and what it was mounted with."""

    view: LiveView[Any]
    socket: FirstSocket[Any]
    mount_context: MountContext
    runtime: StaticRender


async def render_view(
    context: StaticRenderContext, mount_context: MountContext, parent_context: Any = None
) -> tuple[FirstSocket[Any], str]:
    """Mount and render one view. Return its socket and its HTML.

    `parent_context` is the context of the view that this one is nested in. Raises `Redirected`, `BindingError`, and
    whatever a callback raises.
    """
    # A dict as an ordered set: the head links the files of each class once, in the order of the mounts.
    context.view_classes[mount_context.view_class] = None
    variables = None if context.rendered is None else copy_context()
    runtime = StaticRender(context.app, mount_context, parent_context, partial(render_nested, context))
    socket: FirstSocket[Any] = FirstSocket(
        runtime, context.identity, mount_context.flash, mount_context.shared
    )
    runtime.belong_to(socket)  # a weak reference, see StaticRender
    socket.csp_nonce = context.csp_nonce
    socket.connecting = context.connect_data
    resources = runtime.resources
    if mount_context.location.route.hooks:
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
    if mount_context.view_class not in app.templates.loaded:
        await lifecycle.load_templates(mount_context, app.templates)
    renderer = lifecycle.renderer_of(view, mount_context, app.templates, app.context_processors)
    rendered = renderer.html(socket)
    html = rendered if isinstance(rendered, str) else await rendered
    if socket.hooks is not None:
        await lifecycle.after_render(socket, mount_context)
    if context.rendered is not None and _left_no_trace(socket, variables):
        context.rendered.append(RenderedView(view, socket, mount_context, runtime))
    return socket, html


def _left_no_trace(socket: FirstSocket[Any], variables: Context | None) -> bool:
    """Return True if the render has changed nothing that the first render of the joined page needs.

    `variables` are the context variables as they were before the mount.
    """
    # What such a hook changes is for the second render. The browser gets the page of the first one twice.
    if socket.hooks is not None and socket.hooks.has("after_render"):
        return False
    try:
        # The tasks of a joined view would not have the new value.
        return variables == copy_context()
    except Exception:  # values may have an equality of their own, such as that of arrays
        return False


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
