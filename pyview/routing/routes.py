"""From a URL to a view: one ordered list of routes, read the same way by HTTP and by the socket.

Starlette takes the first route that matches, in the order of registration. The socket asks the same routes in the same
order, so a page can never be reached over one door with the protection of another.
"""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

from pyview.binding import Params, check_mount_without_url
from pyview.events import compile_view
from pyview.hooks import OnMountHook, hooks_of, unique
from pyview.live_view import LiveView
from pyview.routing.live_session import DEFAULT, LiveSession
from pyview.template.container import Container, ContainerElement, container_of
from pyview.wire.form import decode_form


class LiveRoute(Route):
    """A path that serves a live view in a live session: what HTTP and the socket share of it.

    Raises `TypeError` and `SignatureError` for hooks of the class that cannot be called.
    """

    def __init__(
        self,
        path: str,
        view_class: type[LiveView[Any]],
        endpoint: Any,
        name: str | None,
        live_session: LiveSession = DEFAULT,
        action: str | None = None,
        container: Container | None = None,
    ) -> None:
        super().__init__(path, endpoint, methods=["GET"], name=name or view_class.__name__)
        self.action = action
        self.container = container or Container()
        self.view_class = view_class
        self.live_session = live_session
        self.hooks: tuple[OnMountHook, ...] = unique((*live_session.hooks, *hooks_of(view_class)))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Digits that are no number, since Python reads no more than 4300 of them, match nothing."""
        try:
            return super().matches(scope)
        except ValueError:
            return Match.NONE, {}

    def may_be_patched_to(self, other: Any) -> bool:
        """Whether a view of this route goes on at `other`: the same class in the same live session, so that the same
        guards and hooks are for both."""
        return other is self or (
            isinstance(other, LiveRoute)
            and other.view_class is self.view_class
            and other.live_session is self.live_session
        )


def container_at(
    path: str, view_class: type[LiveView[Any]], live_session: LiveSession, given: ContainerElement | None
) -> Container:
    """The element of a page: what its route says, or its class, or its live session.

    Raises `TypeError` and `ValueError` for one that cannot be.
    """
    if given is not None:
        return container_of(given, f"add_live_view({path!r}, ..., container)")
    if view_class.container is not None:
        return container_of(view_class.container, f"{view_class.__qualname__}.container")
    return live_session.container or Container()


_PLAIN = Container()


@dataclass(frozen=True, slots=True, eq=False)
class NestedRoute:
    """How a view is reached that has no URL: by the element that a page holds for it, in the page's live session."""

    view_class: type[LiveView[Any]]
    live_session: LiveSession
    hooks: tuple[OnMountHook, ...]
    action: None = None
    container: Container = _PLAIN

    def may_be_patched_to(self, other: Any) -> bool:
        """A view without a URL is not patched."""
        return False


class NestedRoutes:
    """The nested views of one application, each with one route for each live session."""

    def __init__(self, routes: Callable[[], Sequence[BaseRoute]]) -> None:
        self._routes = routes
        self._made: dict[tuple[str, str], NestedRoute] = {}

    def of(self, view_class: type[LiveView[Any]], live_session: LiveSession) -> NestedRoute:
        """Raises `TypeError` and `SignatureError` for callbacks and hooks that cannot be called."""
        key = view_key(view_class), live_session.name
        route = self._made.get(key)
        if route is None or route.view_class is not view_class:
            compile_view(view_class)
            check_mount_without_url(view_class)
            route = self._made[key] = NestedRoute(view_class, live_session, hooks_of(view_class))
        return route

    def find(self, key: str, group: str) -> NestedRoute | None:
        """The view of that key, as a token of this application says it; None when there is no such view any more.

        Another worker may have rendered the page, so the view's module may have to be imported here. A view around
        another may be one of a route.
        """
        route = self._made.get((key, group))
        if route is not None:
            return route
        view_class, live_session = self._on_a_route(key) or _imported(key), self._live_session(group)
        return None if view_class is None or live_session is None else self.of(view_class, live_session)

    def at(self, page: str, scope: Scope) -> "RouteMatch | None":
        """Return the live route of `page`, path and query of a page of this application."""
        return resolve(self._routes(), unquote(page.partition("?")[0]), scope.get("root_path", ""))

    def _on_a_route(self, key: str) -> type[LiveView[Any]] | None:
        classes = (route.view_class for route in self._routes() if isinstance(route, LiveRoute))
        return next((one for one in classes if view_key(one) == key), None)

    def _live_session(self, group: str) -> LiveSession | None:
        if group == DEFAULT.name:
            return DEFAULT
        sessions = (route.live_session for route in self._routes() if isinstance(route, LiveRoute))
        return next((one for one in sessions if one.name == group), None)


def _imported(key: str) -> type[LiveView[Any]] | None:
    module, _, name = key.partition(":")
    try:
        found: Any = reduce(getattr, name.split("."), sys.modules.get(module) or import_module(module))
    except (ImportError, AttributeError):
        return None
    return found if isinstance(found, type) and issubclass(found, LiveView) else None


class RouteMatch(NamedTuple):
    """Where a path leads."""

    route: LiveRoute
    path_params: Mapping[str, Any]


def resolve(routes: Iterable[BaseRoute], path: str, root_path: str) -> RouteMatch | None:
    """The live route that an HTTP GET of `path` would reach; None when another route or none would answer.

    `path` is decoded and includes `root_path`, as in an ASGI scope.
    """
    scope = _http_scope(path, root_path)
    try:
        for route in routes:
            match, child_scope = route.matches(scope)
            if match is Match.FULL:
                return _live_match(route, child_scope)
    except ValueError:
        pass  # a route that is not live fails here, and would over HTTP
    return None


def _http_scope(path: str, root_path: str) -> Scope:
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "root_path": root_path,
        "headers": [],
        "query_string": b"",
        "path_params": {},
    }


def _live_match(route: BaseRoute, child_scope: Scope) -> RouteMatch | None:
    if isinstance(route, LiveRoute):
        return RouteMatch(route, child_scope.get("path_params", {}))
    return None


def view_key(view_class: type[LiveView[Any]]) -> str:
    """Names a view class in a page token, on every worker alike."""
    return f"{view_class.__module__}:{view_class.__qualname__}"


def url_params(query: str, path_params: Mapping[str, Any], max_fields: int) -> Params:
    """What `handle_params` receives: a list of texts per name of the query, and the path's own parts.

    Names in brackets (`filter[name]=x`) are nested as in forms. Raises `TooManyFields`.
    """
    if not query:
        return Params(path_params)
    nested = decode_form(query, max_fields=max_fields)
    plain: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if "[" not in name:
            plain.setdefault(name, []).append(value)
    return Params({**nested, **plain, **path_params})
