"""The join of a view that is no page: nested in another, sticky, or within a page of Starlette -> a visit."""

from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlparse

from starlette.types import Scope

from pyview.binding import Params
from pyview.config import SecurityConfig
from pyview.process.nested import Children
from pyview.rendering.lifecycle import Location, Place, Visit
from pyview.rendering.page_guard import Surroundings
from pyview.routing.routes import LiveRoute, NestedRoute, NestedRoutes, RouteMatch, view_key
from pyview.socket.connect import Connecting
from pyview.tokens.nested import NestedToken
from pyview.tokens.page import Tokens
from pyview.tokens.secrets import StaleToken
from pyview.transport.join_claims import check_access, check_csrf, flash_of, is_first, nonce_of, refused
from pyview.transport.presence import Presence
from pyview.transport.view_guard import view_guard

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
        self, presence: Presence, dom_id: str, payload: Mapping[str, Any], views: OpenViews
    ) -> Visit:
        """Raises `JoinRefused`. Who is there has just been asked."""
        scope, identity = presence.scope, presence.identity
        token = self._token(payload, dom_id, identity.binding)
        check_csrf(self._tokens, scope, payload, token.page_id, identity.binding)
        parent = _parent(token, views)
        location = _location(self._route(token.view, token.group), token, views)
        around = self._around(token, scope)
        await check_access(scope, location, around)
        return Visit(
            location,
            identity,
            Place(
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
            connecting=Connecting(scope, payload.get("params"), self._config.connect_headers),
        )

    def _token(self, payload: Mapping[str, Any], dom_id: str, binding: str) -> NestedToken:
        try:
            return self._tokens.nested.read(payload.get("session"), dom_id, binding)
        except StaleToken as error:
            raise refused("stale", f"token of a nested view: {error.reason}") from None

    def _around(self, token: NestedToken, scope: Scope) -> Surroundings:
        """Return what guards the views around the one of `token`, as its page was when the token was made."""
        page = self._routes.at(token.around_page, scope) if token.around else None
        routes = tuple(self._outer(key, token.group, page) for key in token.around)
        path_params = {} if page is None else page.path_params
        around = Surroundings(routes, frozenset(token.scopes), token.around_page, path_params)
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
