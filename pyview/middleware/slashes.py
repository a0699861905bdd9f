"""A path with one slash too many or too few at its end leads to the route that it means."""

from collections.abc import Callable, Sequence

from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send


class SlashRedirects:
    """What a router asks when no route fits, before `not_found`.

    Starlette's own redirect names the host that the request named, which is the visitor's word; this one says the path
    alone.
    """

    def __init__(self, routes: Callable[[], Sequence[BaseRoute]], not_found: ASGIApp) -> None:
        self._routes = routes
        self.not_found = not_found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        other = self._other(scope) if scope["type"] == "http" else None
        if other is None or not self._is_routed({**scope, "path": other}):
            await self.not_found(scope, receive, send)
            return
        query = scope["query_string"].decode("latin-1")
        await RedirectResponse(f"{other}?{query}" if query else other)(scope, receive, send)

    @staticmethod
    def _other(scope: Scope) -> str | None:
        """The same path with the slash at its end, or without it; None for one that would not be on this host."""
        path: str = scope["path"]
        if path.removeprefix(scope.get("root_path", "")) == "/":
            return None
        other = path.rstrip("/") if path.endswith("/") else f"{path}/"
        return other if other.startswith("/") and not other.startswith("//") else None

    def _is_routed(self, scope: Scope) -> bool:
        return any(route.matches(scope)[0] is not Match.NONE for route in self._routes())
