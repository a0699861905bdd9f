"""The short way to a page or a socket: from the last middleware past Starlette's router and exception middleware."""

from typing import Any

from starlette.routing import Router, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from pyview.routing.fixed_paths import FixedPaths
from pyview.transport.endpoint import SocketEndpoint
from pyview.transport.http import FAILURE, PageEndpoint


class DirectPages:
    """ASGI middleware inside all others: answers a GET of a live route that has a fixed path, and serves the socket of
    the pages.

    Starlette would ask each route in turn, and make a `Request` and two functions for exceptions: a tenth of the time
    of a small page. An open socket would keep five frames more. Any other request goes on to it, and so does a page
    that fails, since the exception handlers of the application are Starlette's to call.
    """

    def __init__(self, app: ASGIApp, router: Router) -> None:
        self.app = app
        self._router = router
        self._fixed = FixedPaths(lambda: router.routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await (self._socket_endpoint(scope) or self.app)(scope, receive, send)
            return
        # Under a prefix, servers and Starlette differ in what `path` contains.
        is_plain = scope["type"] == "http" and scope["method"] == "GET" and not scope.get("root_path")
        route = self._fixed.at(scope["path"]) if is_plain else None
        endpoint: Any = None if route is None else route.endpoint
        if not isinstance(endpoint, PageEndpoint):
            await self.app(scope, receive, send)
            return
        self._note(scope, route, endpoint)
        try:
            response = await endpoint.respond(scope, receive, send)
        except Exception as error:
            scope[FAILURE] = error
            await self.app(scope, receive, send)
        else:
            await response(scope, receive, send)

    def _socket_endpoint(self, scope: Scope) -> SocketEndpoint | None:
        """Return the endpoint of a socket that connects at the path of the first route, where ours is."""
        routes = self._router.routes
        first = routes[0] if routes else None
        if type(first) is not WebSocketRoute or first.path != scope["path"] or scope.get("root_path"):
            return None
        endpoint: Any = first.app
        if type(endpoint) is not SocketEndpoint:
            return None
        self._note(scope, first, endpoint)
        return endpoint

    def _note(self, scope: Scope, route: object, endpoint: object) -> None:
        """Note what Starlette's router notes for middlewares and views."""
        scope.setdefault("router", self._router)
        scope.update(route=route, endpoint=endpoint, path_params={**scope.get("path_params", {})})
