"""When a session ends by itself, so that a socket can end with it and not a minute later."""

from http.cookies import CookieError
from typing import Any

from itsdangerous import BadData, TimestampSigner
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import HTTPConnection
from starlette.types import Scope

NEVER = float("inf")


class SignedCookies:
    """What Starlette's `SessionMiddleware` says about the age of its cookie."""

    def __init__(self, middleware: Middleware) -> None:
        given: dict[str, Any] = dict(
            zip(("secret_key", "session_cookie", "max_age"), middleware.args, strict=False)
        )
        given.update(middleware.kwargs)
        max_age = given.get("max_age", 14 * 86400)
        self._name = str(given.get("session_cookie", "session"))
        self._signer = TimestampSigner(str(given.get("secret_key", "")))
        self._max_age = NEVER if max_age is None else float(max_age)

    def end(self, scope: Scope) -> float:
        """Unix time at which the cookie of this connection is too old."""
        try:
            value = HTTPConnection(scope).cookies[self._name]
            _, signed_at = self._signer.unsign(value, return_timestamp=True)
        except (KeyError, CookieError, BadData):
            return NEVER
        return signed_at.timestamp() + self._max_age


def signed_cookies(middlewares: list[Middleware]) -> SignedCookies | None:
    """For the first `SessionMiddleware`, if there is one."""
    for middleware in middlewares:
        cls: Any = middleware.cls
        if isinstance(cls, type) and issubclass(cls, SessionMiddleware):
            return SignedCookies(middleware)
    return None
