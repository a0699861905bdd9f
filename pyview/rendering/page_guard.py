"""Guards of the views around a nested one: to see a nested view, a user must be allowed to see the page that shows it.

A sticky view, and a view in a page of Starlette, join without the page around them and stay open for hours. Their
encrypted token therefore names the views around them, and the guards of those are asked again together with their own.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from starlette.types import Scope

from pyview.auth.audit import AuditEvent, audit_of
from pyview.auth.connection import LiveConnection
from pyview.auth.guard import authorize, is_protected, wants_fresh
from pyview.auth.identity import scopes_of
from pyview.auth.provider import Allowed, Denied, Verdict
from pyview.live_view import LiveView
from pyview.routing.routes import LiveRoute, NestedRoute, NestedRoutes, RouteMatch, view_key

_NO_PARAMS: Final[Mapping[str, Any]] = MappingProxyType({})


class PageGuard(NamedTuple):
    """Guards of the views around a nested one, outermost first.

    `page` is the path and query of the page, and `path_params` are its path parameters: the guards are asked about that
    URL. `scopes` are those that the user had when a page of Starlette was rendered. PyView cannot know which of them
    the route of that page required, so all of them must still be granted.
    """

    routes: tuple[LiveRoute | NestedRoute, ...] = ()
    scopes: frozenset[str] = frozenset()
    page: str = ""
    path_params: Mapping[str, Any] = _NO_PARAMS

    @property
    def guarded(self) -> bool:
        """True if there is anything to check. Call `with_guards_only` first, which leaves public views out."""
        return bool(self.routes or self.scopes)

    def with_view(
        self, route: LiveRoute | NestedRoute, page: str, path_params: Mapping[str, Any]
    ) -> "PageGuard":
        """Return the guard for the views nested in the view of `route`, on `page`."""
        if route.view_class is LiveView:
            return self  # a page of Starlette has no view
        if self.page:
            # A view inside a sticky view keeps the page that the guards were asked about.
            # Live navigation may have led the browser to another page since.
            return self._replace(routes=(*self.routes, route))
        return self._replace(routes=(route,), page=page, path_params=path_params)

    def with_guards_only(self, scope: Scope) -> "PageGuard":
        """Return the same guard without public views."""
        protected = (
            route
            for route in self.routes
            if is_protected(route.view_class, scope, route.live_session.requirement)
        )
        return self._replace(routes=tuple(protected))

    def same_rights(self, other: "PageGuard") -> bool:
        """Return True if both guards check the same things."""
        # Not the routes: two pages may show one class at two paths.
        # Requirements belong to the class and to its live session.
        return self.scopes == other.scopes and self._classes() == other._classes()

    def _classes(self) -> list[tuple[Any, Any]]:
        return [(route.view_class, route.live_session) for route in self.routes]

    def wants_fresh(self, scope: Scope) -> bool:
        """Return True if a guard requires an identity that has just been looked up."""
        return any(
            wants_fresh(route.view_class, scope, route.live_session.requirement) for route in self.routes
        )

    async def verdict(self, scope: Scope) -> Verdict:
        """Ask the guards about the user of `scope`. Never raises: a guard that raises denies access."""
        if not scopes_of(scope) >= self.scopes:
            # The audit trail has no secrets, and a query may contain some.
            path = self.page.partition("?")[0]
            audit_of(scope).record(
                AuditEvent.DENIED, scope, "a scope that this page was made with is gone", subject=path
            )
            return Denied()
        for route in self.routes:
            connection = LiveConnection(scope, self.page, self.path_params)
            verdict = await authorize(route.view_class, connection, route.live_session.requirement)
            if isinstance(verdict, Denied):
                return verdict
        return Allowed()


class UnknownView(Exception):
    """A view that another worker has named is not in this version of the application."""


class GuardNames(NamedTuple):
    """A `PageGuard` as text, for a token or another worker: the keys of its views, outermost first.

    `group` is the name of their live session, `page` the URL that the guards are asked about.
    """

    views: Sequence[str]
    group: str
    page: str
    scopes: Sequence[str] = ()

    @classmethod
    def of(cls, guard: PageGuard) -> "GuardNames":
        # All views of a page are in one live session.
        group = guard.routes[0].live_session.name if guard.routes else ""
        views = [view_key(route.view_class) for route in guard.routes]
        return cls(views, group, guard.page, sorted(guard.scopes))

    def guard(self, nested: NestedRoutes, scope: Scope) -> PageGuard:
        """Return the guard. Raises `UnknownView`."""
        page = nested.at(self.page, scope) if self.views else None
        routes = tuple(self._route(key, page, nested) for key in self.views)
        return PageGuard(
            routes, frozenset(self.scopes), self.page, _NO_PARAMS if page is None else page.path_params
        )

    def _route(self, key: str, page: RouteMatch | None, nested: NestedRoutes) -> LiveRoute | NestedRoute:
        # Classes that a function makes may share a key. The URL of the page tells which of them it shows.
        if page is not None:
            shown = page.route
            if view_key(shown.view_class) == key and shown.live_session.name == self.group:
                return shown
        route = nested.find(key, self.group)
        if route is None:
            raise UnknownView(f"the view {key!r} is not there any more")
        return route


NO_GUARD: Final = PageGuard()
"""Guard of a view that has no view around it."""
