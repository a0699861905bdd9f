"""The headers that every answer carries, unless the app has said otherwise."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Content-Security-Policy", "frame-ancestors 'self'"),
)
PRIVATE = "no-store"
REVALIDATED = "max-age=0, private, must-revalidate"


class SecurityHeaders:
    """ASGI middleware, outermost: no sniffing, no framing by others, no URL told to others. What is set,
    stays."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                add_security_headers(MutableHeaders(scope=message))
            await send(message)

        await self.app(scope, receive, complete)


def add_security_headers(headers: MutableHeaders) -> None:
    """Add those that are missing."""
    for name, value in SECURITY_HEADERS:
        headers.setdefault(name, value)


def cache_control(*, protected: bool, session: bool) -> str:
    """The `Cache-Control` of a page: after sign-out, the back button must not bring back what a session
    showed."""
    return PRIVATE if protected or session else REVALIDATED
