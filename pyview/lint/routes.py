"""Find the routes that may answer a path, in an application and in all that are mounted in it.

Also the rule about routes that no request can reach.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.convertors import Convertor
from starlette.endpoints import HTTPEndpoint
from starlette.routing import BaseRoute, Host, Match, Mount, Route, Router, WebSocketRoute, compile_path

from pyview.lint.finding import Finding
from pyview.lint.html import ANYTHING
from pyview.lint.template_files import position_of
from pyview.routing.routes import LiveRoute, RedirectSlashes
from pyview.template.html_scanner import PLACEHOLDER

_END = re.compile(rf"[?#]|{ANYTHING}")
_BREAKS = re.compile(r"[\t\r\n]")
_PLAIN = re.compile(r"[^\x00-\x20\x7f\\]+")


@dataclass(frozen=True, slots=True)
class PathPattern:
    """A path of which some text is known only when the page is rendered.

    `parts` are the texts between the slashes. A part may contain `PLACEHOLDER`s, whose values have no slash.
    `open_end` is True if unknown text, maybe with slashes, may follow the last part.
    """

    parts: tuple[str, ...]
    open_end: bool = False

    @property
    def path(self) -> str | None:
        """The path; None if it is not known completely."""
        path = "/" + "/".join(self.parts)
        return None if self.open_end or PLACEHOLDER in path else path

    def __str__(self) -> str:
        return ("/" + "/".join(self.parts)).replace(PLACEHOLDER, "{}") + ("..." if self.open_end else "")


def path_pattern(text: str) -> PathPattern | None:
    """Return the path of the URL in `text`; None if it has another origin or is relative to the page's URL."""
    # The URL standard: a browser removes tabs and line breaks from a URL, and the white space around it.
    text = _BREAKS.sub("", text.strip())
    end = _END.search(text)
    path = text if end is None else text[: end.start()]
    # The URL standard: a browser reads a backslash as a slash, so `/\host` would be another origin too.
    if not path.startswith("/") or path.startswith("//") or not _PLAIN.fullmatch(path):
        return None
    # ASGI servers decode the path before routes see it, so an encoded slash separates parts as well.
    _, *parts = unquote(path).split("/")
    if not {".", ".."}.isdisjoint(parts):
        return None
    if end is not None and end[0] == ANYTHING:
        return PathPattern(tuple(parts), open_end=True)
    last = parts[-1]
    if last.endswith(PLACEHOLDER) and last != PLACEHOLDER:
        # A value right behind other text may be a query or more parts: `/users{{ query }}`.
        return PathPattern((*parts[:-1], last.rstrip(PLACEHOLDER)), open_end=True)
    return PathPattern(tuple(parts))


# Two values of most types: a route that matches one by chance, such as `/users/new` for `{name}`, misses the other.
_SAMPLES = {
    "integer": (1, 4711),
    "float": (1.5, 2.25),
    "path": ("sample-a", "sample-a/b"),
    "uuid": ("0ba9c1cf-e1d1-4bd5-8d5c-0c1b1f1e2d3a",),
}
_TEXTS = ("sample-a", "sample-b")


def unreachable_routes(routes: Sequence[BaseRoute]) -> Iterator[Finding]:
    """Report live routes all of whose paths an earlier route matches.

    Route patterns are not compared: sample paths of the route are matched with each earlier route.
    """
    for index, route in enumerate(routes):
        if not isinstance(route, LiveRoute):
            continue
        paths = _sample_paths(route)
        earlier = next((one for one in routes[:index] if all(_matches(one, path) for path in paths)), None)
        if earlier is not None:
            file, line = position_of(route.view_class)
            text = (
                f"no request reaches {route.view_class.__qualname__} at {route.path!r}: the earlier route "
                f"{described(earlier)} matches all of its paths. Add the more specific route first"
            )
            yield Finding(file, line, "unreachable-route", text)


def _sample_paths(route: LiveRoute) -> list[str]:
    convertors = route.param_convertors
    choices = [_sample_values(convertor) for convertor in convertors.values()]
    filled = (dict(zip(convertors, values, strict=True)) for values in product(*choices))
    return [str(route.url_path_for(route.name, **values)) for values in filled]


def _sample_values(convertor: Convertor[Any]) -> tuple[Any, ...]:
    kind = type(convertor).__name__.removesuffix("Convertor").lower()
    return _SAMPLES.get(kind, _TEXTS)


def _matches(route: BaseRoute, path: str) -> bool:
    return route.matches(_scope(path))[0] is Match.FULL


def described(route: BaseRoute) -> str:
    """Return a route as findings name it: its path and its view."""
    view = f" ({route.view_class.__qualname__})" if isinstance(route, LiveRoute) else ""
    return f"{getattr(route, 'path', type(route).__name__)!r}{view}"


_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_SPANS = re.compile(r"\{\w+:(?!(?:str|int|float|uuid)\})")
"""A parameter of a route's path whose value may contain a slash."""


class LintApp:
    """The outermost application. Its root is the root of all paths.

    `is_complete` is True if a path that no route matches is certainly not found.
    """

    def __init__(self, app: Any) -> None:
        self._routes: Sequence[BaseRoute] = getattr(app, "routes", ())
        self.is_complete = not getattr(app, "root_path", "") and _has_no_fallback(app)

    def routes_for(self, pattern: PathPattern) -> list[BaseRoute]:
        """Return the routes that match the path with any method, or may match it, in their order.

        A `Mount` of an unknown application stands for all routes of that application.
        """
        path = pattern.path
        if path is None:
            return list(_may_match(self._routes, pattern))
        # The application redirects between a path and the same path with a slash at its end.
        slashed = path.rstrip("/") if path.endswith("/") else f"{path}/"
        return list(_matching(self._routes, _scope(path))) or list(_matching(self._routes, _scope(slashed)))

    def paths(self) -> list[str]:
        """Return the paths of all routes, to suggest one."""
        return sorted(set(_paths(self._routes, "")))


def methods_of(route: BaseRoute) -> frozenset[str]:
    """Return the HTTP methods that a route accepts; all methods if it names none."""
    endpoint = getattr(route, "endpoint", None)
    # Starlette gives the route of such a class no methods: those that the class defines are the ones it
    # accepts.
    if isinstance(endpoint, type) and issubclass(endpoint, HTTPEndpoint):
        return frozenset(name for name in _METHODS if hasattr(endpoint, name.lower()))
    return frozenset(getattr(route, "methods", None) or _METHODS)


def _inner(route: BaseRoute) -> Sequence[BaseRoute] | None:
    """Return the routes of the application inside a route; None if the application may match any path."""
    app = getattr(route, "app", None)
    if isinstance(app, Starlette | Router):
        return app.routes if _has_no_fallback(app) else None
    return (route.routes or None) if isinstance(route, Mount | Host) else None


def _has_no_fallback(app: Any) -> bool:
    """Return True if only routes answer requests: the router has no default application of its own."""
    router = getattr(app, "router", app)
    if not isinstance(router, Router):
        return True
    last: Any = router.default
    # `==` and not `is`: Python makes a new bound method at each access.
    return (last.not_found if isinstance(last, RedirectSlashes) else last) == router.not_found


# --- a path that is known ---


def _scope(path: str) -> dict[str, Any]:
    return {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": [], "path_params": {}}


def _matching(routes: Sequence[BaseRoute], scope: Mapping[str, Any]) -> Iterator[BaseRoute]:
    for route in routes:
        inner = _inner(route)
        # The host of the request is not known, so every `Host` may match.
        match, more = (Match.PARTIAL, {}) if isinstance(route, Host) else route.matches(dict(scope))
        if match is not Match.NONE:
            yield from [route] if inner is None else _matching(inner, {**scope, **more})
        # A mount that matches answers the request, even if only with 404: later routes do not get it.
        if match is Match.FULL and isinstance(route, Mount):
            return


# --- a path with placeholders ---


def _may_match(routes: Sequence[BaseRoute], pattern: PathPattern) -> Iterator[BaseRoute]:
    for route in routes:
        if isinstance(route, Route):
            if _fits(route, pattern):
                yield route
        elif isinstance(route, Mount | Host):
            yield from _may_match_within(route, pattern)
        # A route of an unknown class may match any path. That of a WebSocket never answers a link.
        elif not isinstance(route, WebSocketRoute):
            yield route


def _fits(route: Route, pattern: PathPattern) -> bool:
    rest = _rest(route.path.rstrip("/") or "/", pattern)
    return rest is not None and rest.parts in ((), ("",))


def _may_match_within(route: Mount | Host, pattern: PathPattern) -> Iterator[BaseRoute]:
    rest = _rest(route.path, pattern) if isinstance(route, Mount) else pattern
    inner = _inner(route)
    if rest is not None and (inner is None or not rest.parts):
        yield route
    elif rest is not None and inner is not None:
        yield from _may_match(inner, rest)


def _rest(path: str, pattern: PathPattern) -> PathPattern | None:
    """Return what remains of a pattern after the path of a route; None if it does not begin with that path."""
    given = pattern.parts
    for at, part in enumerate(path.split("/")[1:]):
        if _SPANS.search(part):
            return PathPattern((), open_end=True)
        if at == len(given):
            return None
        if pattern.open_end and at == len(given) - 1:
            return PathPattern((), open_end=True) if _may_start_with(part, given[at]) else None
        if not _may_equal(part, given[at]):
            return None
    return PathPattern(given[len(path.split("/")) - 1 :], pattern.open_end)


def _may_equal(part: str, given: str) -> bool:
    """Return True if one part of a route's path, such as `{id:int}`, may match the part that is given."""
    if PLACEHOLDER not in given:
        return compile_path(f"/{part}")[0].match(f"/{given}") is not None
    return "{" in part or re.fullmatch(re.escape(given).replace(PLACEHOLDER, ".+"), part) is not None


def _may_start_with(part: str, given: str) -> bool:
    return "{" in part or re.match(re.escape(given).replace(PLACEHOLDER, ".+"), part) is not None


def _paths(routes: Sequence[BaseRoute], prefix: str) -> Iterator[str]:
    for route in routes:
        path = getattr(route, "path", "")
        if isinstance(route, Route):
            yield prefix + path
        elif isinstance(route, Mount | Host):
            yield from _paths(_inner(route) or (), prefix + path)
