"""The session and authentication middlewares, run again on a socket's handshake.

A socket lives for hours, and its handshake shows the user of its beginning. So the middlewares that an HTTP request
passes are kept in a stack of their own, and run again on a copy of the handshake. It fails closed: after any error, no
user is signed in.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from http.cookies import CookieError
from typing import Any

from itsdangerous import BadData, TimestampSigner
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pyview.auth.identity import user_of
from pyview.auth.middleware_order import (
    STARLETTE_MAX_AGE,
    is_authentication,
    is_session,
    is_session_related,
    is_tracker,
)
from pyview.auth.user_key import user_key
from pyview.sessions.session import ACTIVE, PATIENCE, SESSION_ENDS_AT, UNCONFIRMED
from pyview.sessions.tracking import TRACKED_SESSION

logger = logging.getLogger("pyview.security")

NEVER = float("inf")

_RESULT = "pyview.replayed"
_USER_KEYS = ("auth", "user", TRACKED_SESSION, UNCONFIRMED)
_IDENTITY_KEYS = ("session", *_USER_KEYS)


class AppScope:
    """Middleware that puts `application` into the scope, where a backend of that application expects `conn.app`."""

    def __init__(self, app: ASGIApp, application: Any) -> None:
        self.app = app
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app({**scope, "app": self._application}, receive, send)


def is_identity_middleware(middleware: Middleware) -> bool:
    """Return True for a session and its helpers, an authentication, and a class with `pyview_identity = True`."""
    marked = getattr(middleware.cls, "pyview_identity", False) or _is_app_scope(middleware)
    return bool(marked) or is_session_related(middleware) or is_authentication(middleware)


class IdentityPipeline:
    """The identity middlewares of one application, in their order, each a new instance.

    Without any, as in an application inside a host application, the identity of the handshake stays. Without one that
    loads the session, the session of the handshake stays, and `loads_session` is False. `replays` is True if there are
    some.
    """

    def __init__(self, user_middleware: Sequence[Middleware]) -> None:
        """`user_middleware` is outermost first, with the session tracker (`order_middleware`)."""
        middlewares = [one for one in user_middleware if is_identity_middleware(one)]
        self._app = _stack(middlewares)
        self.loads_session = any(map(_may_load_session, middlewares))
        self._replaced = _IDENTITY_KEYS if self.loads_session else _USER_KEYS
        self._cookies = next((SignedCookies(one) for one in middlewares if _is_starlette_session(one)), None)
        # A tracker alone would look only at the session of the handshake.
        self.replays = any(not is_tracker(one) and not _is_app_scope(one) for one in middlewares)

    async def replay(
        self, handshake: Scope, *, active: bool = True, patience: float = math.inf
    ) -> Scope | None:
        """Return a copy of the handshake's scope with the current session and user; None if a middleware refused.

        `active` is True if the user did something. A store that takes longer than `patience` counts as unavailable for
        a user whom it has just confirmed. Takes as long as the middlewares take: tens of microseconds unless
        they ask a database. Without identity middlewares it returns `handshake` itself.
        """
        if not self.replays:
            return handshake
        scope = {key: value for key, value in handshake.items() if key not in self._replaced}
        scope[ACTIVE] = active
        scope[PATIENCE] = patience
        return await _run(self._app, scope)

    def session_end(self, scope: Scope) -> float:
        """Return the Unix time at which the session of a replayed scope expires; infinity if it is unknown."""
        found = scope.get(SESSION_ENDS_AT)
        if isinstance(found, int | float):
            return float(found)
        return NEVER if self._cookies is None else self._cookies.end(scope)


class SignedCookies:
    """Expiry of the cookies of Starlette's `SessionMiddleware`. A socket ends with its session, not a minute later."""

    # Only the time in the cookie is needed. SessionMiddleware has checked it already and does not publish its expiry.
    def __init__(self, middleware: Middleware) -> None:
        names = ("secret_key", "session_cookie", "max_age")
        given: dict[str, Any] = dict(zip(names, middleware.args, strict=False))
        given.update(middleware.kwargs)
        max_age = given.get("max_age", STARLETTE_MAX_AGE)
        self._name = str(given.get("session_cookie", "session"))
        self._signer = TimestampSigner(str(given.get("secret_key", "")))
        self._max_age = NEVER if max_age is None else float(max_age)

    def end(self, scope: Scope) -> float:
        """Return the Unix time at which the cookie of this connection expires."""
        try:
            value = HTTPConnection(scope).cookies[self._name]
            _, signed_at = self._signer.unsign(value, return_timestamp=True)
        except (KeyError, CookieError, BadData):
            return NEVER
        return signed_at.timestamp() + self._max_age


class AuthProbe:
    """Runs the authentication alone, to find the user that a session would sign in."""

    def __init__(self, user_middleware: Sequence[Middleware]) -> None:
        self._app = _stack(
            [one for one in user_middleware if is_identity_middleware(one) and not is_session_related(one)]
        )

    async def __call__(self, scope: Scope, session: Mapping[str, Any]) -> str:
        """Return the user's key, "" if no user is signed in. `scope` is the request that has just changed its session.

        Raises `UnknownUser` for a user without a unique field.
        """
        # A copy, in case a backend writes to the session or the scope.
        copy = {key: value for key, value in scope.items() if key not in _IDENTITY_KEYS}
        result = await _run(self._app, {**copy, "session": dict(session)})
        return "" if result is None else user_key(user_of(result))


def _is_app_scope(middleware: Middleware) -> bool:
    cls: Any = middleware.cls
    return cls is AppScope


def _is_starlette_session(middleware: Middleware) -> bool:
    cls: Any = middleware.cls
    return isinstance(cls, type) and issubclass(cls, SessionMiddleware)


def _may_load_session(middleware: Middleware) -> bool:
    cls: Any = middleware.cls
    return is_session(middleware) or bool(getattr(cls, "pyview_identity", False))


def _stack(middlewares: Sequence[Middleware]) -> ASGIApp:
    app: ASGIApp = _keep_scope
    for cls, args, kwargs in reversed(middlewares):
        app = cls(app, *args, **kwargs)
    return app


async def _run(app: ASGIApp, scope: Scope) -> Scope | None:
    """Return the scope that reaches the end of `app`, None if a middleware refused or failed."""
    # A list, because a middleware may pass on a copy of the scope, which has the same list.
    result: list[Scope] = []
    try:
        await app({**scope, _RESULT: result}, _receive_disconnect, _discard)
    except Exception:
        logger.exception("finding the user failed; the connection counts as signed out")
        return None
    return result[0] if result else None


async def _keep_scope(scope: Scope, receive: Receive, send: Send) -> None:
    scope[_RESULT].append(scope)


async def _receive_disconnect() -> Message:
    # A middleware that waits for a message must not hang.
    return {"type": "websocket.disconnect", "code": 1005}


async def _discard(message: Message) -> None:
    """A middleware that sends a response itself has refused; the scope never reaches the end of the stack."""
