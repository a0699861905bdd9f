"""Child process: one ASGI application on uvicorn with the `standard` extra.

`python -m bench.serve bench.apps.bare:app 1` pins itself to core 1, prints its port and serves until its
standard input closes, so that it never outlives its parent.
"""

import os
import socket
import sys
import threading

import uvicorn

from bench.machine import pin, raise_file_limit


def main(application: str, core: str) -> None:
    pin(int(core) if core else None)
    raise_file_limit()
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    print(listener.getsockname()[1], flush=True)
    threading.Thread(target=exit_with_parent, daemon=True).start()
    uvicorn.Server(configuration(application)).run(sockets=[listener])


def configuration(application: str) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        loop="uvloop",
        ws="auto",
        ws_per_message_deflate=False,
        access_log=False,
        log_level="warning",
        timeout_keep_alive=600,
    )


def exit_with_parent() -> None:
    """Exit when the pipe on standard input closes: it does so however the parent ends."""
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
