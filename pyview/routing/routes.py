"""Routes of live views: URL -> view and parameters, read alike by HTTP and by joins.

Starlette takes the first route that matches, in the order of registration. A join asks the same routes in the same
order, so that a page never gets another view, or another guard, over the socket than over HTTP.
"""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pyview.binding import Params, check_mount_without_url
from pyview.events import compile_view
from pyview.hooks import OnMountHook, hooks_of, unique
from pyview.live_view import LiveView
from pyview.routing.live_session import DEFAULT, LiveSession
from pyview.template.container import Container, ContainerElement, container_of
from pyview.wire.form import decode_form


class LiveRoute(Route):
    """Path that serves a live view, in a live session.

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
        """Return 404 instead of 500 for `{id:int}` with more than 4,300 digits, which Python refuses to convert."""
        try:
            return super().matches(scope)
        except ValueError:
            return Match.NONE, {}

    def may_be_patched_to(self, other: Any) -> bool:
        """Return True if a view may keep running when its URL changes to `other`.

        That is so for the same class in the same live session: both routes have the same guards and hooks then.
        """
        return other is self or (
            isinstance(other, LiveRoute)
            and other.view_class is self.view_class
            and other.live_session is self.live_session
        )


def container_at(
    path: str, view_class: type[LiveView[Any]], live_session: LiveSession, given: ContainerElement | None
) -> Container:
    """Return the element of a page: that of its route, else of its class, else of its live session.

    Raises `TypeError` and `ValueError` for an invalid element.
    """
    if given is not None:
        return container_of(given, f"add_live_view({path!r}, ..., container)")
    if view_class.container is not None:
        return container_of(view_class.container, f"{view_class.__qualname__}.container")
    return live_session.container or Container()


_PLAIN = Container()


@dataclass(frozen=True, slots=True, eq=False)
class NestedRoute:
    """Route of a view without a URL, which a page renders in an element, in the live session of that page."""

    view_class: type[LiveView[Any]]
    live_session: LiveSession
    hooks: tuple[OnMountHook, ...]
    action: None = None
    container: Container = _PLAIN

    def may_be_patched_to(self, other: Any) -> bool:
        """Return False: a view without a URL is never patched."""
        return False


class NestedRoutes:
    """Routes of the nested views of one application, one for each view class and live session."""

    def __init__(self, routes: Callable[[], Sequence[BaseRoute]]) -> None:
        self._routes = routes
        self._nested: dict[tuple[str, str], NestedRoute] = {}

    def of(self, view_class: type[LiveView[Any]], live_session: LiveSession) -> NestedRoute:
        """Return the route of a view. Raises `TypeError` and `SignatureError` for callbacks that cannot be called."""
        key = view_key(view_class), live_session.name
        route = self._nested.get(key)
        # Classes that a function makes share a key; the newest one is in use.
        if route is None or route.view_class is not view_class:
            compile_view(view_class)
            check_mount_without_url(view_class)
            route = self._nested[key] = NestedRoute(view_class, live_session, hooks_of(view_class))
        return route

    def find(self, key: str, group: str) -> NestedRoute | None:
        """Return the route for a view key and live session of a token; None if this version has no such view.

        Another worker may have rendered the page, so this one may not have seen the view: its module is imported then.
        """
        route = self._nested.get((key, group))
        if route is not None:
            return route
        live = [route for route in self._routes() if isinstance(route, LiveRoute)]
        view_class = next((each.view_class for each in live if view_key(each.view_class) == key), None)
        # A view in a page of Starlette is in the default group, which may have no route of its own.
        # By name, because the token may come from another worker.
        sessions = (DEFAULT, *(each.live_session for each in live))
        live_session = next((each for each in sessions if each.name == group), None)
        # The token is encrypted by the server, so no browser can choose the module that is imported.
        view_class = view_class or _imported(key)
        return None if view_class is None or live_session is None else self.of(view_class, live_session)

    def at(self, page: str, scope: Scope) -> "RouteMatch | None":
        """Return the live route of `page`, the path and query of a page of this application."""
        return resolve(self._routes(), unquote(page.partition("?")[0]), scope.get("root_path", ""))


def _imported(key: str) -> type[LiveView[Any]] | None:
    module, _, name = key.partition(":")
    try:
        found: Any = reduce(getattr, name.split("."), sys.modules.get(module) or import_module(module))
    except (ImportError, AttributeError):
        return None
    # A newer version of the application may have something else under this name.
    return found if isinstance(found, type) and issubclass(found, LiveView) else None


class RouteMatch(NamedTuple):
    """A live route, and the path parameters of the URL that led to it."""

    route: LiveRoute
    path_params: Mapping[str, Any]


def resolve(routes: Iterable[BaseRoute], path: str, root_path: str) -> RouteMatch | None:
    """Return the live route that an HTTP GET of `path` would reach; None if no live route would answer.

    `path` is decoded and includes `root_path`, as in an ASGI scope.
    """
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "root_path": root_path,
        "headers": [],
        "query_string": b"",
        "path_params": {},
    }
    try:
        for route in routes:
            if not root_path and _has_other_path(route, path):
                continue
            match, child_scope = route.matches(scope)
            # A partial match is a route for other methods only.
            # Starlette, too, goes on to a later route that takes GET.
            if match is Match.FULL:
                if isinstance(route, LiveRoute):
                    return RouteMatch(route, child_scope.get("path_params", {}))
                return None
    except ValueError:
        pass  # a plain route refuses the path like this, and HTTP would answer 500
    return None


def _has_other_path(route: BaseRoute, path: str) -> bool:
    """Return True if `route` is certainly not that of `path`. Most are not, and `matches` takes four times as long."""
    if type(route) is LiveRoute or type(route) is Route:
        return route.path_regex.match(path) is None
    return False


def view_key(view_class: type[LiveView[Any]]) -> str:
    """Return the name of a view class for tokens, which is the same in every worker."""
    return f"{view_class.__module__}:{view_class.__qualname__}"


def url_params(query: str, path_params: Mapping[str, Any], max_fields: int) -> Params:
    """Return the parameters for `handle_params`: a list of strings for each name of the query, and the path parameters.

    Names in brackets (`filter[name]=x`) are nested as in forms. Raises `TooManyFields`.
    """
    if not query:
        return Params(path_params)  # most pages
    # A query counts as input like a form: without a limit of fields one URL could keep the loop busy.
    nested = decode_form(query, max_fields=max_fields)
    plain: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if "[" not in name:
            plain.setdefault(name, []).append(value)
    # Path parameters come last: a query must not replace the id that the route has matched.
    return Params({**nested, **plain, **path_params})


class RedirectSlashes:
    """ASGI application that a router calls if no route matches, before `not_found`.

    Starlette's own redirect (`redirect_slashes`) repeats the `Host` header, which any client may set. This one
    redirects to the path alone.
    """

    def __init__(self, routes: Callable[[], Sequence[BaseRoute]], not_found: ASGIApp) -> None:
        self._routes = routes
        self.not_found = not_found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        other = _other_path(scope) if scope["type"] == "http" else None
        if other is not None:
            changed = {**scope, "path": other}
            if any(route.matches(changed)[0] is not Match.NONE for route in self._routes()):
                # ASGI gives the query as percent-encoded bytes, and Latin-1 keeps every byte.
                query = scope["query_string"].decode("latin-1")
                await RedirectResponse(f"{other}?{query}" if query else other)(scope, receive, send)
                return
        await self.not_found(scope, receive, send)


def _other_path(scope: Scope) -> str | None:
    """Return the path with a slash at its end, or without it; None if the browser would take it for another host."""
    path: str = scope["path"]
    if path.removeprefix(scope.get("root_path", "")) == "/":
        return None
    other = path.rstrip("/") if path.endswith("/") else f"{path}/"
    return other if other.startswith("/") and not other.startswith("//") else None
