"""The first middleware: turns away requests that no part of the application should see."""

import logging

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pyview.config import SecurityConfig
from pyview.transport.guards import check_request

logger = logging.getLogger("pyview.security")


class Gate:
    """ASGI middleware: no ambiguous path, no unknown host. Sockets are checked by their own handshake."""

    def __init__(self, app: ASGIApp, config: SecurityConfig) -> None:
        self.app = app
        self._config = config

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = check_request(scope, self._config) if scope["type"] == "http" else None
        if refusal is None:
            await self.app(scope, receive, send)
            return
        logger.warning("request refused: %s", refusal.reason)
        await PlainTextResponse("Bad Request", refusal.status)(scope, receive, send)
