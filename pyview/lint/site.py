"""Which routes of a whole site may answer an address, mounted applications included."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.routing import BaseRoute, Host, Match, Mount, Route, Router, WebSocketRoute, compile_path

from pyview.lint.addresses import Address
from pyview.lint.holes import HOLE
from pyview.middleware.slashes import SlashRedirects

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_SPANS = re.compile(r"\{\w+:(?!(?:str|int|float|uuid)\})")
"""A place in a route's path that may hold a slash."""


class Site:
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
