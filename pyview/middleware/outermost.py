"""The middleware around all others: checks of the request, headers of the response, the error page of a failure.

It is one for all three. An open socket keeps a frame of each middleware that it has passed, and both messages of each
response pass a function of each.
"""

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pyview.middleware.errors import ErrorPages
from pyview.middleware.headers import SecurityHeaders
from pyview.middleware.request_checks import RequestChecks
from pyview.observability.error_ids import may_leave


class Outermost:
    """ASGI middleware: answers what `checks` refuse, and adds `headers` to every response.

    An unexpected exception is logged once and answered with its error page. Without `pages` it is left to the
    middleware outside.
    """

    def __init__(
        self, app: ASGIApp, checks: RequestChecks, headers: SecurityHeaders, pages: ErrorPages | None = None
    ) -> None:
        self.app = app
        self._checks = checks
        self._headers = headers
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._checks.prepare(scope)
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        add_headers, started = self._headers.of(scope), False

        async def send_complete(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                add_headers(message)
            await send(message)

        try:
            refused = self._checks.refusal(scope)
            await (self.app if refused is None else refused)(scope, receive, send_complete)
        except Exception as error:
            # A response that has begun cannot get another status.
            if self._pages is not None and not started:
                response = await self._pages.failure(Request(scope), error)
                await response(scope, receive, send_complete)
                if not may_leave(scope):
                    return
            # The server has to see that a response broke off, and tests have to see the exception.
            raise
