"""The short way to a page: from the last middleware to its view, past Starlette's router and exception middleware."""

from typing import Any

from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from pyview.routing.fixed_paths import FixedPaths
from pyview.transport.http import FAILURE, PageEndpoint


class DirectPages:
    """ASGI middleware inside all others: answers a GET of a live route that has a fixed path.

    Starlette would ask each route in turn, and make a `Request` and two functions for exceptions: a tenth of the time
    of a small page. Any other request goes on to it, and so does a page that fails, since the exception handlers of the
    application are Starlette's to call.
    """

    def __init__(self, app: ASGIApp, router: Router) -> None:
        self.app = app
        self._router = router
        self._fixed = FixedPaths(lambda: router.routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Under a prefix, servers and Starlette differ in what `path` contains.
        is_plain = scope["type"] == "http" and scope["method"] == "GET" and not scope.get("root_path")
        route = self._fixed.at(scope["path"]) if is_plain else None
        endpoint: Any = None if route is None else route.endpoint
        if not isinstance(endpoint, PageEndpoint):
            await self.app(scope, receive, send)
            return
        # What Starlette's router notes for middlewares and views.
        scope.setdefault("router", self._router)
        scope.update(route=route, endpoint=endpoint, path_params={**scope.get("path_params", {})})
        try:
            response = await endpoint.respond(scope, receive, send)
        except Exception as error:
            scope[FAILURE] = error
            await self.app(scope, receive, send)
        else:
            await response(scope, receive, send)
