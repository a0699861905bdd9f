"""The session runs before the authentication, whichever was added first; nothing else moves."""

import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pyview.auth.middleware_order import is_authentication, is_session, order_middleware, provides_auth
from pyview.sessions.tracking import SessionTracker


class OwnSessionMiddleware(SessionMiddleware): ...


class OwnAuth(AuthenticationMiddleware): ...


class RedisSessionMiddleware:
    """A third-party middleware that puts a dict into `scope["session"]`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["session"] = {}
        await self.app(scope, receive, send)


class DispatchedSessionMiddleware(BaseHTTPMiddleware):
    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        request.scope["session"] = {}
        return await call_next(request)


class DBSessionMiddleware:
    """A middleware for a database session."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] = {"db": None}
        await self.app(scope, receive, send)


class HeaderAuth:
    """Authenticates without Starlette's middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["auth"] = None
        await self.app(scope, receive, send)


class WhoIsThere(HeaderAuth):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["auth"] = None
        await self.app(scope, receive, send)


KINDS: dict[str, Any] = {
    "gzip": GZipMiddleware,
    "db": DBSessionMiddleware,
    "auth": AuthenticationMiddleware,
    "own auth": OwnAuth,
    "session": SessionMiddleware,
    "own session": OwnSessionMiddleware,
    "redis": RedisSessionMiddleware,
}
SESSIONS = {"session", "own session", "redis"}
AUTHENTICATIONS = {"auth", "own auth"}


def is_tracker(middleware: Middleware) -> bool:
    cls: Any = middleware.cls
    return cls is SessionTracker


def order(*names: str) -> list[str]:
    """Return the ordered names, outermost first, "tracker" included."""
    middlewares = [Middleware(KINDS[name]) for name in names]
    named = {id(middleware): name for middleware, name in zip(middlewares, names, strict=True)}
    return [named.get(id(middleware), "tracker") for middleware in order_middleware(middlewares)]


@pytest.mark.parametrize(
    ("added", "running"),
    [
        (["auth", "session"], ["session", "tracker", "auth"]),
        (["session", "auth"], ["session", "tracker", "auth"]),
        (["auth", "gzip", "session", "db"], ["session", "tracker", "auth", "gzip", "db"]),
        (["gzip", "own auth", "redis"], ["gzip", "redis", "tracker", "own auth"]),
        (["session", "auth", "redis"], ["session", "auth", "redis", "tracker"]),
        (["session", "gzip"], ["session", "tracker", "gzip"]),
        (["auth", "db"], ["tracker", "auth", "db"]),
        ([], ["tracker"]),
    ],
)
def test_order(added: list[str], running: list[str]) -> None:
    assert order(*added) == running


@given(st.lists(st.sampled_from(sorted(KINDS)), max_size=7))
def test_only_one_session_ever_moves_and_only_outwards(names: list[str]) -> None:
    middlewares = [Middleware(KINDS[name]) for name in names]
    before = list(middlewares)
    after = [middleware for middleware in order_middleware(middlewares) if not is_tracker(middleware)]
    assert middlewares == before
    assert sorted(map(id, after)) == sorted(map(id, before))
    moved = [middleware for middleware in before if is_session(middleware)][:1]
    assert [m for m in after if m not in moved] == [m for m in before if m not in moved]
    kinds = ["s" if is_session(m) else "a" if is_authentication(m) else "" for m in after]
    if "s" in kinds and "a" in kinds:
        assert kinds.index("s") < kinds.index("a")


def test_a_move_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "pyview"):
        order("auth", "session")
        order("session", "auth")
    assert [record.getMessage() for record in caplog.records] == [
        "SessionMiddleware runs before AuthenticationMiddleware, although it was added first: "
        "the authentication reads the session"
    ]


@pytest.mark.parametrize(
    ("cls", "expected"),
    [
        (SessionMiddleware, True),
        (OwnSessionMiddleware, True),
        (RedisSessionMiddleware, True),
        (DispatchedSessionMiddleware, True),
        (DBSessionMiddleware, False),
        (SessionTracker, False),
        (AuthenticationMiddleware, False),
        (lambda app: app, False),
    ],
)
def test_what_counts_as_a_session_middleware(cls: Any, expected: bool) -> None:
    assert is_session(Middleware(cls)) is expected


@pytest.mark.parametrize(
    ("cls", "expected"),
    [
        (AuthenticationMiddleware, True),
        (OwnAuth, True),
        (HeaderAuth, True),
        (WhoIsThere, True),
        (SessionMiddleware, False),
        (SessionTracker, False),
        (GZipMiddleware, False),
    ],
)
def test_what_may_provide_the_authentication(cls: Any, expected: bool) -> None:
    assert provides_auth(Middleware(cls)) is expected
