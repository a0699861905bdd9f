"""Middlewares that refuse HTTP requests before a route runs.

The rules are in `origin`. Sockets check their own handshake.
"""

from collections.abc import Callable

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pyview.auth.audit import AUDIT, Audit, audit_of
from pyview.config import SecurityConfig
from pyview.middleware.origin import check_form, check_request
from pyview.sessions.session import ACTIVE
from pyview.socket.connect import BUNDLE

POLL_PATH = "/live/longpoll"
CROSS_SITE_REFUSED = "Refused: this request was sent by a page of another site."


class HostCheckMiddleware:
    """ASGI middleware: answers 400 to an ambiguous path or an unknown host.

    It also puts the audit trail (`pyview.auth.audit.audit_of`), and the names of the files that pages load, into the
    scope of everything behind it.
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
        refusal = None
        if scope["type"] == "http":
            if scope["path"].endswith(POLL_PATH):
                # A page polls by itself, so a poll is no use of the session. Its connection knows of real input.
                scope[ACTIVE] = False
            refusal = check_request(scope, self._config)
        if refusal is None:
            await self.app(scope, receive, send)
            return
        self._audit.record(refusal.event, scope, refusal.reason)
        await PlainTextResponse("Bad Request", refusal.status)(scope, receive, send)


class CrossSiteForms:
    """ASGI middleware: answers 403 to a request that a page of another site makes in its visitor's name.

    Forms need no hidden field for it, because browsers themselves send where a request comes from. Request bodies are
    neither read nor delayed.
    """

    def __init__(self, app: ASGIApp, config: SecurityConfig) -> None:
        self.app = app
        self._config = config

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = check_form(scope, self._config) if scope["type"] == "http" else None
        if refusal is None:
            await self.app(scope, receive, send)
            return
        audit_of(scope).record(refusal.event, scope, refusal.reason, subject=scope["path"])
        headers = {"cache-control": "no-store"}
        response = PlainTextResponse(CROSS_SITE_REFUSED, refusal.status, headers=headers)
        await response(scope, receive, send)
