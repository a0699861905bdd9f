"""The ASGI scope a server would make for a WebSocket handshake.

A browser's cookie jar: what servers set, and what scripts on the page set and delete.

Addresses as a browser reads them.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import httpx
from starlette.types import Scope


def set_cookie(jar: httpx.Cookies, url: str, name: str, value: str, max_age: int | None = None) -> None:
    """What `document.cookie = ...` does on a page at `url`: the cookie is the server's to replace or to delete."""
    age = "" if max_age is None else f"; Max-Age={max_age}"
    _take(jar, url, f"{name}={value}; Path=/{age}")


def delete_cookie(jar: httpx.Cookies, url: str, name: str) -> None:
    _take(jar, url, f"{name}=; Path=/; Max-Age=-1")


def _take(jar: httpx.Cookies, url: str, header: str) -> None:
    # Going through a response gives the cookie the domain that the jar gives to the server's own.
    request = httpx.Request("GET", url)
    jar.extract_cookies(httpx.Response(200, headers=[("set-cookie", header)], request=request))


def absolute(base: str, href: str) -> str:
    """What `a.href` says for a link on the page at `base`."""
    if href.startswith("?"):  # `urljoin` takes a query without text for none
        return without_fragment(base).partition("?")[0] + href
    return urljoin(base, href)


def origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def same_origin(one: str, other: str) -> bool:
    return origin(one) == origin(other)


def path_and_query(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"


def without_fragment(url: str) -> str:
    return url.partition("#")[0]


CLIENT_ADDRESS = ("127.0.0.1", 50000)


def websocket_scope(
    request: httpx.Request,
    *,
    subprotocols: Sequence[str],
    root_path: str,
    client: tuple[str, int],
    state: dict[str, Any],
) -> Scope:
    """`request` is the handshake's GET, with its cookies; `root_path` is a prefix of its path, as ASGI has it."""
    url = request.url
    secure = url.scheme in ("https", "wss")
    return {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "wss" if secure else "ws",
        "path": unquote(url.path),
        "raw_path": url.raw_path.split(b"?")[0],
        "query_string": url.query,
        "root_path": root_path,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": client,
        "server": (url.host, url.port or (443 if secure else 80)),
        "subprotocols": list(subprotocols),
        "state": dict(state),
        "extensions": {"websocket.http.response": {}},
    }
