"""The first middleware: turns away requests that no part of the application should see."""

from collections.abc import Callable

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pyview.auth.audit import AUDIT, Audit
from pyview.config import SecurityConfig
from pyview.middleware.origin import check_request
from pyview.sessions.session import ACTIVE
from pyview.socket.connect import BUNDLE

POLL_PATH = "/live/longpoll"


class HostCheckMiddleware:
    """ASGI middleware: no ambiguous path, no unknown host. Sockets are checked by their own handshake.

    Whatever passes knows the application's audit trail (`pyview.auth.audit.audit_of`), and what its pages load.
    """

    def __init__(
        self, app: ASGIApp, config: SecurityConfig, audit: Audit, bundle: Callable[[], frozenset[str]]
    ) -> None:
        self.app = app
        self._config = config
        self._audit = audit
        self._bundle = bundle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[AUDIT] = self._audit
        scope[BUNDLE] = self._bundle()
        if scope["type"] == "http" and scope["path"].endswith(POLL_PATH):
            # A page asks for news, and says that it is there, without its reader; of an event the connection knows.
            scope[ACTIVE] = False
        refusal = check_request(scope, self._config) if scope["type"] == "http" else None
        if refusal is None:
            await self.app(scope, receive, send)
            return
        self._audit.record(refusal.event, scope, refusal.reason)
        await PlainTextResponse("Bad Request", refusal.status)(scope, receive, send)
