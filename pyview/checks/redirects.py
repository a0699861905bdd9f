"""Whether who is turned away can ever get in: requirements are followed, from redirect to redirect, at start-up."""

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
    """What these checks look at. Live routes are those with a `view_class`."""

    @property
    def routes(self) -> Sequence[BaseRoute]: ...
    @property
    def all_middleware(self) -> Sequence[Middleware]: ...
    @property
    def default_requires(self) -> Requirement | None: ...
    def url_path_for(self, name: str, /, **path_params: Any) -> Any: ...


def check_requirements(app: GuardedApp, scope: Scope) -> Iterator[CheckMessage]:
    """What is wrong with what the views of `app`, and their events, require."""
    yield from _authentication(app, scope)
    yield from _redirects(app)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One requirement, and where it stands."""

    view: type[Any]
    path: str
    requirement: Requirement

    @property
    def place(self) -> str:
        return f"{self.view.__qualname__} at {self.path}"


def _authentication(app: GuardedApp, scope: Scope) -> Iterator[CheckMessage]:
    if "auth" in scope or any(map(provides_auth, app.all_middleware)):
        return
    views = sorted({asked.view.__qualname__ for asked in _asked(app) if asked.requirement.scopes})
    if views:
        yield CheckMessage(
            Severity.ERROR,
            f"@requires guards {', '.join(views)}, but no AuthenticationMiddleware says who is signed in. "
            "Add one: app.add_middleware(AuthenticationMiddleware, backend=YourBackend()), from "
            "starlette.middleware.authentication.",
        )


def _redirects(app: GuardedApp) -> Iterator[CheckMessage]:
    seen: set[tuple[type[Any], Requirement]] = set()
    for asked in _asked(app):
        if asked.requirement.redirect and (asked.view, asked.requirement) not in seen:
            seen.add((asked.view, asked.requirement))
            yield from _redirect(app, asked, asked.requirement.redirect)


def _redirect(app: GuardedApp, asked: _Asked, target: str) -> Iterator[CheckMessage]:
    path = _path(app, target)
    if path is None:
        yield CheckMessage(
            Severity.ERROR,
            f"{asked.place} redirects to {target!r}, but no route without parameters has that name. "
            "Give the name of a route, or a path that starts with '/'.",
        )
    elif _route_at(app.routes, path) is None:
        yield CheckMessage(
            Severity.NOTE, f"{asked.place} redirects to {target!r}, which no route of this app answers."
        )
    elif not _leads_in(app, asked.requirement, path):
        yield CheckMessage(
            Severity.ERROR,
            f"{asked.place} redirects to {target!r}, which turns away the same people: nobody could ever sign in. "
            f"Take @requires off the page that people sign in on{_or_public(app)}.",
        )


def _or_public(app: GuardedApp) -> str:
    return (
        ""
        if app.default_requires is None
        else ", and put @public on it, so that default_requires leaves it out"
    )


def _leads_in(app: GuardedApp, failed: Requirement, path: str | None) -> bool:
    """Whether somebody who lacks what `failed` asks, and nothing else, gets from `path` to a page that shows."""
    visited: set[str] = set()
    while path is not None and path not in visited:
        visited.add(path)
        route = _route_at(app.routes, path)
        barrier = next((one for one in _page_requirements(app, route) if _bars(one, failed)), None)
        if barrier is None:
            return True
        path = _path(app, barrier.redirect) if barrier.redirect else None
    return False


def _bars(barrier: Requirement, failed: Requirement) -> bool:
    """Whether `barrier` turns away somebody who lacks all that `failed` asks.

    A recent sign-in is asked of people who have signed in: they lack that alone, and sign in on a page that may well
    ask for their scopes.
    """
    if failed.max_auth_age is not None:
        return barrier.max_auth_age is not None
    lacks = _conditions(failed)
    every = {*barrier.all_of.scopes, *barrier.all_of.rules}
    some = {*barrier.any_of.scopes, *barrier.any_of.rules} if barrier.any_of else set()
    return not lacks.isdisjoint(every) or (bool(some) and some <= lacks)


def _conditions(requirement: Requirement) -> set[object]:
    some = requirement.any_of or ()
    return {one for conditions in (*requirement.all_of, *some) for one in conditions}


def _asked(app: GuardedApp) -> Iterator[_Asked]:
    """Every requirement of every live route: the app's, the view's, and those of its events."""
    for route in app.routes:
        view: type[Any] | None = getattr(route, "view_class", None)
        if view is not None:
            for requirement in (*_page_requirements(app, route), *(event_requirements(view) or ())):
                yield _Asked(view, getattr(route, "path", "?"), requirement)


def _page_requirements(app: GuardedApp, route: BaseRoute | None) -> list[Requirement]:
    view: type[Any] | None = getattr(route, "view_class", None)
    group: Requirement | None = getattr(getattr(route, "live_session", None), "requirement", None)
    guards = () if view is None else guards_of(view, app, group)
    return [guard.requirement for guard in guards if isinstance(guard, RequirementProvider)]


def _path(app: GuardedApp, target: str) -> str | None:
    """The path of a redirect, which may be the name of a route; None for a name that no route has."""
    try:
        path = target if target.startswith("/") else str(app.url_path_for(target))
    except NoMatchFound:
        return None
    return path.partition("?")[0]


def _route_at(routes: Sequence[BaseRoute], path: str) -> BaseRoute | None:
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": [], "path_params": {}}
    return next((route for route in routes if route.matches(scope)[0] is Match.FULL), None)
