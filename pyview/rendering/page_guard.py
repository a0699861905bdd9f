"""Guards around a nested view: to see it, a user must be allowed to see the page that shows it.

A sticky view and one in a page of Starlette are joined without the page around them, and stay open for hours. Their
sealed token therefore names the views around them, whose guards are asked again with their own.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from starlette.types import Scope

from pyview.auth.audit import AuditEvent, audit_of
from pyview.auth.connection import LiveConnection
from pyview.auth.guard import authorize, is_protected, wants_fresh
from pyview.auth.identity import scopes_of
from pyview.auth.provider import Allowed, Denied, Verdict
from pyview.live_view import LiveView
from pyview.routing.routes import LiveRoute, NestedRoute

_NO_PARAMS: Final[Mapping[str, Any]] = MappingProxyType({})


class PageGuard(NamedTuple):
    """Guards around a nested view, outermost first.

    `scopes` are those that the visitor had when a page of Starlette was made. Why its route let them in cannot be told
    from outside, so each of them has to be there still. `page` is the path and query of the page, `path_params` are
    the parts of its path: the guards are asked about that URL.
    """

    routes: tuple[LiveRoute | NestedRoute, ...] = ()
    scopes: frozenset[str] = frozenset()
    page: str = ""
    path_params: Mapping[str, Any] = _NO_PARAMS

    @property
    def guarded(self) -> bool:
        """Return whether anything has to be asked, once what is open to everybody has been left out."""
        return bool(self.routes or self.scopes)

    def with_view(
        self, route: LiveRoute | NestedRoute, page: str, path_params: Mapping[str, Any]
    ) -> "PageGuard":
        """Return what is around the views that stand in that of `route`, on `page`."""
        if route.view_class is LiveView:
            return self  # a page of Starlette has no view
        if self.page:
            return self._replace(routes=(*self.routes, route))
        return self._replace(routes=(route,), page=page, path_params=path_params)

    def with_guards_only(self, scope: Scope) -> "PageGuard":
        """Return the same without the views that are open to everybody."""
        return self._replace(routes=tuple(route for route in self.routes if _is_guarded(route, scope)))

    def same_rights(self, other: "PageGuard") -> bool:
        """Return whether both ask the same of a visitor."""
        return self._asked() == other._asked()

    def wants_fresh(self, scope: Scope) -> bool:
        """Return whether a guard wants an identity that has just been looked up."""
        return any(wants_fresh(route.view_class, scope, _group(route)) for route in self.routes)

    async def verdict(self, scope: Scope) -> Verdict:
        """Return what the guards say about the visitor of `scope`. Never raises: a guard that does has said no."""
        if not scopes_of(scope) >= self.scopes:
            audit_of(scope).record(
                AuditEvent.DENIED, scope, "a scope that this page was made with is gone", subject=self._path
            )
            return Denied()
        for route in self.routes:
            connection = LiveConnection(scope, self.page, self.path_params)
            verdict = await authorize(route.view_class, connection, _group(route))
            if isinstance(verdict, Denied):
                return verdict
        return Allowed()

    def _asked(self) -> tuple[Any, ...]:
        return self.scopes, [(route.view_class, route.live_session) for route in self.routes]

    @property
    def _path(self) -> str:
        return self.page.partition("?")[0]


NOTHING_AROUND: Final = PageGuard()


def _group(route: LiveRoute | NestedRoute) -> Any:
    return route.live_session.requirement


def _is_guarded(route: LiveRoute | NestedRoute, scope: Scope) -> bool:
    return is_protected(route.view_class, scope, _group(route))
