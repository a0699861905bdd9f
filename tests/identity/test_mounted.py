"""A PyView with its own authentication inside a host application that loads the session."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from pyview import LiveView, LiveViewSocket, PyView
from pyview.auth import login, logout, requires
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"


class Backend(AuthenticationBackend):
    def __init__(self) -> None:
        self.banned = False

    async def authenticate(self, conn: Any) -> Any:
        name = None if self.banned else conn.session.get("user_id")
        return (AuthCredentials(["authenticated"]), SimpleUser(name)) if name else None


@requires("authenticated", status_code=401)
class Dashboard(LiveView[dict[str, str]]):
    template = LiveTemplate.from_string("<p>{{ name }}</p>", "dashboard.html")

    async def mount(self, socket: LiveViewSocket[dict[str, str]], session: Any) -> None:
        socket.context = {"name": session["user_id"]}


async def sign_in(request: Request) -> Response:
    login(request, "alice")
    return PlainTextResponse("hello")


async def sign_out(request: Request) -> Response:
    logout(request)
    return PlainTextResponse("bye")


def host_app(backend: Backend) -> Starlette:
    live = PyView(secret=SECRET)
    live.add_middleware(AuthenticationMiddleware, backend=backend)
    live.routes.append(Route("/in", sign_in, methods=["POST"]))
    live.routes.append(Route("/out", sign_out, methods=["POST"]))
    live.add_live_view("/", Dashboard)
    session = Middleware(SessionMiddleware, secret_key=SECRET)
    return Starlette(routes=[Mount("/live", live)], middleware=[session])


async def test_a_page_ends_with_the_session_of_the_host_application() -> None:
    async with LiveClient(host_app(Backend())) as client:
        await client.post("/live/in")
        page = await client.open("/live/")
        assert page.connected
        await client.post("/live/out")
        await page.wait_for(lambda page: page.status == 401)


async def test_a_session_that_cannot_be_rechecked_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with LiveClient(host_app(Backend())) as client:
        await client.post("/live/in")
        for _ in range(2):
            await client.open("/live/")
    warnings = [message for message in caplog.messages if "authenticate_with" in message]
    assert len(warnings) == 1


async def test_the_own_authentication_is_rechecked() -> None:
    backend = Backend()
    async with LiveClient(host_app(backend)) as client:
        await client.post("/live/in")
        page = await client.open("/live/")
        backend.banned = True
        await page.patch("/live/?again=1")
        assert page.status == 401
