"""The headers that every answer carries, unless the app has said otherwise."""

import secrets

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "frame-ancestors 'self'"
SECURITY_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Content-Security-Policy", POLICY),
)
PRIVATE = "no-store"
REVALIDATED = "max-age=0, private, must-revalidate"

_WANTED = "pyview.headers"


class SecurityHeaders:
    """ASGI middleware, outermost: no sniffing, no framing by others, no URL told to others. What is set,
    stays.

    `policy` is the content security policy; `{nonce}` in it is another one for each answer, which the page knows as
    `request.state.csp_nonce`.
    """

    def __init__(self, app: ASGIApp, policy: str | None = None) -> None:
        self.app = app
        self._policy = policy or POLICY
        self._has_nonce = "{nonce}" in self._policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        policy = self._policy_for(scope)
        wanted: dict[str, str] = {}
        scope[_WANTED] = wanted  # copies of the scope share it

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                add_security_headers(headers, policy)
                for name, value in wanted.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, complete)

    def _policy_for(self, scope: Scope) -> str:
        if not self._has_nonce:
            return self._policy
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["csp_nonce"] = nonce
        return self._policy.replace("{nonce}", nonce)


def add_security_headers(headers: MutableHeaders, policy: str = POLICY) -> None:
    """Add those that are missing."""
    headers.setdefault("Content-Security-Policy", policy)
    for name, value in SECURITY_HEADERS:
        headers.setdefault(name, value)


def want_header(scope: Scope, name: str, value: str) -> None:
    """Have the answer to the request of `scope` carry this, whoever makes it, unless it says otherwise itself."""
    scope.get(_WANTED, {})[name] = value


def csp_nonce(scope: Scope) -> str | None:
    """The nonce that the page's policy allows scripts by: ours, or the one that an application's middleware chose
    (`request.state.csp_nonce`)."""
    nonce = scope.get("state", {}).get("csp_nonce")
    return nonce if isinstance(nonce, str) and nonce else None


def cache_control(*, protected: bool, session: bool) -> str:
    """The `Cache-Control` of a page: after sign-out, the back button must not bring back what a session
    showed."""
    return PRIVATE if protected or session else REVALIDATED
