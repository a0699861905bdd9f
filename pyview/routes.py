"""From a URL to a view: one ordered list of routes, read the same way by HTTP and by the socket.

Starlette takes the first route that matches, in the order of registration. The socket asks the same routes in the same
order, so a page can never be reached over one door with the protection of another.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

from pyview.binding import Params
from pyview.hooks import OnMountHook, hooks_of, unique
from pyview.live_session import DEFAULT, LiveSession
from pyview.live_view import LiveView
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
    ) -> None:
        super().__init__(path, endpoint, methods=["GET"], name=name or view_class.__name__)
        self.view_class = view_class
        self.live_session = live_session
        self.hooks: tuple[OnMountHook, ...] = unique((*live_session.hooks, *hooks_of(view_class)))

    @property
    def key(self) -> str:
        """Names the route in a page token, on every worker alike."""
        return self.path


@dataclass(frozen=True, slots=True)
class RouteMatch:
    """Where a path leads."""

    route: LiveRoute
    path_params: Mapping[str, Any]


def resolve(routes: Iterable[BaseRoute], path: str, root_path: str) -> RouteMatch | None:
    """The live route that an HTTP GET of `path` would reach; None when another route or none would answer.

    `path` is decoded and includes `root_path`, as in an ASGI scope.
    """
    scope = _http_scope(path, root_path)
    for route in routes:
        match, child_scope = route.matches(scope)
        if match is Match.FULL:
            return _live_match(route, child_scope)
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
