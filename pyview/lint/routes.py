"""Which routes of a whole site may answer an address, mounted applications included.

Addresses as they are written: what is known of a path of this site when parts of it are filled in later.

Routes that no request reaches, because an earlier one takes them all.
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
from pyview.lint.owners import place_of
from pyview.middleware.slashes import SlashRedirects
from pyview.routing.routes import LiveRoute
from pyview.template.html_scanner import HOLE

_END = re.compile(rf"[?#]|{ANYTHING}")
_BREAKS = re.compile(r"[\t\r\n]")
_PLAIN = re.compile(r"[^\x00-\x20\x7f\\]+")


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of a path between its slashes. A part may have a `HOLE`, which holds no slash.

    `goes_on`: after the last part comes what nobody knows.
    """

    parts: tuple[str, ...]
    goes_on: bool = False

    @property
    def path(self) -> str | None:
        """The path, if all of it is known."""
        path = "/" + "/".join(self.parts)
        return None if self.goes_on or HOLE in path else path

    def __str__(self) -> str:
        return ("/" + "/".join(self.parts)).replace(HOLE, "{}") + ("..." if self.goes_on else "")


def address(text: str) -> Address | None:
    """The address in `text`, without query and fragment; None for one of another site, or relative to the page's."""
    text = _BREAKS.sub("", text.strip())
    end = _END.search(text)
    path = text if end is None else text[: end.start()]
    if not path.startswith("/") or path.startswith("//") or not _PLAIN.fullmatch(path):
        return None
    _, *parts = unquote(path).split("/")
    if not {".", ".."}.isdisjoint(parts):
        return None
    goes_on = end is not None and end[0] == ANYTHING
    return _cautious(tuple(parts), goes_on)


def _cautious(parts: tuple[str, ...], goes_on: bool) -> Address:
    """A value right behind other text may be a query or more parts: `/users{{ query }}`."""
    last = parts[-1]
    if not goes_on and last.endswith(HOLE) and last != HOLE:
        return Address((*parts[:-1], last.rstrip(HOLE)), goes_on=True)
    return Address(parts, goes_on)


_SAMPLES = {
    "integer": (1, 4711),
    "float": (1.5, 2.25),
    "path": ("sample-a", "sample-a/b"),
    "uuid": ("0ba9c1cf-e1d1-4bd5-8d5c-0c1b1f1e2d3a",),
}
_TEXTS = ("sample-a", "sample-b")


def unreachable_routes(routes: Sequence[BaseRoute]) -> Iterator[Finding]:
    for index, route in enumerate(routes):
        if isinstance(route, LiveRoute):
            earlier = _taking_all_of(route, routes[:index])
            if earlier is not None:
                file, line = place_of(route.view_class)
                text = (
                    f"nobody reaches {route.view_class.__qualname__} at {route.path!r}: {described(earlier)} comes "
                    "first and takes all of it. Add the more particular route before"
                )
                yield Finding(file, line, "unreachable-route", text)


def _taking_all_of(route: LiveRoute, earlier: Sequence[BaseRoute]) -> BaseRoute | None:
    paths = _samples(route)
    return next((one for one in earlier if all(_takes(one, path) for path in paths)), None)


def _samples(route: LiveRoute) -> list[str]:
    convertors = route.param_convertors
    choices = [_values(convertor) for convertor in convertors.values()]
    filled = (dict(zip(convertors, values, strict=True)) for values in product(*choices))
    return [str(route.url_path_for(route.name, **values)) for values in filled]


def _values(convertor: Convertor[Any]) -> tuple[Any, ...]:
    kind = type(convertor).__name__.removesuffix("Convertor").lower()
    return _SAMPLES.get(kind, _TEXTS)


def _takes(route: BaseRoute, path: str) -> bool:
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": [], "path_params": {}}
    return route.matches(scope)[0] is Match.FULL


def described(route: BaseRoute) -> str:
    """How a finding calls a route."""
    view = f" ({route.view_class.__qualname__})" if isinstance(route, LiveRoute) else ""
    return f"{getattr(route, 'path', type(route).__name__)!r}{view}"


_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_SPANS = re.compile(r"\{\w+:(?!(?:str|int|float|uuid)\})")
"""A place in a route's path that may hold a slash."""


class LintApp:
    """The outermost application: addresses count from its root."""

    def __init__(self, app: Any) -> None:
        self._routes: Sequence[BaseRoute] = getattr(app, "routes", ())
        self.is_known = not getattr(app, "root_path", "") and _turns_away(app)
        """Whether it is certain that what no route takes is not there."""

    def takers(self, address: Address) -> list[BaseRoute]:
        """The routes that take the address by some method, or may take it, in their order; a `Mount` or any other
        route stands for whatever it does with it."""
        path = address.path
        if path is None:
            return list(_may_take(self._routes, address))
        slashed = path.rstrip("/") if path.endswith("/") else f"{path}/"
        return list(_take(self._routes, _scope(path))) or list(_take(self._routes, _scope(slashed)))

    def paths(self) -> list[str]:
        """The paths of all routes, for those who may have meant one."""
        return sorted(set(_paths(self._routes, "")))


def methods_of(route: BaseRoute) -> frozenset[str]:
    """The methods by which a route can be asked; all where it does not say."""
    endpoint = getattr(route, "endpoint", None)
    if isinstance(endpoint, type) and issubclass(endpoint, HTTPEndpoint):
        return frozenset(name for name in _METHODS if hasattr(endpoint, name.lower()))
    return frozenset(getattr(route, "methods", None) or _METHODS)


def _inner(route: BaseRoute) -> Sequence[BaseRoute] | None:
    """The routes of the application within a route; None where it cannot be told what that takes."""
    app = getattr(route, "app", None)
    if isinstance(app, Starlette | Router):
        return app.routes if _turns_away(app) else None
    return (route.routes or None) if isinstance(route, Mount | Host) else None


def _turns_away(app: Any) -> bool:
    """Whether nothing but routes answers: no application of its own comes after them."""
    router = getattr(app, "router", app)
    if not isinstance(router, Router):
        return True
    last: Any = router.default
    return (last.not_found if isinstance(last, SlashRedirects) else last) == router.not_found


# A path


def _scope(path: str) -> dict[str, Any]:
    return {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": [], "path_params": {}}


def _take(routes: Sequence[BaseRoute], scope: Mapping[str, Any]) -> Iterator[BaseRoute]:
    for route in routes:
        inner = _inner(route)
        # Which host a page is asked from is not known.
        match, more = (Match.PARTIAL, {}) if isinstance(route, Host) else route.matches(dict(scope))
        if match is not Match.NONE:
            yield from [route] if inner is None else _take(inner, {**scope, **more})
        if match is Match.FULL and isinstance(route, Mount):
            return


# A path of which not all is known


def _may_take(routes: Sequence[BaseRoute], address: Address) -> Iterator[BaseRoute]:
    for route in routes:
        if isinstance(route, Route):
            if _fits(route, address):
                yield route
        elif isinstance(route, Mount | Host):
            yield from _may_take_within(route, address)
        elif not isinstance(route, WebSocketRoute):
            yield route


def _fits(route: Route, address: Address) -> bool:
    rest = _rest(route.path.rstrip("/") or "/", address)
    return rest is not None and rest.parts in ((), ("",))


def _may_take_within(route: Mount | Host, address: Address) -> Iterator[BaseRoute]:
    rest = _rest(route.path, address) if isinstance(route, Mount) else address
    inner = _inner(route)
    if rest is not None and (inner is None or not rest.parts):
        yield route
    elif rest is not None and inner is not None:
        yield from _may_take(inner, rest)


def _rest(path: str, address: Address) -> Address | None:
    """What is left of an address after the path of a route; None if it does not begin with it."""
    given = address.parts
    for at, part in enumerate(path.split("/")[1:]):
        if _SPANS.search(part):
            return Address((), goes_on=True)
        if at == len(given):
            return None
        if address.goes_on and at == len(given) - 1:
            return Address((), goes_on=True) if _may_begin(part, given[at]) else None
        if not _may_be(part, given[at]):
            return None
    return Address(given[len(path.split("/")) - 1 :], address.goes_on)


def _may_be(part: str, given: str) -> bool:
    """Whether one part of a route's path, such as `{id:int}`, may be what is given."""
    if HOLE not in given:
        return compile_path(f"/{part}")[0].match(f"/{given}") is not None
    return "{" in part or re.fullmatch(re.escape(given).replace(HOLE, ".+"), part) is not None


def _may_begin(part: str, given: str) -> bool:
    return "{" in part or re.match(re.escape(given).replace(HOLE, ".+"), part) is not None


def _paths(routes: Sequence[BaseRoute], prefix: str) -> Iterator[str]:
    for route in routes:
        path = getattr(route, "path", "")
        if isinstance(route, Route):
            yield prefix + path
        elif isinstance(route, Mount | Host):
            yield from _paths(_inner(route) or (), prefix + path)
