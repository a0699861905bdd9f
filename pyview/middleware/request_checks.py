"""Middleware that refuses HTTP requests before a route runs.

The rules are in `origin`. Sockets check their own handshake.
"""

from collections.abc import Callable

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pyview.auth.audit import AUDIT, Audit
from pyview.config import SecurityConfig
from pyview.middleware.origin import check_form, check_request
from pyview.sessions.session import ACTIVE
from pyview.socket.connect import BUNDLE

POLL_PATH = "/live/longpoll"
CROSS_SITE_REFUSED = "Refused: this request was sent by a page of another site."


class RequestChecks:
    """ASGI middleware: answers 400 to an ambiguous path or an unknown host, and 403 to a form of another site.

    Forms need no hidden field for it, because browsers themselves send where a request comes from. Request bodies are
    neither read nor delayed. The middleware also puts the audit trail (`pyview.auth.audit.audit_of`), and the names of
    the files that pages load, into the scope of everything behind it.
    """

    # One middleware for all checks: an open socket keeps one frame of each middleware that it has passed.

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
        if scope["type"] == "http":
            response = self._refusal(scope)
            if response is not None:
                await response(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        # The end only, because the application may be mounted under a prefix.
        if scope["path"].endswith(POLL_PATH):
            # A page polls by itself, so a poll is no use of the session. Its connection knows of real input.
            scope[ACTIVE] = False
        refusal = check_request(scope, self._config)
        if refusal is not None:
            self._audit.record(refusal.event, scope, refusal.reason)
            # The log has the reason. The client learns nothing about the configuration.
            return PlainTextResponse("Bad Request", refusal.status)
        refusal = check_form(scope, self._config)
        if refusal is not None:
            self._audit.record(refusal.event, scope, refusal.reason, subject=scope["path"])
            return PlainTextResponse(
                CROSS_SITE_REFUSED, refusal.status, headers={"cache-control": "no-store"}
            )
        return None
