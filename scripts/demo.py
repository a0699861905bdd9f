"""Serve the examples on one address: `python -m scripts.demo`, port 8000 or PORT, or a free one."""

import os
import socket

import uvicorn

HOST = "127.0.0.1"


def open_socket() -> socket.socket:
    wanted = os.environ.get("PORT")
    for port in [int(wanted)] if wanted else [8000, 0]:
        try:
            return socket.create_server((HOST, port))
        except OSError as error:
            taken = error
    raise SystemExit(f"Port {port} cannot be opened ({taken.strerror}); choose another: make demo PORT=8080")


def main() -> None:
    with open_socket() as listening:
        print(
            f"\n  PyView's examples: http://{HOST}:{listening.getsockname()[1]}/   (Ctrl-C stops)\n",
            flush=True,
        )
        config = uvicorn.Config("examples.gallery:app", log_level="warning", ws_per_message_deflate=False)
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
