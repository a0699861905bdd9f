"""Who holds the key: in the page's address, in a header, or in the socket's bearer token."""

import hmac
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocket

from pyview.auth import AuthProvider, LiveConnection


class APIKeyAuthProvider(AuthProvider):
    """People follow a link with ``?api_key=``; programs send ``Authorization: Bearer``, and on the socket, where
    browsers cannot set headers, the bearer sub-protocol."""

    def __init__(self, required_key: str) -> None:
        self.required_key = required_key

    async def has_required_auth(self, websocket: WebSocket) -> bool:
        token = websocket.auth_token if isinstance(websocket, LiveConnection) else None
        return self.fits(token) or self.fits(offered(websocket))

    def wrap(self, func: Callable[[Any], Awaitable[Any]]) -> Callable[[Any], Awaitable[Any]]:
        async def wrapped(request: Request) -> Any:
            if not self.fits(offered(request)):
                return PlainTextResponse("This page needs an API key: ?api_key=...", status_code=401)
            return await func(request)

        return wrapped

    def fits(self, key: str | None) -> bool:
        return key is not None and hmac.compare_digest(key.encode(), self.required_key.encode())


def offered(connection: HTTPConnection) -> str | None:
    """The key in the address or in the Authorization header."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else connection.query_params.get("api_key")
