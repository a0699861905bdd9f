"""Provider that accepts an API key in the URL, in a header, or in the socket's bearer token."""

import hmac
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocket

from pyview.auth import AuthProvider, LiveConnection


class APIKeyAuthProvider(AuthProvider):
    """Accepts ``?api_key=`` from links, ``Authorization: Bearer`` from programs, and on the socket, where browsers
    cannot set headers, the bearer sub-protocol."""

    def __init__(self, required_key: str) -> None:
        self.required_key = required_key

    async def has_required_auth(self, websocket: WebSocket) -> bool:
        token = websocket.auth_token if isinstance(websocket, LiveConnection) else None
        return self.matches(token) or self.matches(sent_key(websocket))

    def wrap(self, func: Callable[[Any], Awaitable[Any]]) -> Callable[[Any], Awaitable[Any]]:
        async def wrapped(request: Request) -> Any:
            if not self.matches(sent_key(request)):
                return PlainTextResponse("This page needs an API key: ?api_key=...", status_code=401)
            return await func(request)

        return wrapped

    def matches(self, key: str | None) -> bool:
        return key is not None and hmac.compare_digest(key.encode(), self.required_key.encode())


def sent_key(connection: HTTPConnection) -> str | None:
    """Return the key in the Authorization header or in the URL."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else connection.query_params.get("api_key")
