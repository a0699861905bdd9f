"""Headers that PyView adds to responses, and the cookie that identifies a browser before it has a session."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Message, Scope

from pyview.auth.identity import Identity
from pyview.sessions.tracking import digest

POLICY = "frame-ancestors 'self'"
PRIVATE = "no-store"
REVALIDATED = "max-age=0, private, must-revalidate"

PLAIN_COOKIE = "pyview-browser"
# Browsers accept this name only over TLS and from the host itself, never from a subdomain (RFC 6265bis, 4.1.3.2).
SECURE_COOKIE = f"__Host-{PLAIN_COOKIE}"
_COOKIE_NAME = PLAIN_COOKIE.encode()  # a part of both names

_OTHER_HEADERS = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"same-origin"))
_WANTED = "pyview.headers"  # scope key
_NO_COOKIES: Mapping[str, str] = MappingProxyType({})


class SecurityHeaders:
    """Headers against sniffing, framing and leaking URLs, for every response that does not set them itself.

    `policy` is the content security policy. `{nonce}` in it is replaced by a new nonce for each response, which the
    page finds as `request.state.csp_nonce`.
    """

    def __init__(self, policy: str | None = None) -> None:
        self._policy = policy or POLICY
        self._has_nonce = "{nonce}" in self._policy
        self._headers = _with_policy(self._policy)

    def of(self, scope: Scope) -> Callable[[Message], None]:
        """Return the function that adds the headers to the first message of the response to a request."""
        wanted: dict[bytes, bytes] = {}
        scope[_WANTED] = wanted  # a dict, because routers copy the scope, and the copies share it
        headers = self._headers
        if self._has_nonce:
            # CSP Level 3 asks for 128 random bits at least.
            nonce = secrets.token_urlsafe(16)
            scope.setdefault("state", {})["csp_nonce"] = nonce
            headers = _with_policy(self._policy.replace("{nonce}", nonce))
        return lambda message: _add_missing(message, headers, wanted)


def _with_policy(policy: str) -> tuple[tuple[bytes, bytes], ...]:
    return ((b"content-security-policy", policy.encode("latin-1")), *_OTHER_HEADERS)


def _add_missing(
    message: Message, headers: Sequence[tuple[bytes, bytes]], wanted: Mapping[bytes, bytes]
) -> None:
    own = message.get("headers", ())
    # ASGI header names are in lower case.
    present = {name for name, _ in own}
    added = [header for header in (*headers, *wanted.items()) if header[0] not in present]
    message["headers"] = [*own, *added]


def want_header(scope: Scope, name: str, value: str) -> None:
    """Add a header to the response to the request of `scope`, unless the response sets it itself."""
    scope.get(_WANTED, {})[name.encode("latin-1")] = value.encode("latin-1")


def csp_nonce(scope: Scope) -> str | None:
    """Return the nonce of the page's content security policy: that of `SecurityHeaders`, or the one that a middleware
    of the application put into `request.state.csp_nonce`."""
    nonce = scope.get("state", {}).get("csp_nonce")
    return nonce if isinstance(nonce, str) and nonce else None


def cache_control(*, protected: bool, session: bool) -> str:
    """Return the `Cache-Control` of a page. After a sign-out, the back button must not show a page of the session."""
    return PRIVATE if protected or session else REVALIDATED


def cookies_of(scope: Scope) -> Mapping[str, str]:
    """Return the cookies of a request or handshake."""
    # Crawlers, and browsers at their first page, have none.
    has_cookies = any([name == b"cookie" for name, _ in scope["headers"]])
    return HTTPConnection(scope).cookies if has_cookies else _NO_COOKIES


def browser_of(scope: Scope) -> str:
    """Return the key of the browser of a request or handshake, "" without the cookie."""
    # Most have other cookies at most: a look for the name saves the parse of all of them.
    if not any([name == b"cookie" and _COOKIE_NAME in value for name, value in scope["headers"]]):
        return ""
    cookies = cookies_of(scope)
    # The secure one first: a subdomain can set the plain one, and so choose the browser that it stands for.
    value = cookies.get(SECURE_COOKIE) or cookies.get(PLAIN_COOKIE)
    return digest(value) if value else ""


def set_browser_cookie(response: Response, scope: Scope, identity: Identity) -> str:
    """Give a visitor without a session the cookie, until the browser closes, so that tokens can be bound to it.

    Only where there are sessions: without them no view can change one. Return the key of the browser, "" for one that
    needs none.
    """
    if "session" not in scope or identity.binding:
        return ""
    known = browser_of(scope)
    if known:
        return known
    secure = scope.get("scheme") == "https"
    name = SECURE_COOKIE if secure else PLAIN_COOKIE
    value = secrets.token_urlsafe(16)
    # Name and value need no quoting, and `set_cookie` takes a third of the time of a small page.
    cookie = f"{name}={value}; HttpOnly; Path=/; SameSite=lax{'; Secure' if secure else ''}"
    response.raw_headers.append((b"set-cookie", cookie.encode()))
    return digest(value)
