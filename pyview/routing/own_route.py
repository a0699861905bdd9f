"""Routes of PyView itself, which come before those of the application."""

from typing import Any

from starlette.routing import Match, Route
from starlette.types import Scope


class OwnRoute(Route):
    """A route that lets most other requests pass after one comparison, because every page passes it."""

    def __init__(self, path: str, endpoint: Any, **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self._beginning = path.partition("{")[0]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        # Anywhere in the path: the application may be mounted under a prefix.
        return super().matches(scope) if self._beginning in scope["path"] else (Match.NONE, {})
