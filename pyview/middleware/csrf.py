"""Forms of other sites: a request that changes something must come from a page of this one."""

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pyview.auth.audit import audit_of
from pyview.config import SecurityConfig
from pyview.middleware.origin import check_form

REFUSED = "Refused: this request was sent by a page of another site."


class CrossSiteForms:
    """ASGI middleware: refuses with 403 what a page of another site sends in its visitor's name.

    Forms need no hidden field for it, as browsers say themselves where a request comes from. Bodies are neither read
    nor held up; sockets have their own check.
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
        response = PlainTextResponse(REFUSED, refusal.status, headers={"cache-control": "no-store"})
        await response(scope, receive, send)
