"""A join's tokens, route and identity -> a visit, or a refusal that the client understands.

Refusals (Phoenix LiveView's own): `stale` and `unauthorized` make the browser load the page again over HTTP, where
the answer is the right one: a sign-in page, a 403, a 404, or simply a newer page.

What the payload of a join claims, and what it is checked against.

The join of a view that is no page: nested in another, sticky, or within a page of Starlette -> a visit.
"""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import urlparse

from starlette.datastructures import QueryParams
from starlette.routing import BaseRoute
from starlette.types import Scope

from pyview.auth.audit import AuditEvent, audit_of
from pyview.auth.connection import LiveConnection
from pyview.auth.guard import authorize, is_protected
from pyview.auth.provider import Denied, Verdict
from pyview.binding import Params
from pyview.config import SecurityConfig
from pyview.flash import Flash
from pyview.middleware.origin import UnsafePageURL, split_page_url
from pyview.process.messages import JoinRefused
from pyview.process.nested import Children
from pyview.rendering.lifecycle import Location, MountContext, MountTarget
from pyview.rendering.page_guard import NOTHING_AROUND, PageGuard
from pyview.routing.routes import (
    LiveRoute,
    NestedRoute,
    NestedRoutes,
    RouteMatch,
    resolve,
    url_params,
    view_key,
)
from pyview.socket.connect import ConnectData
from pyview.template.nested import PAGE_PREFIX
from pyview.tokens.nested import NestedToken
from pyview.tokens.page import PageToken, Tokens
from pyview.tokens.secrets import InvalidToken
from pyview.transport.identity import ConnectionIdentity, ViewGuard, view_guard
from pyview.wire.form import TooManyFields

_LONGEST_NONCE = 200
_NONCE = re.compile(r"[A-Za-z0-9+/_=-]+")


def refused(reason: str, log: str) -> JoinRefused:
    """A refusal after which the browser loads the page again."""
    return JoinRefused({"reason": reason}, log)


def check_csrf(tokens: Tokens, scope: Scope, payload: Mapping[str, Any], page_id: str, binding: str) -> None:
    """Raises `JoinRefused` for a join from another session's page."""
    if not tokens.check_csrf_token(_csrf_token(scope, payload), page_id, binding):
        audit_of(scope).record(
            AuditEvent.CSRF_REFUSED, scope, "a page joins with another session's CSRF token"
        )
        raise JoinRefused({"reason": "stale"}, "CSRF token", audited=True)


async def check_access(scope: Scope, location: Location, around: PageGuard = NOTHING_AROUND) -> None:
    """Check the guards of the view of `location`, and those around it. Raises `JoinRefused` if one refuses."""
    route = location.route
    group = route.live_session.requirement
    if around.guarded:
        _check(await around.verdict(scope))
    if is_protected(route.view_class, scope, group):
        connection = LiveConnection(scope, location.page, location.path_params)
        _check(await authorize(route.view_class, connection, group))


def _check(verdict: Verdict) -> None:
    if isinstance(verdict, Denied):
        if verdict.redirect is None:
            raise JoinRefused({"reason": "unauthorized"}, "access denied", audited=True)
        redirect = {"to": verdict.redirect, "status": 302}
        raise JoinRefused({"redirect": redirect}, "access denied", audited=True)


def flash_of(tokens: Tokens, payload: Mapping[str, Any]) -> Flash | None:
    """A navigation brings its own; otherwise the page's, unless this view has been mounted before."""
    token = payload.get("flash")
    if token is None and "redirect" not in payload and is_first(payload):
        token = payload.get("static")
    flash = tokens.read_flash_token(token) if token else None
    return Flash(flash) if flash else None


def nonce_of(payload: Mapping[str, Any]) -> str | None:
    """The nonce that the page's content security policy asks for. It is the page's own word, and only it gets it back;
    what is none is ignored."""
    nonce = _params(payload).get("_csp_nonce")
    known = isinstance(nonce, str) and len(nonce) <= _LONGEST_NONCE and _NONCE.fullmatch(nonce)
    return nonce if known else None


def is_first(payload: Mapping[str, Any]) -> bool:
    """Whether this view has not been mounted yet, for this element of the page."""
    return _params(payload).get("_mounts") == 0


def _csrf_token(scope: Scope, payload: Mapping[str, Any]) -> Any:
    token = _params(payload).get("_csrf_token")
    return token if token is not None else QueryParams(scope["query_string"]).get("_csrf_token")


def _params(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    params = payload.get("params")
    return params if isinstance(params, dict) else {}


_NOWHERE = Params({})


class OpenViews(Protocol):
    """The views that have joined on the same socket."""

    @property
    def main(self) -> Location | None: ...
    def children_of(self, dom_id: str) -> Children | None: ...


class NestedAdmission:
    """The door for what a page holds besides its own view."""

    def __init__(self, tokens: Tokens, routes: NestedRoutes, config: SecurityConfig) -> None:
        self._tokens = tokens
        self._routes = routes
        self._config = config

    async def admit(
        self, presence: ConnectionIdentity, dom_id: str, payload: Mapping[str, Any], views: OpenViews
    ) -> MountContext:
        """Raises `JoinRefused`. Who is there has just been asked."""
        scope, identity = presence.scope, presence.identity
        token = self._token(payload, dom_id, identity.binding)
        check_csrf(self._tokens, scope, payload, token.page_id, identity.binding)
        parent = _parent(token, views)
        location = _location(self._route(token.view, token.group), token, views)
        around = self._around(token, scope)
        await check_access(scope, location, around)
        return MountContext(
            location,
            identity,
            MountTarget(
                token.id,
                token.page_id,
                token.depth,
                token.sticky,
                parent,
                awaited=parent is not None and is_first(payload),
                around=around,
            ),
            flash_of(self._tokens, payload),
            view_guard(presence, location.route, self._config.auth_recheck, around),
            token.session,
            nonce_of(payload),
            connecting=ConnectData(scope, payload.get("params"), self._config.connect_headers),
        )

    def _token(self, payload: Mapping[str, Any], dom_id: str, binding: str) -> NestedToken:
        try:
            return self._tokens.nested.read(payload.get("session"), dom_id, binding)
        except InvalidToken as error:
            raise refused("stale", f"token of a nested view: {error.reason}") from None

    def _around(self, token: NestedToken, scope: Scope) -> PageGuard:
        """Return what guards the views around the one of `token`, as its page was when the token was made."""
        page = self._routes.at(token.around_page, scope) if token.around else None
        routes = tuple(self._outer(key, token.group, page) for key in token.around)
        path_params = {} if page is None else page.path_params
        around = PageGuard(routes, frozenset(token.scopes), token.around_page, path_params)
        return around.with_guards_only(scope)

    def _outer(self, key: str, group: str, page: RouteMatch | None) -> LiveRoute | NestedRoute:
        # Classes that a function makes may share a key; the URL of the page says which of them it shows.
        if (
            page is not None
            and view_key(page.route.view_class) == key
            and page.route.live_session.name == group
        ):
            return page.route
        return self._route(key, group)

    def _route(self, key: str, group: str) -> NestedRoute:
        route = self._routes.find(key, group)
        if route is None:
            raise refused("stale", f"the view {key!r} is not there any more")
        return route


def _parent(token: NestedToken, views: OpenViews) -> Children | None:
    if not token.parent:
        return None
    children = views.children_of(token.parent)
    if children is None or children.instance != token.instance:
        raise refused("stale", "the view around a nested one is gone")
    return children


def _location(route: NestedRoute, token: NestedToken, views: OpenViews) -> Location:
    """The URL of the page around it, as that is now."""
    main = views.main
    if main is None:
        return Location(route, urlparse(token.page), token.page, _NOWHERE, {})
    return Location(route, main.url, main.page, _NOWHERE, {})


logger = logging.getLogger("pyview")


class JoinAuthorizer:
    """The door of one application's socket."""

    def __init__(
        self,
        tokens: Tokens,
        routes: Callable[[], Sequence[BaseRoute]],
        nested: NestedRoutes,
        config: SecurityConfig,
    ) -> None:
        self.tokens = tokens
        self._nested = NestedAdmission(tokens, nested, config)
        self._routes = routes
        self._config = config

    async def admit(
        self, presence: ConnectionIdentity, topic: str, payload: Mapping[str, Any], views: OpenViews
    ) -> MountContext:
        """Raises `JoinRefused`. Who is there is asked anew for every join. `views` have joined on the same socket."""
        await presence.refresh()
        dom_id = topic.removeprefix("lv:")
        if not dom_id.startswith(PAGE_PREFIX):
            return await self._nested.admit(presence, dom_id, payload, views)
        scope, identity = presence.scope, presence.identity
        page_id = dom_id.removeprefix(PAGE_PREFIX)
        page = self._page(scope, page_id, payload, identity.binding)
        location = self._destination(scope, payload, page)
        await check_access(scope, location)
        guard = view_guard(presence, location.route, self._config.auth_recheck)
        place, flash = MountTarget(dom_id, page_id), flash_of(self.tokens, payload)
        connecting = ConnectData(scope, payload.get("params"), self._config.connect_headers)
        nonce = nonce_of(payload)
        return MountContext(location, identity, place, flash, guard, csp_nonce=nonce, connecting=connecting)

    def watch(self, presence: ConnectionIdentity, visit: MountContext) -> ViewGuard:
        """The guard of a view that is shown to who is there now."""
        return ViewGuard(presence, visit.location.route, self._config.auth_recheck, visit.place.around)

    def locate(self, scope: Scope, url: str) -> Location | None:
        """Where `url` leads on this site; None for another site, another application or no live view."""
        try:
            page = split_page_url(url, scope, self._config)
            match = resolve(self._routes(), page.path, scope.get("root_path", ""))
            if match is None:
                return None
            params = url_params(page.query, match.path_params, self._config.max_form_fields)
        except (UnsafePageURL, TooManyFields) as error:
            logger.info("URL refused: %s", error)
            return None
        return Location(match.route, urlparse(url), page.relative, params, match.path_params)

    def _page(self, scope: Scope, page_id: str, payload: Mapping[str, Any], binding: str) -> PageToken:
        try:
            page = self.tokens.read_page_token(payload.get("session"), page_id, binding)
        except InvalidToken as error:
            raise refused("stale", f"page token: {error.reason}") from None
        check_csrf(self.tokens, scope, payload, page_id, binding)
        return page

    def _destination(self, scope: Scope, payload: Mapping[str, Any], page: PageToken) -> Location:
        navigated = "redirect" in payload
        url = payload.get("redirect" if navigated else "url")
        location = self.locate(scope, url) if isinstance(url, str) else None
        if location is None:
            raise refused("unauthorized", "no live view at this URL")
        if not navigated and not _is_page_of(location, page):
            raise refused("unauthorized", "the URL leads to another view than the page's")
        if location.route.live_session.name != page.group:
            raise refused("unauthorized", "the URL leads to another live session than the page's")
        return location


def _is_page_of(location: Location, page: PageToken) -> bool:
    # A patch may have led to another path of the same view; the live session is compared by the caller.
    route = location.route
    return isinstance(route, LiveRoute) and view_key(route.view_class) == page.view
