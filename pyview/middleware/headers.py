"""The headers that every answer carries, unless the app has said otherwise."""

import secrets
from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "frame-ancestors 'self'"
_POLICY_HEADER = b"content-security-policy"
_OTHER_HEADERS = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"same-origin"))
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

        wanted: dict[bytes, bytes] = {}
        scope[_WANTED] = wanted  # copies of the scope share it
        policy = self._policy_for(scope).encode("latin-1")

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_missing(message, ((_POLICY_HEADER, policy), *_OTHER_HEADERS, *wanted.items()))
            await send(message)

        await self.app(scope, receive, complete)

    def _policy_for(self, scope: Scope) -> str:
        if not self._has_nonce:
            return self._policy
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["csp_nonce"] = nonce
        return self._policy.replace("{nonce}", nonce)


def _add_missing(message: Message, ours: Iterable[tuple[bytes, bytes]]) -> None:
    own = message.get("headers", ())
    present = {name for name, _ in own}
    message["headers"] = [*own, *(header for header in ours if header[0] not in present)]


def want_header(scope: Scope, name: str, value: str) -> None:
    """Have the answer to the request of `scope` carry this, whoever makes it, unless it says otherwise itself."""
    scope.get(_WANTED, {})[name.encode("latin-1")] = value.encode("latin-1")


def csp_nonce(scope: Scope) -> str | None:
    """The nonce that the page's policy allows scripts by: ours, or the one that an application's middleware chose
    (`request.state.csp_nonce`)."""
    nonce = scope.get("state", {}).get("csp_nonce")
    return nonce if isinstance(nonce, str) and nonce else None


def cache_control(*, protected: bool, session: bool) -> str:
    """The `Cache-Control` of a page: after sign-out, the back button must not bring back what a session
    showed."""
    return PRIVATE if protected or session else REVALIDATED
