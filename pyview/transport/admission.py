"""A join's tokens, route and identity -> a visit, or a refusal that the client understands.

Refusals (Phoenix LiveView's own): `stale` and `unauthorized` make the browser load the page again over HTTP, where
the answer is the right one: a sign-in page, a 403, a 404, or simply a newer page.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlparse

from starlette.datastructures import QueryParams
from starlette.routing import BaseRoute
from starlette.types import Scope

from pyview.auth.audit import AuditEvent, audit_of
from pyview.auth.connection import LiveConnection
from pyview.auth.guard import authorize, follows_identity
from pyview.auth.verdict import Denied
from pyview.config import SecurityConfig
from pyview.flash import Flash
from pyview.lifecycle import Location, Visit
from pyview.process.messages import JoinRefused
from pyview.routes import resolve, url_params, view_key
from pyview.tokens import PageToken, StaleToken, Tokens
from pyview.transport.guards import UnsafePageURL, split_page_url
from pyview.transport.presence import Presence
from pyview.transport.view_guard import ViewGuard
from pyview.wire.form import TooManyFields

logger = logging.getLogger("pyview")


class Admission:
    """The door of one application's socket."""

    def __init__(
        self, tokens: Tokens, routes: Callable[[], Sequence[BaseRoute]], config: SecurityConfig
    ) -> None:
        self.tokens = tokens
        self._routes = routes
        self._config = config

    async def admit(self, presence: Presence, topic: str, payload: Mapping[str, Any]) -> Visit:
        """Raises `JoinRefused`. Who is there is asked anew for every join."""
        await presence.refresh()
        scope, identity = presence.scope, presence.identity
        page = self._page(scope, topic.removeprefix("lv:phx-"), payload, identity.binding)
        location = self._destination(scope, payload, page)
        await self._check_access(scope, location)
        return Visit(location, identity, self._flash(payload), self._guard(presence, location))

    def _guard(self, presence: Presence, location: Location) -> ViewGuard | None:
        route = location.route
        group = route.live_session.requirement
        if not presence.identity.binding and not follows_identity(route.view_class, presence.scope, group):
            return None
        return self.watch(presence, location)

    def watch(self, presence: Presence, location: Location) -> ViewGuard:
        """The guard of a view that is shown to who is there now."""
        return ViewGuard(presence, location.route, self._config.auth_recheck)

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
        except StaleToken as error:
            raise _refused("stale", f"page token: {error.reason}") from None
        if not self.tokens.check_csrf_token(_csrf_token(scope, payload), page_id, binding):
            audit_of(scope).record(
                AuditEvent.CSRF_REFUSED, scope, "a page joins with another session's CSRF token"
            )
            raise JoinRefused({"reason": "stale"}, "CSRF token", audited=True)
        return page

    def _destination(self, scope: Scope, payload: Mapping[str, Any], page: PageToken) -> Location:
        navigated = "redirect" in payload
        url = payload.get("redirect" if navigated else "url")
        location = self.locate(scope, url) if isinstance(url, str) else None
        if location is None:
            raise _refused("unauthorized", "no live view at this URL")
        if not navigated and not _is_page_of(location, page):
            raise _refused("unauthorized", "the URL leads to another view than the page's")
        if location.route.live_session.name != page.group:
            raise _refused("unauthorized", "the URL leads to another live session than the page's")
        return location

    async def _check_access(self, scope: Scope, location: Location) -> None:
        connection = LiveConnection(scope, location.page, location.path_params)
        route = location.route
        verdict = await authorize(route.view_class, connection, route.live_session.requirement)
        if isinstance(verdict, Denied):
            if verdict.redirect is None:
                raise JoinRefused({"reason": "unauthorized"}, "access denied", audited=True)
            redirect = {"to": verdict.redirect, "status": 302}
            raise JoinRefused({"redirect": redirect}, "access denied", audited=True)

    def _flash(self, payload: Mapping[str, Any]) -> Flash | None:
        """A navigation brings its own; otherwise the page's, unless this view has been mounted before."""
        token = payload.get("flash")
        first = "redirect" not in payload and _params(payload).get("_mounts") == 0
        if token is None and first:
            token = payload.get("static")
        flash = self.tokens.read_flash_token(token) if token else None
        return Flash(flash) if flash else None


def _is_page_of(location: Location, page: PageToken) -> bool:
    return location.route.key == page.route and view_key(location.route.view_class) == page.view


def _csrf_token(scope: Scope, payload: Mapping[str, Any]) -> Any:
    token = _params(payload).get("_csrf_token")
    return token if token is not None else QueryParams(scope["query_string"]).get("_csrf_token")


def _params(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    params = payload.get("params")
    return params if isinstance(params, dict) else {}


def _refused(reason: str, log: str) -> JoinRefused:
    return JoinRefused({"reason": reason}, log)
