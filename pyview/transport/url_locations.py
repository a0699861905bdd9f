"""Locations of the URLs that pages join with, patch to and navigate to."""

import logging
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias
from urllib.parse import urlparse

from starlette.routing import BaseRoute
from starlette.types import Scope

from pyview.config import SecurityConfig
from pyview.middleware.origin import UnsafePageURL, split_page_url
from pyview.rendering.lifecycle import NO_VALUES, Location
from pyview.routing.fixed_paths import FixedPaths
from pyview.routing.routes import resolve, url_params
from pyview.wire.form import TooManyFields

logger = logging.getLogger("pyview")

_MOST: Final = 256
_LONGEST: Final = 512  # characters of a URL and a host

_Asked: TypeAlias = "tuple[str, list[bytes], Any]"


class UrlLocations:
    """Reads URLs as a browser and the routes of one application would.

    Those of fixed paths without a query are kept: all pages of a path have the same, and it contains nothing else. To
    read one takes 10 microseconds in a join behind a server.
    """

    def __init__(self, routes: Callable[[], Sequence[BaseRoute]], config: SecurityConfig) -> None:
        self._routes = routes
        self._config = config
        self._fixed = FixedPaths(routes)
        self._kept: dict[str, tuple[str, _Asked, Location]] = {}

    def of(self, url: str, scope: Scope) -> Location | None:
        """Return the location; None for another site, another application, or a path without a live view."""
        asked = _asked(scope)
        kept = self._kept.get(url)
        if kept is not None and kept[1] == asked and self._fixed.at(kept[0]) is kept[2].route:
            return kept[2]
        try:
            return self._read(url, scope, asked)
        except (UnsafePageURL, TooManyFields) as error:
            logger.info("URL refused: %s", error)
            return None

    def _read(self, url: str, scope: Scope, asked: _Asked) -> Location | None:
        page, root_path = split_page_url(url, scope, self._config), scope.get("root_path", "")
        match = resolve(self._routes(), page.path, root_path)
        if match is None:
            return None
        params = url_params(page.query, match.path_params, self._config.max_form_fields)
        if page.query or match.path_params or "#" in url:
            return Location(match.route, urlparse(url), page.relative, params, match.path_params)
        location = Location(match.route, urlparse(url), page.relative, params, NO_VALUES)
        if not root_path and self._fixed.at(page.path) is match.route:
            self._keep(url, page.path, asked, location)
        return location

    def _keep(self, url: str, path: str, asked: _Asked, location: Location) -> None:
        if len(url) + sum(map(len, asked[1])) > _LONGEST:
            return
        if len(self._kept) >= _MOST:
            self._kept.clear()
        self._kept[url] = path, asked, location


def _asked(scope: Scope) -> _Asked:
    """Return all that decides if a URL without a prefix is one of this site."""
    hosts = [value for name, value in scope["headers"] if len(name) == 4 and name.lower() == b"host"]
    return scope.get("root_path", ""), hosts, scope.get("scheme")
