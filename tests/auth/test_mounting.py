"""The same protection for a mounted application, behind a prefix, and with other software that writes the session."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route

from pyview import PyView
from pyview.auth import requires
from pyview.testing import LiveClient
from tests.attack.target import (
    SECRET,
    STALE,
    TEMPLATES,
    AppState,
    SessionAuth,
    attempt,
    login_page,
    logout,
    page_of,
    sign_in,
    sign_out,
    target,
    view,
)


async def login(request: Request) -> Response:
    form = await request.form()
    request.session["user"] = form["user"]
    return RedirectResponse("/app/dashboard", status_code=303)


def inner(state: AppState) -> PyView:
    app = PyView(secret=SECRET, templates=TEMPLATES)
    app.routes.append(Route("/login", login_page))
    app.add_live_view("/", view(state, "home"))
    app.add_live_view("/dashboard", requires("authenticated", redirect="/login")(view(state, "dashboard")))
    return app


def outer(state: AppState, app: PyView) -> Starlette:
    """An outer application with session, authentication and sign-in."""
    middleware = [
        Middleware(SessionMiddleware, secret_key=SECRET),
        Middleware(AuthenticationMiddleware, backend=SessionAuth(state)),
    ]
    routes = [
        Route("/auth/login", login, methods=["POST"]),
        Route("/auth/logout", logout, methods=["POST"]),
        Mount("/app", app),
    ]
    return Starlette(routes=routes, middleware=middleware)


class TestMounted:
    @pytest.fixture
    def state(self) -> AppState:
        return AppState()

    async def test_sign_in_to_sign_out(self, state: AppState) -> None:
        async with LiveClient(outer(state, inner(state))) as client:
            response = await client.get("/app/dashboard?a=1")
            assert response.headers["location"] == "/app/login?next=%2Fapp%2Fdashboard%3Fa%3D1"
            await sign_in(client, "alice")
            page = await client.open("/app/dashboard")
            assert page.connected
            assert page.has_text("user=alice")

    async def test_pages_are_bound_to_the_outer_session(self, state: AppState) -> None:
        async with LiveClient(outer(state, inner(state))) as client:
            await sign_in(client, "alice")
            page = await page_of(client, "/app/dashboard")
            assert (await attempt_at(client, page))[0] == "ok"
            await sign_out(client)
            assert await attempt_at(client, page) == STALE
            await sign_in(client, "bob")
            assert await attempt_at(client, page) == STALE

    async def test_an_anonymous_navigation_is_sent_to_the_inner_sign_in(self, state: AppState) -> None:
        async with LiveClient(outer(state, inner(state))) as client:
            page = await page_of(client, "/app/")
            payload = page.join(redirect="http://testserver/app/dashboard")
            del payload["url"]
            async with client.raw_socket("/app/live/websocket") as socket:
                await socket.send_frame(["4", "4", page.topic, "phx_join", payload])
                frame = await socket.receive_frame()
            assert frame[4]["response"]["redirect"]["to"] == "/app/login?next=%2Fapp%2Fdashboard"


async def attempt_at(client: LiveClient, page: Any) -> Any:
    async with client.raw_socket("/app/live/websocket") as socket:
        await socket.send_frame(["4", "4", page.topic, "phx_join", page.join()])
        frame = await socket.receive_frame()
        return frame[4]["status"], frame[4]["response"]


class CountsVisits(BaseHTTPMiddleware):
    """Writes the session at every request, before and after the page is rendered."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        request.session["visits"] = request.session.get("visits", 0) + 1
        response = await call_next(request)
        request.session["last"] = request.url.path
        return response


class WritesAfterwards(BaseHTTPMiddleware):
    """Writes the session after the page was rendered."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        request.session["visits"] = request.session.get("visits", 0) + 1
        return response


class TestBusySessions:
    def app(self, state: AppState, *middleware: Any) -> PyView:
        app = PyView(secret=SECRET, templates=TEMPLATES)
        for one in middleware:
            app.add_middleware(one)
        app.add_middleware(SessionMiddleware, secret_key=SECRET)
        app.add_live_view("/", view(state, "home"))
        return app

    async def test_a_counter_in_the_session_does_not_make_pages_reload(self) -> None:
        state = AppState()
        async with LiveClient(self.app(state, CountsVisits)) as client:
            first = await page_of(client, "/")
            assert (await attempt(client, first))[0] == "ok"
            for _ in range(3):
                await page_of(client, "/")
            assert (await attempt(client, first))[0] == "ok"

    async def test_a_session_created_after_the_page_costs_one_reload(self) -> None:
        state = AppState()
        async with LiveClient(self.app(state, WritesAfterwards)) as client:
            first = await page_of(client, "/")
            assert await attempt(client, first) == STALE
            second = await page_of(client, "/")
            for _ in range(3):
                await page_of(client, "/")
            assert (await attempt(client, second))[0] == "ok"

    async def test_a_browser_recovers_by_itself(self) -> None:
        state = AppState()
        async with LiveClient(self.app(state, WritesAfterwards)) as client:
            page = await client.open("/")
            assert page.connected
            assert state.mounts("home") == 1


async def test_a_prefix_that_the_proxy_adds() -> None:
    state = AppState()
    async with LiveClient(target(state), root_path="/prefix") as client:
        response = await client.get("/prefix/dashboard?a=1")
        assert response.headers["location"] == "/prefix/login?next=%2Fprefix%2Fdashboard%3Fa%3D1"


async def test_another_value_in_the_session_does_not_affect_open_pages() -> None:
    state = AppState()

    async def remember(request: Request) -> Response:
        request.session["theme"] = "dark"
        return Response()

    app = target(state)
    app.routes.insert(0, Route("/remember", remember, methods=["POST"]))
    async with LiveClient(app) as client:
        await sign_in(client, "alice")
        page = await page_of(client, "/dashboard")
        await client.post("/remember")
        assert (await attempt(client, page))[0] == "ok"
