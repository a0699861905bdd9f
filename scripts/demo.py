"""Serve the examples: `python -m scripts.demo`, on port 8000, PORT, or a free one."""

import os
import secrets
import socket
from contextlib import suppress

import uvicorn

from pyview import SecurityConfig
from pyview.uvicorn_ws import websocket_protocol

HOST = "127.0.0.1"


def open_socket() -> socket.socket:
    wanted = os.environ.get("PORT")
    for port in [int(wanted)] if wanted else [8000, 0]:
        try:
            return socket.create_server((HOST, port))
        except OSError as error:
            taken = error
    raise SystemExit(f"Port {port} cannot be opened ({taken.strerror}); choose another: make demo PORT=8080")


class AnnouncingServer(uvicorn.Server):
    """Server that prints its URL when it has started, below the output of the applications."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listening in sockets or []:
            port = listening.getsockname()[1]
            print(f"\n  PyView's examples: http://{HOST}:{port}/   (Ctrl-C stops)\n", flush=True)


def configuration() -> uvicorn.Config:
    largest = SecurityConfig().max_upload_frame
    return uvicorn.Config(
        "examples.gallery:app",
        log_level="warning",
        ws=websocket_protocol(),
        ws_max_size=largest,
        ws_per_message_deflate=False,
    )


def main() -> None:
    os.environ.setdefault("PYVIEW_SECRET", secrets.token_urlsafe(32))
    print("starting the examples", flush=True)
    with open_socket() as listening, suppress(KeyboardInterrupt):
        AnnouncingServer(configuration()).run(sockets=[listening])


if __name__ == "__main__":
    main()
