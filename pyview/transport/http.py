"""The first render: one HTTP request through the lifecycle with the unconnected face."""

import logging
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import urlparse

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from pyview.auth.guard import guarded_response, is_protected
from pyview.auth.identity import Identity
from pyview.auth.redirects import page_path
from pyview.binding import BindingError
from pyview.flash import Flash
from pyview.live_render import Embedded
from pyview.live_view import LiveView
from pyview.middleware.browser_cookie import give_browser_cookie
from pyview.middleware.headers import cache_control, want_header
from pyview.navigation import Navigate, Redirect
from pyview.process.app_context import AppContext
from pyview.rendering.lifecycle import Location, MountContext, MountTarget
from pyview.routing.live_session import DEFAULT, LiveSession
from pyview.routing.routes import LiveRoute, url_params, view_key
from pyview.socket.socket import UnconnectedSocket
from pyview.template.container import Container
from pyview.template.markup import Pattern
from pyview.template.nested import Nested
from pyview.template.root_template import PageAttributes, RootTemplate, RootTemplateContext
from pyview.tokens.page import PageToken, Tokens
from pyview.transport.assets import ClientAssets, head_elements
from pyview.transport.static_render import (
    Redirected,
    StaticRenderContext,
    first_view,
    nested_html,
    plain_place,
)
from pyview.wire.form import TooManyFields

logger = logging.getLogger("pyview")

FLASH_COOKIE = "__phoenix_flash__"
STATUS_COOKIE = "__phoenix_reload_status__"

_ONCE = "pyview.once"
_CSRF_META = Pattern('<meta name="csrf-token" content="{csrf_token}">')


class LivePage:
    """Answers GET for every live route of one application."""

    def __init__(
        self,
        site: Callable[[], AppContext],
        tokens: Tokens,
        assets: ClientAssets,
        root_template: Callable[[], RootTemplate],
    ) -> None:
        self._get_site = site
        self._tokens = tokens
        self._assets = assets
        self._root_template = root_template

    @property
    def _site(self) -> AppContext:
        # Made at the first request: only then is everything configured.
        return self._get_site()

    def route(
        self,
        path: str,
        view_class: type[LiveView[Any]],
        live_session: LiveSession,
        name: str | None = None,
        action: str | None = None,
        container: Container | None = None,
    ) -> LiveRoute:
        """The route of `view_class` in `live_session`: their guards are asked anew for every request."""

        async def endpoint(request: Request) -> Response:
            async def page(inner: Request) -> Response:
                telemetry = self._site.telemetry
                if telemetry is None or not telemetry.configured:
                    return await self._respond(inner, route)
                with telemetry.page(view_class.__qualname__):
                    return await self._respond(inner, route)

            response: Response = await guarded_response(view_class, page, request, live_session.requirement)
            return response

        route = LiveRoute(path, view_class, endpoint, name, live_session, action, container)
        return route

    async def _respond(self, request: Request, route: LiveRoute) -> Response:
        self._check_reload(request)
        once = self._new_once(request)
        visit = self._visit(request, route, once)
        try:
            shown = await first_view(once, visit)
            content = await shown.html(self._site)
        except BindingError as error:
            raise _bad_request(visit, error) from None
        except Redirected as elsewhere:
            return self._redirect(elsewhere.socket, elsewhere.navigation)
        return self._page(request, once, visit, shown.socket, content)

    def _check_reload(self, request: Request) -> None:
        """Raises the `HTTPException` that the page's join has ended with."""
        token = request.cookies.get(STATUS_COOKIE)
        status = self._tokens.read_reload_token(token) if token else None
        if status is not None:
            # Said once: the next load of the page tries again.
            raise HTTPException(status, headers={"set-cookie": f"{STATUS_COOKIE}=; Max-Age=0; Path=/"})

    def _new_once(self, request: Request) -> StaticRenderContext:
        page_id, identity = secrets.token_urlsafe(12), Identity.from_scope(request.scope)
        return StaticRenderContext(self._site, self._tokens, request.scope, page_id, identity)

    def _once(self, request: Request) -> StaticRenderContext:
        """What the views share that are embedded in one page: there is one page id, however many it holds."""
        once: StaticRenderContext | None = request.scope.get(_ONCE)
        if once is None:
            once = request.scope[_ONCE] = self._new_once(request)
        return once

    async def embed(self, request: Request, child: Nested) -> Embedded:
        """`child` for a page that is not live itself. A view that wants the browser elsewhere raises `HTTPException`,
        as one does that its visitor may not see."""
        once = self._once(request)
        around = plain_place(once, DEFAULT)
        try:
            html = await nested_html(once, child, around, alone=True)
        except BindingError as error:
            raise _bad_request(around, error) from None
        except Redirected as elsewhere:
            response = self._redirect(elsewhere.socket, elsewhere.navigation)
            raise HTTPException(response.status_code, headers=dict(response.headers)) from None
        kept = cache_control(protected=once.protected, session=bool(once.identity.session))
        want_header(request.scope, "cache-control", kept)
        csrf = self._tokens.mint_csrf_token(once.page_id, once.identity.binding)
        root_path = _root_path(request)
        client = self._assets.head(root_path, once.csp_nonce)
        head = [_CSRF_META.fill(csrf_token=csrf), client, *self._files(once, root_path)]
        return Embedded(Markup(html), Markup("\n").join(head))  # noqa: S704  rendered by the view's template

    def _visit(self, request: Request, route: LiveRoute, once: StaticRenderContext) -> MountContext:
        location = self._location(request, route)
        carried = request.cookies.get(FLASH_COOKIE)
        flash = self._tokens.read_flash_token(carried) if carried else None
        place = MountTarget(once.element_id, once.page_id)
        return MountContext(location, once.identity, place, Flash(flash) if flash else None)

    def _location(self, request: Request, route: LiveRoute) -> Location:
        url = urlparse(str(request.url))
        try:
            params = url_params(url.query, request.path_params, self._site.security.max_form_fields)
        except TooManyFields as error:
            raise HTTPException(400, str(error)) from None
        return Location(route, url, page_path(request.scope), params, request.path_params)

    def _redirect(self, socket: UnconnectedSocket[Any], navigation: Navigate | Redirect) -> Response:
        status = navigation.status if isinstance(navigation, Redirect) else 302
        response = RedirectResponse(navigation.to, status)
        if socket.flash:
            token = self._tokens.mint_flash_token(socket.flash)
            response.set_cookie(FLASH_COOKIE, token, max_age=60, path="/", samesite="lax")
        return response

    def _page(
        self,
        request: Request,
        once: StaticRenderContext,
        visit: MountContext,
        socket: UnconnectedSocket[Any],
        content: str,
    ) -> Response:
        template = visit.location.route.live_session.root_template or self._root_template()
        document = template(self._context(request, once, visit, socket, content))
        group = visit.location.route.live_session.requirement
        guarded = once.protected or is_protected(visit.view_class, request.scope, group)
        caching = cache_control(protected=guarded, session=bool(visit.identity.session))
        response = HTMLResponse(document, headers={"cache-control": caching})
        for cookie in (FLASH_COOKIE, STATUS_COOKIE):
            if cookie in request.cookies:
                response.delete_cookie(cookie, path="/")
        give_browser_cookie(response, request.scope, visit.identity)
        return response

    def _context(
        self,
        request: Request,
        once: StaticRenderContext,
        visit: MountContext,
        socket: UnconnectedSocket[Any],
        content: str,
    ) -> RootTemplateContext:
        page_id, binding = once.page_id, visit.identity.binding
        route = visit.location.route
        token = PageToken(page_id, view_key(visit.view_class), route.live_session.name)
        root_path, nonce = _root_path(request), once.csp_nonce
        attributes = socket.page_attributes or PageAttributes()
        return {
            "id": page_id,
            "content": Markup(content),  # noqa: S704  the template engine has escaped it
            "container": route.container,
            "title": None if socket.live_title is None else str(socket.live_title),
            "csrf_token": self._tokens.mint_csrf_token(page_id, binding),
            "session": self._tokens.mint_page_token(token, binding),
            "static": self._tokens.mint_flash_token(socket.flash) if socket.flash else "",
            "additional_head_elements": [*attributes.elements(), *self._files(once, root_path)],
            "page": attributes,
            "live_path": f"{root_path}/live",
            "client_head": self._assets.head(root_path, nonce),
            "csp_nonce": nonce,
            "component_styles": self._assets.component_styles(root_path, nonce),
            "view": visit.view_class,
            "path": visit.location.page.partition("?")[0],
            "user": visit.identity.user,
            "session_data": visit.session,
        }

    def _files(self, once: StaticRenderContext, root_path: str) -> list[Markup]:
        """The scripts and style sheets beside all views of the page."""
        shown, nonce = map(self._site.templates.files.of, once.shown), once.csp_nonce
        return [element for files in shown for element in head_elements(files, root_path, nonce)]


def _root_path(request: Request) -> str:
    root_path: str = request.scope.get("root_path", "")
    return root_path


def _bad_request(visit: MountContext, error: BindingError) -> HTTPException:
    """The answer to parameters that cannot be converted."""
    logger.warning("%s: %s", visit.view_class.__qualname__, error)
    return HTTPException(400)
