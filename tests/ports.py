"""Ports for servers of tests."""

import atexit
from socket import SO_REUSEADDR, SOL_SOCKET, socket


def free_port() -> int:
    """Return a free port of 127.0.0.1, which no other program is given by chance until this interpreter ends.

    Parts of the tests run side by side, and a server binds its port a second later. So the port stays bound here. A
    server sets SO_REUSEADDR too, and may listen at a port that is bound and at which no other socket listens.
    """
    reserved = socket()
    atexit.register(reserved.close)
    reserved.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    port: int = reserved.getsockname()[1]
    return port
