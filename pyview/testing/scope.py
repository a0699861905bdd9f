"""The ASGI scope a server would make for a WebSocket handshake."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

import httpx
from starlette.types import Scope

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
