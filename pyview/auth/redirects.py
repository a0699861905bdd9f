"""Where to send somebody who must sign in, and where to send them back.

Locations are relative: the Host header, which anybody may set, never enters them.
"""

from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import HTTPConnection
from starlette.types import Scope

from pyview.navigation import UnsafeURL, local_path

_PATH_SAFE = "/:@!$&'()*+,;=~-._"


def safe_next(value: Any, default: str = "/") -> str:
    """`value` if it is a path on this site, else `default`: what to do with the `next` of a login form.

    return RedirectResponse(safe_next(form.get("next"), "/dashboard"), status_code=303)
    """
    try:
        return local_path(value)
    except UnsafeURL:
        return default


def check_redirect(target: str) -> str:
    """`target` if it is a path of this app (`/login`) or could be a route name (`login_page`). Raises
    `ValueError`."""
    if target.startswith("/"):
        return local_path(target)
    if not target or "//" in target or any(char.isspace() or char in "\\?#" for char in target):
        raise ValueError(
            f"redirect={target!r}: expected a path of this app such as '/login', or the name of a route "
            "such as 'login_page'."
        )
    return target


def login_location(target: str, connection: HTTPConnection) -> str:
    """The URL of `target`, a path of the app or a route name, that leads back to the page of `connection`.

    Raises `starlette.routing.NoMatchFound` for a name that no route has.
    """
    scope = connection.scope
    path = target if target.startswith("/") else str(scope["app"].url_path_for(target))
    joint = "&" if "?" in path else "?"
    return f"{_root(scope)}{path}{joint}{urlencode({'next': page_path(scope)})}"


def page_path(scope: Scope) -> str:
    """Path and query of a connection as the browser shows them, mount prefix and proxy prefix included."""
    root, path = _root(scope), scope["path"]
    inside = path == root or path.startswith(f"{root}/")
    full = quote(path if inside else root + path, safe=_PATH_SAFE)
    query = scope.get("query_string", b"").decode("latin-1")
    return f"{full}?{query}" if query else full


def _root(scope: Scope) -> str:
    root: str = scope.get("root_path", "")
    return root.rstrip("/")
