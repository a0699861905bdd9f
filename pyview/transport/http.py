"""First page over HTTP: one GET of a live route, answered with the HTML document around the rendered view.

A request passes here once from top to bottom: `StaticRenderContext` reads it, the view is rendered, and the document
with the tokens of the page is built at the end.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from pyview.auth.guard import guarded_response, is_protected
from pyview.auth.redirects import page_path
from pyview.binding import BindingError
from pyview.flash import Flash
from pyview.live_render import Embedded
from pyview.live_view import LiveView
from pyview.middleware.headers import (
    browser_of,
    cache_control,
    cookies_of,
    set_browser_cookie,
    want_header,
)
from pyview.navigation import Redirect
from pyview.observability.telemetry import Telemetry
from pyview.process.app_context import AppContext
from pyview.rendering.lifecycle import MountContext, MountTarget
from pyview.routing.live_session import DEFAULT, LiveSession
from pyview.routing.routes import LiveRoute, view_key
from pyview.socket.socket import UnconnectedSocket
from pyview.template.container import Container
from pyview.template.markup import Pattern, as_markup
from pyview.template.nested import Nested
from pyview.template.root_template import PageAttributes, RootTemplate, RootTemplateContext
from pyview.tokens.page import PageToken, Tokens
from pyview.transport.assets import ClientAssets, head_elements
from pyview.transport.first_views import FirstViews
from pyview.transport.page_locations import PageLocations
from pyview.transport.static_render import (
    Redirected,
    StaticRenderContext,
    plain_page,
    render_nested,
    render_view,
)

logger = logging.getLogger("pyview")

# The client sets both cookies itself before it loads a page, so their names are those of the client.
FLASH_COOKIE = "__phoenix_flash__"
STATUS_COOKIE = "__phoenix_reload_status__"

FAILURE = "pyview.failure"
"""Key of a scope for the exception of a page that `DirectPages` has rendered: its route raises it again."""

_EMBEDDING = "pyview.static_render_context"  # scope key
_CONTENT_TYPE = (b"content-type", b"text/html; charset=utf-8")
_CSRF_META = Pattern('<meta name="csrf-token" content="{csrf_token}">')


class LivePage:
    """Answers GET for every live route of one application.

    `app_context` and `root_template` are called for each request: the application makes its context at the first
    request, when everything is configured, and users may assign another root template at any time.
    """

    def __init__(
        self,
        app_context: Callable[[], AppContext],
        tokens: Tokens,
        assets: ClientAssets,
        root_template: Callable[[], RootTemplate],
        first_views: FirstViews,
    ) -> None:
        self._app_context = app_context
        self._first_views = first_views
        self._tokens = tokens
        self._assets = assets
        self._root_template = root_template

    def route(
        self,
        path: str,
        view_class: type[LiveView[Any]],
        live_session: LiveSession,
        name: str | None = None,
        action: str | None = None,
        container: Container | None = None,
    ) -> LiveRoute:
        """Return the route of `view_class` in `live_session`. Its guards are asked again for every request."""

        endpoint = PageEndpoint(self)
        route = endpoint.route = LiveRoute(path, view_class, endpoint, name, live_session, action, container)
        return route

    def respond(
        self, route: LiveRoute, locations: PageLocations, scope: Scope, receive: Receive, send: Send
    ) -> Awaitable[Response]:
        """Return the page of `route`, or what its guards answer instead."""
        # Guards may change after the route was added, so they are looked up here. Most pages have none.
        if is_protected(route.view_class, scope, route.live_session.requirement):
            return self._guarded(route, locations, Request(scope, receive, send))
        return self._answer(route, locations, scope, protected=False)

    async def _guarded(self, route: LiveRoute, locations: PageLocations, request: Request) -> Response:
        async def page(request: Request) -> Response:
            return await self._answer(route, locations, request.scope, protected=True)

        requirement = route.live_session.requirement
        response: Response = await guarded_response(route.view_class, page, request, requirement)
        return response

    def _answer(
        self, route: LiveRoute, locations: PageLocations, scope: Scope, *, protected: bool
    ) -> Awaitable[Response]:
        # Without telemetry one coroutine makes the page: each more costs 1 % of a small page.
        app = self._app_context()
        telemetry = app.telemetry
        page = self._respond(app, route, locations, scope, protected=protected)
        if telemetry is None or not telemetry.configured:
            return page
        return _traced(telemetry, route, page)

    async def _respond(
        self, app: AppContext, route: LiveRoute, locations: PageLocations, scope: Scope, *, protected: bool
    ) -> Response:
        cookies = cookies_of(scope)
        if STATUS_COOKIE in cookies:
            self._raise_status(cookies[STATUS_COOKIE])
        location = locations.of(scope, route, app.security.max_form_fields)
        context = StaticRenderContext.read(app, self._tokens, scope, location.page)
        context.protected = protected
        flash = self._tokens.read_flash_token(cookies[FLASH_COOKIE]) if FLASH_COOKIE in cookies else None
        mount_context = MountContext(
            location,
            context.identity,
            MountTarget(context.element_id, context.page_id),
            Flash(flash) if flash else None,
        )
        # A message of another page is shown by this mount only, since its cookie is used up then.
        if not flash and self._first_views.expects_join(scope):
            context.rendered = []
        try:
            socket, html = await render_view(context, mount_context)
        except BindingError as error:
            raise _bad_request(mount_context, error) from None
        except Redirected as redirected:
            return self._redirect(redirected)
        return self._page(context, mount_context, socket, html, cookies)

    def _raise_status(self, token: str) -> None:
        """Raise the error that the last join of the page failed with, if `token` names one."""
        status = self._tokens.read_reload_token(token)
        if status is not None:
            # The cookie is deleted, so that the next load tries again.
            raise HTTPException(status, headers={"set-cookie": f"{STATUS_COOKIE}=; Max-Age=0; Path=/"})

    def _page(
        self,
        context: StaticRenderContext,
        mount_context: MountContext,
        socket: UnconnectedSocket[Any],
        html: str,
        cookies: Mapping[str, str],
    ) -> Response:
        template = mount_context.location.route.live_session.root_template or self._root_template()
        document = template(self._root_context(context, mount_context, socket, html))
        caching = cache_control(protected=context.protected, session=bool(context.identity.session))
        response = PageResponse(document, caching)
        # Both are shown once: a reload must not repeat the message or the status.
        for cookie in (FLASH_COOKIE, STATUS_COOKIE):
            if cookie in cookies:
                response.delete_cookie(cookie, path="/")
        browser = set_browser_cookie(response, context.scope, context.identity)
        if context.rendered:
            self._first_views.keep(context.rendered, browser)
        return response

    def _root_context(
        self,
        context: StaticRenderContext,
        mount_context: MountContext,
        socket: UnconnectedSocket[Any],
        html: str,
    ) -> RootTemplateContext:
        tokens, page_id, binding = self._tokens, context.page_id, context.identity.binding
        root_path, nonce, location = context.root_path, context.csp_nonce, mount_context.location
        route, attributes = location.route, socket.page_attributes or PageAttributes()
        head = self._assets.head_elements(root_path, nonce)
        page_token = PageToken(page_id, view_key(route.view_class), route.live_session.name)
        return {
            "id": page_id,
            "content": as_markup(html),  # the template engine has escaped it
            "container": route.container,
            "title": None if socket.live_title is None else str(socket.live_title),
            # The tokens are made last: a view that redirects or fails costs none.
            "csrf_token": tokens.mint_csrf_token(page_id, binding),
            "session": tokens.mint_page_token(page_token, binding),
            "static": tokens.mint_flash_token(socket.flash) if socket.has_flash else "",
            "additional_head_elements": attributes.elements() + _file_elements(context),
            "page": attributes,
            "live_path": f"{root_path}/live",
            "client_head": head.client,
            "client_script": head.script,
            "default_style": head.default_style,
            "csp_nonce": nonce,
            "component_styles": head.component_styles,
            "view": route.view_class,
            "path": location.page.partition("?")[0],
            "user": context.identity.user,
            "session_data": mount_context.session,
        }

    async def embed(self, request: Request, child: Nested) -> Embedded:
        """Render `child` for a page that is not live itself.

        Raises `HTTPException` if the user may not see the view, or if the view redirects the browser.
        """
        context: StaticRenderContext | None = request.scope.get(_EMBEDDING)
        if context is None:
            # All views of one page share one page id, and so one CSRF token.
            page_url = page_path(request.scope)
            context = StaticRenderContext.read(self._app_context(), self._tokens, request.scope, page_url)
            request.scope[_EMBEDDING] = context
        if self._first_views.expects_join(context.scope):
            context.rendered = []
        page = plain_page(context, DEFAULT)
        try:
            html = await render_nested(context, child, page, alone=True)
        except BindingError as error:
            raise _bad_request(page, error) from None
        except Redirected as redirected:
            response = self._redirect(redirected)
            raise HTTPException(response.status_code, headers=dict(response.headers)) from None
        if context.rendered:
            visitor = "session" in context.scope and not context.identity.binding
            self._first_views.keep(context.rendered, browser_of(context.scope) if visitor else "")
        caching = cache_control(protected=context.protected, session=bool(context.identity.session))
        want_header(request.scope, "cache-control", caching)
        csrf = self._tokens.mint_csrf_token(context.page_id, context.identity.binding)
        client = self._assets.head(context.root_path, context.csp_nonce)
        head = [_CSRF_META.fill(csrf_token=csrf), client, *_file_elements(context)]
        return Embedded(Markup(html), Markup("\n").join(head))  # noqa: S704  rendered by the view's template

    def _redirect(self, redirected: Redirected) -> Response:
        socket, navigation = redirected.socket, redirected.navigation
        status = navigation.status if isinstance(navigation, Redirect) else 302
        response = RedirectResponse(navigation.to, status)
        if socket.flash:
            token = self._tokens.mint_flash_token(socket.flash)
            # As long as the client's own cookie: the next request follows at once.
            response.set_cookie(FLASH_COOKIE, token, max_age=60, path="/", samesite="lax")
        return response


class PageEndpoint:
    """ASGI application of one live route.

    Starlette treats it as an application, because it is no function: for those it makes a `Request` and three functions
    at each request, which cost 4 % of a small page.
    """

    route: LiveRoute

    def __init__(self, pages: LivePage) -> None:
        self._pages = pages
        self._locations = PageLocations()

    def respond(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[Response]:
        return self._pages.respond(self.route, self._locations, scope, receive, send)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if FAILURE in scope:
            raise scope.pop(FAILURE)
        response = await self.respond(scope, receive, send)
        await response(scope, receive, send)


class PageResponse(HTMLResponse):
    """HTML document of a page. Its headers are known, so they are not looked for and converted one by one."""

    def __init__(self, document: str, caching: str) -> None:
        self.status_code = 200
        self.background = None
        self.body = document.encode()
        self.raw_headers = [
            (b"cache-control", caching.encode()),
            (b"content-length", b"%d" % len(self.body)),
            _CONTENT_TYPE,
        ]


async def _traced(telemetry: Telemetry, route: LiveRoute, page: Awaitable[Response]) -> Response:
    with telemetry.page(route.view_class.__qualname__):
        return await page


def _file_elements(context: StaticRenderContext) -> list[Markup]:
    """Return the elements for the scripts and style sheets beside all views of the page."""
    files, root_path, nonce = context.app.templates.files, context.root_path, context.csp_nonce
    # Most views have no files, and most pages one view.
    found = [of for view_class in context.view_classes if (of := files.of(view_class)) is not None]
    return [element for one in found for element in head_elements(one, root_path, nonce)]


def _bad_request(mount_context: MountContext, error: BindingError) -> HTTPException:
    """Log parameters that cannot be converted, and return the response."""
    logger.warning("%s: %s", mount_context.view_class.__qualname__, error)
    return HTTPException(400)
