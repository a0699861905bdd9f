"""Check at start-up: the redirects of requirements must lead to a page on which the user can sign in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Scope

from pyview.auth.findings import CheckMessage, Severity
from pyview.auth.guard import guards_of
from pyview.auth.middleware_order import provides_auth
from pyview.auth.requires import RequirementProvider
from pyview.events.requirements import event_requirements
from pyview.requirement import Requirement


class GuardedApp(Protocol):
    """`PyView`, which imports this module. Live routes have a `view_class`."""

    @property
    def routes(self) -> Sequence[BaseRoute]: ...
    @property
    def all_middleware(self) -> Sequence[Middleware]: ...
    @property
    def default_requires(self) -> Requirement | None: ...
    def url_path_for(self, name: str, /, **path_params: Any) -> Any: ...


def check_requirements(app: GuardedApp, scope: Scope) -> Iterator[CheckMessage]:
    """Yield the problems of the requirements of views and events of `app`."""
    yield from _check_authentication(app, scope)
    yield from _check_redirects(app)


@dataclass(frozen=True, slots=True)
class _RouteRequirement:
    """One requirement of a live route."""

    view: type[Any]
    path: str
    requirement: Requirement

    @property
    def name(self) -> str:
        return f"{self.view.__qualname__} at {self.path}"


def _check_authentication(app: GuardedApp, scope: Scope) -> Iterator[CheckMessage]:
    if "auth" in scope or any(map(provides_auth, app.all_middleware)):
        return
    views = sorted({one.view.__qualname__ for one in _route_requirements(app) if one.requirement.scopes})
    if views:
        yield CheckMessage(
            Severity.ERROR,
            f"@requires guards {', '.join(views)}, but there is no AuthenticationMiddleware. "
            "Add one: app.add_middleware(AuthenticationMiddleware, backend=YourBackend()), from "
            "starlette.middleware.authentication.",
        )


def _check_redirects(app: GuardedApp) -> Iterator[CheckMessage]:
    seen: set[tuple[type[Any], Requirement]] = set()
    for one in _route_requirements(app):
        if one.requirement.redirect and (one.view, one.requirement) not in seen:
            seen.add((one.view, one.requirement))
            yield from _check_redirect(app, one, one.requirement.redirect)


def _check_redirect(app: GuardedApp, one: _RouteRequirement, target: str) -> Iterator[CheckMessage]:
    path = _path(app, target)
    if path is None:
        yield CheckMessage(
            Severity.ERROR,
            f"{one.name} redirects to {target!r}, but no route without parameters has that name. "
            "Give the name of a route, or a path that starts with '/'.",
        )
    elif _route_at(app.routes, path) is None:
        yield CheckMessage(
            Severity.NOTE, f"{one.name} redirects to {target!r}, which no route of this app answers."
        )
    elif not _leads_to_a_page(app, one.requirement, path):
        yield CheckMessage(
            Severity.ERROR,
            f"{one.name} redirects to {target!r}, which refuses the same users: no user could ever sign in. "
            f"Remove @requires from the sign-in page{_or_public(app)}.",
        )


def _or_public(app: GuardedApp) -> str:
    if app.default_requires is None:
        return ""
    return ", and put @public on it, so that default_requires does not apply"


def _leads_to_a_page(app: GuardedApp, failed: Requirement, path: str | None) -> bool:
    """Return True if `path` leads to a visible page, for a user who only lacks what `failed` requires.

    Redirects are followed, as the browser does.
    """
    visited: set[str] = set()  # redirects may form a circle
    while path is not None and path not in visited:
        visited.add(path)
        route = _route_at(app.routes, path)
        barrier = next((one for one in _page_requirements(app, route) if _refuses(one, failed)), None)
        if barrier is None:
            return True
        path = _path(app, barrier.redirect) if barrier.redirect else None
    return False


def _refuses(barrier: Requirement, failed: Requirement) -> bool:
    """Return True if `barrier` refuses a user who lacks everything that `failed` requires."""
    # A recent sign-in is required of users who are signed in. They lack only that, and their sign-in page may require
    # scopes.
    if failed.max_auth_age is not None:
        return barrier.max_auth_age is not None
    lacks = _conditions(failed)
    every = {*barrier.all_of.scopes, *barrier.all_of.rules}
    some = {*barrier.any_of.scopes, *barrier.any_of.rules} if barrier.any_of else set()
    return not lacks.isdisjoint(every) or (bool(some) and some <= lacks)


def _conditions(requirement: Requirement) -> set[object]:
    some = requirement.any_of or ()
    return {one for conditions in (*requirement.all_of, *some) for one in conditions}


def _route_requirements(app: GuardedApp) -> Iterator[_RouteRequirement]:
    """Yield every requirement of every live route: the app's, the view's, and those of its events."""
    for route in app.routes:
        view: type[Any] | None = getattr(route, "view_class", None)
        if view is not None:
            for requirement in (*_page_requirements(app, route), *(event_requirements(view) or ())):
                yield _RouteRequirement(view, getattr(route, "path", "?"), requirement)


def _page_requirements(app: GuardedApp, route: BaseRoute | None) -> list[Requirement]:
    view: type[Any] | None = getattr(route, "view_class", None)
    group: Requirement | None = getattr(getattr(route, "live_session", None), "requirement", None)
    guards = () if view is None else guards_of(view, app, group)
    return [guard.requirement for guard in guards if isinstance(guard, RequirementProvider)]


def _path(app: GuardedApp, target: str) -> str | None:
    """Return the path of a redirect, which may be the name of a route; None for an unknown name."""
    try:
        path = target if target.startswith("/") else str(app.url_path_for(target))
    except NoMatchFound:
        return None
    return path.partition("?")[0]


def _route_at(routes: Sequence[BaseRoute], path: str) -> BaseRoute | None:
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": [], "path_params": {}}
    # Starlette answers PARTIAL for a route that has the path but not the method: it shows no page.
    return next((route for route in routes if route.matches(scope)[0] is Match.FULL), None)
