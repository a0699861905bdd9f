"""Who is there *now*: the session and authentication middlewares, run again on a socket's handshake.

A socket lives for hours; its handshake knew who somebody was when it began. The same middlewares that an HTTP request
passes are therefore kept in a short stack of their own, and asked again on a copy of the handshake. Whatever goes wrong
in there, nobody is signed in: it fails closed.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pyview.auth.identity import user_of
from pyview.auth.middleware_order import NEVER, about_sessions, is_authentication, is_session, signed_cookies
from pyview.auth.user_key import user_key
from pyview.sessions.session import ACTIVE, SESSION_ENDS_AT
from pyview.sessions.tracking import TRACKED_SESSION, SessionTracker

logger = logging.getLogger("pyview.security")

_ANSWER = "pyview.replayed"
_OF_USER = ("auth", "user", TRACKED_SESSION)
_OF_IDENTITY = ("session", *_OF_USER)


class AppScope:
    """What follows it is asked as a part of `application`: a backend finds that one's state at `conn.app`."""

    def __init__(self, app: ASGIApp, application: Any) -> None:
        self.app = app
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app({**scope, "app": self._application}, receive, send)


def says_who_is_there(middleware: Middleware) -> bool:
    """Whether a middleware belongs to the identity: a session and what has to do with it, an authentication, or one
    whose class says `pyview_identity = True`."""
    cls: Any = middleware.cls
    marked = getattr(cls, "pyview_identity", False) or cls is AppScope
    return bool(marked) or about_sessions(middleware) or is_authentication(middleware)


class IdentityPipeline:
    """The identity middlewares of one application, in their order, each an instance of its own.

    Without any, as in an application mounted inside the one that signs people in, the handshake's word stands. Without
    one that loads the session, the handshake's session does, and `loads_session` is False.
    """

    def __init__(self, user_middleware: Sequence[Middleware]) -> None:
        """`user_middleware`: outermost first, with the watcher in place (`pyview.auth.middleware_order.normalise`)."""
        middlewares = [found for found in user_middleware if says_who_is_there(found)]
        self._app = _stack(middlewares)
        self.loads_session = any(map(_may_load_session, middlewares))
        self._anew = _OF_IDENTITY if self.loads_session else _OF_USER
        self._cookies = signed_cookies(middlewares)
        classes: list[Any] = [middleware.cls for middleware in middlewares]
        self._replays = any(cls not in (SessionTracker, AppScope) for cls in classes)

    async def replay(self, handshake: Scope, *, active: bool = True) -> Scope | None:
        """The handshake's scope with session, auth and user as they are now; None when a middleware refused.

        `active`: because the reader did something. Costs what the middlewares cost: tens of microseconds where they ask
        no database; and nothing, nor a copy, where there are none.
        """
        if not self._replays:
            return handshake
        asked = {key: value for key, value in handshake.items() if key not in self._anew}
        asked[ACTIVE] = active
        return await _run(self._app, asked)

    def session_end(self, scope: Scope) -> float:
        """Unix time at which the session of a replayed scope ends by itself; infinity where nobody can say."""
        found = scope.get(SESSION_ENDS_AT)
        if isinstance(found, int | float):
            return float(found)
        return NEVER if self._cookies is None else self._cookies.end(scope)


class AuthProbe:
    """The authentication alone: which user a session would sign in."""

    def __init__(self, user_middleware: Sequence[Middleware]) -> None:
        self._app = _stack(
            [found for found in user_middleware if says_who_is_there(found) and not about_sessions(found)]
        )

    async def __call__(self, scope: Scope, session: Mapping[str, Any]) -> str:
        """Return the user's key, "" if no user is signed in. `scope` is the request that has just changed its session.

        Raises `UnknownUser` for a user without a unique field.
        """
        copy = {key: value for key, value in scope.items() if key not in _OF_IDENTITY}
        answer = await _run(self._app, {**copy, "session": dict(session)})
        return "" if answer is None else user_key(user_of(answer))


def _may_load_session(middleware: Middleware) -> bool:
    cls: Any = middleware.cls
    return is_session(middleware) or bool(getattr(cls, "pyview_identity", False))


def _stack(middlewares: Sequence[Middleware]) -> ASGIApp:
    app: ASGIApp = _keep
    for cls, args, kwargs in reversed(middlewares):
        app = cls(app, *args, **kwargs)
    return app


async def _run(app: ASGIApp, scope: Scope) -> Scope | None:
    answer: list[Scope] = []
    try:
        await app({**scope, _ANSWER: answer}, _nothing_to_receive, _ignore)
    except Exception:
        logger.exception("asking who is there failed; the connection counts as signed out")
        return None
    return answer[0] if answer else None


async def _keep(scope: Scope, receive: Receive, send: Send) -> None:
    scope[_ANSWER].append(scope)


async def _nothing_to_receive() -> Message:
    return {"type": "websocket.disconnect", "code": 1005}


async def _ignore(message: Message) -> None:
    """A middleware that answers by itself has refused."""
