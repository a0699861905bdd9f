"""Hosts that `pyview dev` answers: local names and addresses, unless the application names its own.

A page of another site can give its name our address (DNS rebinding), and is then the same origin for the browser. It
must not read the pages of an application in development, with source code and states.
"""

import socket
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any, Final

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pyview.serving.server import live_apps

_SHOWN: Final = 100  # characters of a name that the client has chosen


def with_local_names(app: Any, host: str) -> Any:
    """Return `app` behind a check of the `Host` header. `host` is the address that the server listens at.

    An application with `allowed_hosts` checks the header itself, and is returned as it is.
    """
    names = [live.security.allowed_hosts for live in live_apps(app)]
    return LocalNames(app, host) if names and not any(names) else app


class LocalNames:
    """ASGI application that passes requests for IP addresses, `localhost` and this machine on, and refuses others."""

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        machine = socket.gethostname().lower()
        self._names = frozenset({"localhost", host, machine, f"{machine.partition('.')[0]}.local"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self._is_local(name := _host(scope["headers"])):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await _refused(name)(scope, receive, send)

    def _is_local(self, name: str) -> bool:
        return name in self._names or name.endswith(".localhost") or _is_address(name)


def _refused(name: str) -> PlainTextResponse:
    shown = name[:_SHOWN]
    return PlainTextResponse(
        f"pyview dev answers at localhost and at IP addresses, not at {shown!r}. "
        f"If that is a name of yours: SecurityConfig(allowed_hosts=[{shown!r}, 'localhost'])\n",
        400,
    )


def _host(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Return the name in the `Host` header in lower case, "" unless there is exactly one."""
    found = [value.decode("latin-1").strip().lower() for name, value in headers if name.lower() == b"host"]
    if len(found) != 1:
        return ""
    name, colon, port = found[0].rpartition(":")
    return (name if colon and port.isdecimal() else found[0]).rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True
