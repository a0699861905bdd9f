"""Locations of the pages of one route, read from their requests."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.types import Scope

from pyview.auth.redirects import page_path
from pyview.rendering.lifecycle import Location
from pyview.routing.request_url import request_url
from pyview.routing.routes import LiveRoute, url_params
from pyview.wire.form import TooManyFields

_NO_PARAMS: Final[Mapping[str, Any]] = MappingProxyType({})


class PageLocations:
    """Reads the location of each request to a route.

    The last one is kept if its URL has neither a query nor parameters: then all requests to the same host have the
    same. A location cannot change, and contains nothing but the URL. Views that wait for their page share it as well.
    """

    def __init__(self) -> None:
        self._last: tuple[tuple[Any, ...], Location] | None = None

    def of(self, scope: Scope, route: LiveRoute, max_fields: int) -> Location:
        """Return the location. Raises `HTTPException` for a query with more than `max_fields` fields."""
        if scope.get("query_string") or scope.get("path_params"):
            return _location(scope, route, scope.get("path_params", _NO_PARAMS), max_fields)
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        # Without the header, the URL has the address of the server.
        key = (scope["path"], scope.get("root_path", ""), scope.get("scheme"), hosts or scope.get("server"))
        last = self._last
        if last is None or last[0] != key:
            last = self._last = (key, _location(scope, route, _NO_PARAMS, max_fields))
        return last[1]


def _location(scope: Scope, route: LiveRoute, path_params: Mapping[str, Any], max_fields: int) -> Location:
    url = request_url(scope)
    try:
        params = url_params(url.query, path_params, max_fields)
    except TooManyFields as error:
        raise HTTPException(400, str(error)) from None
    return Location(route, url, page_path(scope), params, path_params)
