"""A cookie that tells a browser from others before it has a session, so that a token can be bound to it."""

import secrets

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Scope

from pyview.auth.identity import Identity
from pyview.sessions.tracking import digest

PLAIN_NAME = "pyview-browser"
# Browsers take this name from the host itself over TLS only, never from another subdomain (RFC 6265bis, 4.1.3.2).
SECURE_NAME = f"__Host-{PLAIN_NAME}"


def browser_of(scope: Scope) -> str:
    """A name for the browser of a request or a handshake, "" for one without the cookie."""
    cookies = HTTPConnection(scope).cookies
    value = cookies.get(SECURE_NAME) or cookies.get(PLAIN_NAME)
    return digest(value) if value else ""


def give_browser_cookie(response: Response, scope: Scope, identity: Identity) -> None:
    """Where there are sessions, a visitor without one gets the cookie with the page; it ends with the browser."""
    if "session" not in scope or identity.binding or browser_of(scope):
        return
    secure = scope.get("scheme") == "https"
    name = SECURE_NAME if secure else PLAIN_NAME
    value = secrets.token_urlsafe(16)
    response.set_cookie(name, value, path="/", secure=secure, httponly=True, samesite="lax")
