"""Redirects to the sign-in page and back.

All URLs are paths: the Host header, which any client may set, is never used.
"""

import re
from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import HTTPConnection
from starlette.types import Scope

from pyview.navigation import UnsafeURL, local_path

_PATH_SAFE = "/:@!$&'()*+,;=~-._"
_SAFE_PATH = re.compile(f"[A-Za-z0-9{re.escape(_PATH_SAFE)}]*")  # nearly all paths need no quoting


def safe_next(value: Any, default: str = "/") -> str:
    """Return `value` if it is a path on this site, else `default`. For the `next` field of a sign-in form:

    return RedirectResponse(safe_next(form.get("next"), "/dashboard"), status_code=303)
    """
    try:
        return local_path(value)
    except UnsafeURL:
        return default


def check_redirect(target: str) -> str:
    """Return `target` if it is a path of this app (`/login`) or may be a route name (`login_page`).

    Raises `ValueError` for anything else.
    """
    if target.startswith("/"):
        return local_path(target)
    if not target or "//" in target or any(char.isspace() or char in "\\?#" for char in target):
        raise ValueError(
            f"redirect={target!r}: expected a path of this app such as '/login', or the name of a route "
            "such as 'login_page'."
        )
    return target


def login_location(target: str, connection: HTTPConnection) -> str:
    """Return the URL of `target`, with the page of `connection` as its `next` parameter.

    `target` is a path of the app or a route name. Raises `starlette.routing.NoMatchFound` for an unknown name.
    """
    scope = connection.scope
    path = target if target.startswith("/") else str(scope["app"].url_path_for(target))
    separator = "&" if "?" in path else "?"
    return f"{_root(scope)}{path}{separator}{urlencode({'next': page_path(scope)})}"


def page_path(scope: Scope) -> str:
    """Return path and query of a connection as the browser shows them, with mount prefix and proxy prefix."""
    root, path = _root(scope), scope["path"]
    # Servers differ: some put the prefix into `path` too, some only into `root_path`.
    has_root = path == root or path.startswith(f"{root}/")
    full = path if has_root else root + path
    if not _SAFE_PATH.fullmatch(full):
        full = quote(full, safe=_PATH_SAFE)
    # A client may send any bytes; latin-1 decodes all of them.
    query = scope.get("query_string", b"").decode("latin-1")
    return f"{full}?{query}" if query else full


def _root(scope: Scope) -> str:
    root: str = scope.get("root_path", "")
    return root.rstrip("/")
