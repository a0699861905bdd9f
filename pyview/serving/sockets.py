"""The socket that the serving processes listen on."""

import errno
import socket
from typing import Final

_TRIED: Final = 20  # ports, from the usual one on

_LARGEST: Final = 65535

BACKLOG: Final = 2048


class CannotListen(Exception):
    """The address cannot be used. `is_taken`: because another program listens there."""

    def __init__(self, host: str, port: int, error: OSError | OverflowError) -> None:
        self.is_taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        super().__init__(f"cannot listen at {host}, port {port}: {_reason(error, port)}")


def listening_socket(host: str, port: int | None, usual: int) -> socket.socket:
    """Return a socket that listens at `host`: at `port`, or without one at the first free port from `usual` on.

    Raises `CannotListen`.
    """
    if port is not None:
        return _opened(host, port)
    for tried in range(usual, usual + _TRIED):
        try:
            return _opened(host, tried)
        except CannotListen as error:
            if not error.is_taken:
                raise
    return _opened(host, 0)


def _opened(host: str, port: int) -> socket.socket:
    try:
        if not 0 <= port <= _LARGEST:
            raise OverflowError  # `getaddrinfo` takes the remainder
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as error:
        raise CannotListen(host, port, error) from error


def url(listening: socket.socket, host: str) -> str:
    """Return the address for a browser. A server at every address of the host is reached at localhost."""
    name = "localhost" if host in ("0.0.0.0", "::", "") else host  # noqa: S104
    name = f"[{name}]" if ":" in name else name
    return f"http://{name}:{listening.getsockname()[1]}/"


def _reason(error: OSError | OverflowError, port: int) -> str:
    match error:
        case OverflowError():
            return "a port is a number from 0 to 65535"
        case OSError(errno=errno.EADDRINUSE):
            return "another program listens there; choose another one with --port"
        case OSError(errno=errno.EACCES):
            return f"only root may use a port below 1024; try --port {port + 8000}"
        case socket.gaierror() | OSError(errno=errno.EADDRNOTAVAIL):
            return "this host has no such address; --host 127.0.0.1 is usual"
    return error.strerror or str(error)
