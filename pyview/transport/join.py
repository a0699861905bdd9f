"""Authorization of a join: its tokens, URL, access checks and identity -> the context to mount the view with.

A join that is refused with `stale` or `unauthorized` makes the client load the page again over HTTP, which gives the
right answer: a sign-in page, a 403, a 404, or a newer page.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol
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
from pyview.middleware.handshakes import HandshakeChecks
from pyview.middleware.headers import browser_of
from pyview.process.messages import JoinRefused
from pyview.process.nested import Children
from pyview.rendering.lifecycle import NO_VALUES, Location, MountContext, MountTarget, Visit
from pyview.rendering.page_guard import GuardNames, PageGuard, UnknownView
from pyview.routing.routes import (
    LiveRoute,
    NestedRoute,
    NestedRoutes,
    view_key,
)
from pyview.sessions.session import is_unknown
from pyview.socket.connect import ConnectData
from pyview.tokens.nested import NestedToken
from pyview.tokens.page import PageToken, Tokens
from pyview.tokens.secrets import InvalidToken
from pyview.transport.identity import ConnectionIdentity, ViewGuard, view_guard
from pyview.transport.join_params import JoinParams
from pyview.transport.url_locations import UrlLocations

_NO_PARAMS = Params({})
_STORE_WAIT = 6.0  # seconds that a join waits for a store; the client gives up after ten
_STORE_PAUSE = 0.25


class OpenViews(Protocol):
    """Views that have joined on the same connection."""

    @property
    def main(self) -> Location | None: ...
    def children_of(self, dom_id: str) -> Children | None: ...


class JoinAuthorizer:
    """Checks every join of one application."""

    def __init__(
        self,
        tokens: Tokens,
        routes: Callable[[], Sequence[BaseRoute]],
        nested: NestedRoutes,
        config: SecurityConfig,
    ) -> None:
        self.tokens = tokens
        self.handshakes = HandshakeChecks(config)
        self._locations = UrlLocations(routes, config)
        self._nested = nested
        self._config = config

    async def admit(self, identity: ConnectionIdentity, join: JoinParams, views: OpenViews) -> MountContext:
        """Return the context to mount the view with. The identity is looked up again for every join.

        Raises `JoinRefused`.
        """
        if not identity.refresh_at_once() or is_unknown(identity.scope):
            await _look_up(identity)
        # Bound to local names: another join on this connection may look the identity up again during an await below.
        scope, user = identity.scope, identity.identity
        page_id = join.page_id
        if page_id is not None:
            target, token = MountTarget(join.dom_id, page_id), None
            location = self._page_location(scope, join, page_id, user.binding)
        else:
            token = self._nested_token(scope, join, user.binding)
            target, location = self._nested_target(scope, join, token, views)
        route = location.route
        protected = is_protected(route.view_class, scope, route.live_session.requirement)
        if protected or target.page_guard.guarded:
            await _check_access(scope, location, target.page_guard, protected=protected)
        flash = self.tokens.read_flash_token(join.flash_token) if join.flash_token else None
        page_guard, max_age = target.page_guard, self._config.auth_recheck
        return MountContext(
            location,
            user,
            target,
            Flash(flash) if flash else None,
            view_guard(identity, route, max_age, page_guard, protected=protected),
            NO_VALUES if token is None else token.session,
            join.csp_nonce,
            ConnectData(scope, join.params, self._config.connect_headers),
            _visit(join, scope),
        )

    def guard(self, identity: ConnectionIdentity, mount_context: MountContext) -> ViewGuard:
        """Return a guard for a view that is shown to the present user of `identity`."""
        route, page_guard = mount_context.location.route, mount_context.target.page_guard
        protected = is_protected(route.view_class, identity.scope, route.live_session.requirement)
        return ViewGuard(identity, route, self._config.auth_recheck, page_guard, protected=protected)

    def locate(self, scope: Scope, url: str) -> Location | None:
        """Resolve `url`; None for another site, another application, or a path without a live view."""
        return self._locations.of(url, scope)

    # A page

    def _page_location(self, scope: Scope, join: JoinParams, page_id: str, binding: str) -> Location:
        try:
            # Fails for another session or user than the page was rendered for, so that a page that was open during a
            # sign-in or sign-out is loaded again.
            page = self.tokens.read_page_token(join.session, page_id, binding)
        except InvalidToken as error:
            raise _refused("stale", f"page token: {error.reason}") from None
        self._check_csrf(scope, join, page_id, binding)
        location = self.locate(scope, join.url) if isinstance(join.url, str) else None
        if location is None:
            raise _refused("unauthorized", "no live view at this URL")
        if not join.navigated and not _is_page_of(location, page):
            raise _refused("unauthorized", "the URL leads to another view than the page's")
        # Live navigation stays within a live session: its hooks and its root template are those of the page.
        if location.route.live_session.name != page.group:
            raise _refused("unauthorized", "the URL leads to another live session than the page's")
        return location

    def _check_csrf(self, scope: Scope, join: JoinParams, page_id: str, binding: str) -> None:
        token = join.csrf_token
        if token is None:
            # A client without our script sends it in the URL of the socket.
            token = QueryParams(scope["query_string"]).get("_csrf_token")
        if not self.tokens.check_csrf_token(token, page_id, binding):
            audit_of(scope).record(
                AuditEvent.CSRF_REFUSED, scope, "a page joins with another session's CSRF token"
            )
            raise JoinRefused({"reason": "stale"}, "CSRF token", audited=True)

    # A nested view, a sticky view, or a view in a page of Starlette

    def _nested_token(self, scope: Scope, join: JoinParams, binding: str) -> NestedToken:
        try:
            token = self.tokens.nested.read(join.session, join.dom_id, binding)
        except InvalidToken as error:
            raise _refused("stale", f"token of a nested view: {error.reason}") from None
        self._check_csrf(scope, join, token.page_id, binding)
        return token

    def _nested_target(
        self, scope: Scope, join: JoinParams, token: NestedToken, views: OpenViews
    ) -> tuple[MountTarget, Location]:
        parent = views.children_of(token.parent) if token.parent else None
        # Another `instance`: the parent has crashed and joined again, and has rendered another token for this child.
        if token.parent and (parent is None or parent.instance != token.instance):
            raise _refused("stale", "the view around a nested one is gone")
        route, main = self._nested_route(token.view, token.group), views.main
        if main is None:
            location = Location(route, urlparse(token.page), token.page, _NO_PARAMS, {})
        else:
            # Live navigation may have led the page to another URL since the token was made.
            location = Location(route, main.url, main.page, _NO_PARAMS, {})
        awaited = parent is not None and join.first_mount
        page_guard = self._page_guard(token, scope)
        target = MountTarget(
            token.id, token.page_id, token.depth, token.sticky, parent, awaited=awaited, page_guard=page_guard
        )
        return target, location

    def _page_guard(self, token: NestedToken, scope: Scope) -> PageGuard:
        """Return the guards of the views around the one of `token`, on the page that the token was made for."""
        names = GuardNames(token.around, token.group, token.around_page, token.scopes)
        try:
            return names.guard(self._nested, scope).with_guards_only(scope)
        except UnknownView as error:
            raise _refused("stale", str(error)) from None

    def _nested_route(self, key: str, group: str) -> NestedRoute:
        route = self._nested.find(key, group)
        if route is None:
            raise _refused("stale", f"the view {key!r} is not there any more")
        return route


async def _look_up(identity: ConnectionIdentity) -> None:
    """Look the identity up. While a store does not answer the question about a session, wait for it for a while.

    A refused page loads itself again, and so loses what its user has typed. A page that waits loses nothing.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _STORE_WAIT
    await identity.refresh()
    while is_unknown(identity.scope) and loop.time() < deadline:
        await asyncio.sleep(_STORE_PAUSE)
        await identity.refresh()


def _visit(join: JoinParams, scope: Scope) -> Visit:
    received = join.received if isinstance(join.received, int) else 0
    browser = browser_of(scope)
    return Visit(
        join.load_id,
        browser,
        join.joins,
        join.kept_token,
        join.worker,
        received,
        returns=join.returns,
        mounts=join.mounts,
    )


def _refused(reason: str, log: str) -> JoinRefused:
    return JoinRefused({"reason": reason}, log)


def _is_page_of(location: Location, page: PageToken) -> bool:
    # A patch may have led to another path of the same view. The caller compares the live session.
    route = location.route
    return isinstance(route, LiveRoute) and view_key(route.view_class) == page.view


async def _check_access(scope: Scope, location: Location, page_guard: PageGuard, *, protected: bool) -> None:
    """Ask the guards of the views around and, if it is `protected`, of the view itself.

    Raises `JoinRefused` if one denies access.
    """
    if page_guard.guarded:
        _raise_if_denied(await page_guard.verdict(scope))
    if protected:
        route = location.route
        connection = LiveConnection(scope, location.page, location.path_params)
        _raise_if_denied(await authorize(route.view_class, connection, route.live_session.requirement))


def _raise_if_denied(verdict: Verdict) -> None:
    if isinstance(verdict, Denied):
        if verdict.redirect is None:
            response: dict[str, object] = {"reason": "unauthorized"}
        else:
            response = {"redirect": {"to": verdict.redirect, "status": 302}}
        raise JoinRefused(response, "access denied", audited=True)
