"""Live routes whose path has no parameters, found by their path alone."""

from collections.abc import Callable, Sequence
from typing import Final

from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from pyview.routing.own_route import OwnRoute
from pyview.routing.routes import LiveRoute, resolve

# A request matches these by type, method and path. Others, such as `Host`, may look at anything.
_MATCHED_BY_PATH: Final = frozenset({LiveRoute, OwnRoute, Route, WebSocketRoute, Mount})


class FixedPaths:
    """The live routes of one application that a GET of a fixed path reaches.

    Starlette asks one route after the other. Here that is done once for each path without parameters, and again when
    the routes have changed.
    """

    def __init__(self, routes: Callable[[], Sequence[BaseRoute]]) -> None:
        self._routes = routes
        self._known: list[BaseRoute] = []
        self._at: dict[str, LiveRoute] = {}

    def at(self, path: str) -> LiveRoute | None:
        """Return the live route of `path`, without the prefix of a mount. None: ask the routes themselves."""
        # Routes may be added at any time, to a list that belongs to Starlette.
        if self._routes() != self._known:
            self._learn([*self._routes()])
        return self._at.get(path)

    def _learn(self, routes: list[BaseRoute]) -> None:
        self._known, self._at = routes, {}
        for route in routes:
            if type(route) not in _MATCHED_BY_PATH:
                return
            if type(route) is LiveRoute and not route.param_convertors:
                found = resolve(routes, route.path, "")
                if found is not None and found.route is route:
                    self._at[route.path] = route
