"""The socket that the serving processes listen on."""

import errno
import os
import socket
import stat
from typing import Final

_TRIED: Final = 20  # ports, from the usual one on

_LARGEST: Final = 65535
_FOR_PROXY: Final = 0o666  # as with uvicorn: the proxy is another user

BACKLOG: Final = 2048


class CannotListen(Exception):
    """The address cannot be used. `is_taken`: because another program listens there."""

    def __init__(self, host: str, port: int | None, error: OSError | OverflowError) -> None:
        self.is_taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        place = host if port is None else f"{host}, port {port}"
        super().__init__(f"cannot listen at {place}: {_reason(error, port)}")


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


def unix_socket(path: str) -> socket.socket:
    """Return a socket that listens at a path of the file system. A left-over one of a killed server is replaced.

    Raises `CannotListen`.
    """
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if _is_left_over(path):
            os.unlink(path)
        opened.bind(path)
        os.chmod(path, _FOR_PROXY)
        opened.listen(BACKLOG)
    except OSError as error:
        opened.close()
        raise CannotListen(path, None, error) from error
    return opened


def _is_left_over(path: str) -> bool:
    try:
        if not stat.S_ISSOCK(os.stat(path).st_mode):
            return False
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.connect(path)
    except ConnectionRefusedError:
        return True
    except FileNotFoundError:
        return False
    return False


def url(listening: socket.socket, host: str) -> str:
    """Return the address for a browser. A server at every address of the host is reached at localhost."""
    name = "localhost" if host in ("0.0.0.0", "::", "") else host  # noqa: S104
    name = f"[{name}]" if ":" in name else name
    return f"http://{name}:{listening.getsockname()[1]}/"


def _reason(error: OSError | OverflowError, port: int | None) -> str:
    match error:
        case OverflowError():
            return "a port is a number from 0 to 65535"
        case OSError(errno=errno.EADDRINUSE):
            other = "a path that does not exist" if port is None else "another one with --port"
            return f"another program uses it; choose {other}"
        case OSError(errno=errno.EACCES) if port is not None:
            return f"only root may use a port below 1024; try --port {port + 8000}"
        case socket.gaierror() | OSError(errno=errno.EADDRNOTAVAIL):
            return "this host has no such address; --host 127.0.0.1 is usual"
    return error.strerror or str(error)
