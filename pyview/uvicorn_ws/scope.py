"""The ASGI scope of a WebSocket."""

import asyncio
from typing import Any
from urllib.parse import unquote

from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl

from pyview.uvicorn_ws.handshake import Handshake
from pyview.uvicorn_ws.worker import Worker


def websocket_scope(
    worker: Worker,
    transport: asyncio.Transport,
    request: Handshake,
    app_state: dict[str, Any],
    direct: dict[str, Any],
) -> dict[str, Any]:
    """Return the scope of a handshake. `direct` is the value of the extension "websocket.direct"."""
    return {
        "type": "websocket",
        "asgi": worker.asgi.copy(),
        "http_version": "1.1",
        "scheme": "wss" if is_ssl(transport) else "ws",
        "server": get_local_addr(transport),
        "client": get_remote_addr(transport),
        "root_path": worker.root_path,
        "path": worker.root_path + unquote(request.path.decode("ascii")),
        "raw_path": worker.root_path.encode("ascii") + request.path,
        "query_string": request.query,
        "headers": request.headers,
        "subprotocols": request.subprotocols,
        "state": app_state.copy(),
        "extensions": {"websocket.http.response": {}, "websocket.direct": direct},
    }
