"""A join's tokens, route and identity -> a visit, or a refusal that the client understands.

Refusals (Phoenix LiveView's own): `stale` and `unauthorized` make the browser load the page again over HTTP, where
the answer is the right one: a sign-in page, a 403, a 404, or simply a newer page.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlparse

from starlette.routing import BaseRoute
from starlette.types import Scope

from pyview.config import SecurityConfig
from pyview.middleware.origin import UnsafePageURL, split_page_url
from pyview.rendering.lifecycle import Location, Place, Visit
from pyview.routing.routes import LiveRoute, NestedRoutes, resolve, url_params, view_key
from pyview.socket.connect import Connecting
from pyview.template.nested import PAGE_PREFIX
from pyview.tokens.page import PageToken, Tokens
from pyview.tokens.secrets import StaleToken
from pyview.transport.join_claims import check_access, check_csrf, flash_of, nonce_of, refused
from pyview.transport.nested_admission import NestedAdmission, OpenViews
from pyview.transport.presence import Presence
from pyview.transport.view_guard import ViewGuard, view_guard
from pyview.wire.form import TooManyFields

logger = logging.getLogger("pyview")


class Admission:
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
        self, presence: Presence, topic: str, payload: Mapping[str, Any], views: OpenViews
    ) -> Visit:
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
        place, flash = Place(dom_id, page_id), flash_of(self.tokens, payload)
        connecting = Connecting(scope, payload.get("params"), self._config.connect_headers)
        nonce = nonce_of(payload)
        return Visit(location, identity, place, flash, guard, csp_nonce=nonce, connecting=connecting)

    def watch(self, presence: Presence, visit: Visit) -> ViewGuard:
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
        except StaleToken as error:
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
