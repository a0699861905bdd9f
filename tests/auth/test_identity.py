"""Identity: a snapshot of session and user, and a binding that changes with them."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.authentication import (
    AuthCredentials,
    AuthenticationBackend,
    BaseUser,
    SimpleUser,
    UnauthenticatedUser,
)
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from pyview.auth.identity import Identity
from pyview.auth.middleware_order import order_middleware
from pyview.sessions.session import ReadOnlySession
from tests.asgi import browser, handshake


def identity(**scope: Any) -> Identity:
    return Identity.from_scope({"type": "websocket", **scope})


class TestSnapshot:
    def test_a_visitor(self) -> None:
        visitor = identity()
        assert isinstance(visitor.user, UnauthenticatedUser)
        assert (visitor.session, visitor.auth.scopes, visitor.scopes) == ({}, [], frozenset())
        assert (visitor.sid, visitor.binding) == ("", "")
        assert identity(session={}, user=None, auth=None).binding == ""

    def test_a_signed_in_user(self) -> None:
        alice = SimpleUser("alice")
        member = identity(
            session={"user_id": "1", "_pv_sid": "s1"}, user=alice, auth=AuthCredentials(["authenticated"])
        )
        assert member.session == {"user_id": "1"}
        assert type(member.session) is ReadOnlySession
        assert member.user is alice
        assert member.scopes == {"authenticated"}
        assert member.sid == "s1"
        assert "s1" not in member.binding

    def test_a_changed_session_changes_no_snapshot(self) -> None:
        session = {"cart": [1]}
        snapshot = identity(session=session)
        session["cart"].append(2)
        assert snapshot.session == {"cart": [1]}


class TestBinding:
    def test_the_same_session_and_user_have_the_same(self) -> None:
        def make() -> str:
            return identity(session={"_pv_sid": "s", "cart": 1}, user=SimpleUser("alice")).binding

        assert make() == make()

    def test_another_value_in_the_session_does_not_change_it(self) -> None:
        assert (
            identity(session={"_pv_sid": "s", "cart": 1}).binding
            == identity(session={"_pv_sid": "s"}).binding
        )

    def test_each_difference_changes_it(self) -> None:
        bindings = [
            identity().binding,
            identity(session={"_pv_sid": "s"}).binding,
            identity(session={"_pv_sid": "t"}).binding,
            identity(session={"_pv_sid": "s"}, user=SimpleUser("alice")).binding,
            identity(session={"_pv_sid": "s"}, user=SimpleUser("bob")).binding,
            identity(user=SimpleUser("alice")).binding,
            identity(session={"user_id": 1}).binding,
            identity(session={"user_id": 2}).binding,
        ]
        assert len(set(bindings)) == len(bindings)

    def test_a_session_without_id_is_identified_by_its_content(self) -> None:
        assert identity(session={"a": 1, "b": 2}).binding == identity(session={"b": 2, "a": 1}).binding
        assert identity(session={"when": object()}).binding != ""


class SessionUser(AuthenticationBackend):
    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, BaseUser] | None:
        name = conn.session.get("username")
        return (AuthCredentials(["authenticated"]), SimpleUser(name)) if name else None


@pytest.fixture
def app() -> Starlette:
    """An application with Starlette's middlewares, added in the usual order."""
    seen: list[str] = []

    async def page(request: Request) -> JSONResponse:
        return JSONResponse(Identity.from_scope(request.scope).binding)

    async def login(request: Request) -> JSONResponse:
        request.session["username"] = request.path_params["name"]
        return JSONResponse(None)

    async def logout(request: Request) -> JSONResponse:
        request.session.clear()
        return JSONResponse(None)

    async def socket(websocket: WebSocket) -> None:
        seen.append(Identity.from_scope(websocket.scope).binding)
        await websocket.close()

    middleware = [
        Middleware(AuthenticationMiddleware, backend=SessionUser()),
        Middleware(SessionMiddleware, secret_key="k" * 32),
    ]
    routes = [
        Route("/page", page),
        Route("/login/{name}", login),
        Route("/logout", logout),
        WebSocketRoute("/live/websocket", socket),
    ]
    starlette = Starlette(routes=routes, middleware=order_middleware(middleware))
    starlette.state.seen = seen
    return starlette


async def test_page_and_socket_of_one_browser_agree_until_it_signs_in_or_out(app: Starlette) -> None:
    async with browser(app) as client:

        async def page_and_socket() -> tuple[str, str]:
            response = await client.get("/page")
            cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
            await handshake(app, cookie)
            return response.json(), app.state.seen[-1]

        anonymous = await page_and_socket()
        await client.get("/login/alice")
        alice = await page_and_socket()
        await client.get("/logout")
        again = await page_and_socket()
        await client.get("/login/alice")
        alice_later = await page_and_socket()

    for page, socket in (anonymous, alice, again, alice_later):
        assert page == socket
    assert anonymous[0] == again[0] == ""
    assert len({anonymous, alice, alice_later}) == 3


async def test_a_page_that_depends_on_the_cookie_varies_by_it(app: Starlette) -> None:
    async with browser(app) as client:
        assert (await client.get("/page")).headers["vary"] == "Cookie"
