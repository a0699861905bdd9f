"""The first middleware: turns away requests that no part of the application should see."""

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pyview.complaints import Complaints
from pyview.config import SecurityConfig
from pyview.transport.guards import check_request, client_address


class Gate:
    """ASGI middleware: no ambiguous path, no unknown host. Sockets are checked by their own handshake."""

    def __init__(self, app: ASGIApp, config: SecurityConfig, complaints: Complaints) -> None:
        self.app = app
        self._config = config
        self._complaints = complaints

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = check_request(scope, self._config) if scope["type"] == "http" else None
        if refusal is None:
            await self.app(scope, receive, send)
            return
        self._complaints.warn(client_address(scope), f"request refused: {refusal.reason}")
        await PlainTextResponse("Bad Request", refusal.status)(scope, receive, send)
