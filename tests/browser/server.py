"""Serves an application on a port of 127.0.0.1, in a thread."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from pyview.uvicorn_ws import websocket_protocol

START_TIMEOUT = 30.0


@contextmanager
def serving(app: ASGIApp, *, websockets: bool = True) -> Iterator[str]:
    """Serve `app` and yield its base URL without a slash at the end. Without `websockets` the server behaves like one
    behind a proxy that blocks them."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            ws=websocket_protocol() if websockets else "none",
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=2,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            _wait_until_started(server, thread)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(START_TIMEOUT)


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("The application did not start; its log says why (pytest shows it below)")
        time.sleep(0.01)
