"""Child process: one ASGI application on uvicorn with the `standard` extra.

`python -m bench.serve bench.apps.bare:app 1 uvicorn` pins itself to core 1, prints its port and serves with uvicorn's
own WebSocket protocol until its standard input closes, so that it never outlives its parent. Without a third
argument it takes our protocol.
"""

import os
import socket
import sys
import threading

import uvicorn

from bench.machine import pin, raise_file_limit

PROTOCOLS = {"uvicorn": "auto", "picows": "pyview.uvicorn_ws:PicowsProtocol"}


def main(application: str, core: str, protocol: str = "picows") -> None:
    pin(int(core) if core else None)
    raise_file_limit()
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    print(listener.getsockname()[1], flush=True)
    threading.Thread(target=exit_with_parent, daemon=True).start()
    uvicorn.Server(configuration(application, protocol)).run(sockets=[listener])


def configuration(application: str, protocol: str) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        loop="uvloop",
        ws=PROTOCOLS[protocol],
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
