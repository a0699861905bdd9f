"""A PyView inside a FastAPI application where users sign in: `authenticate_with`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request

from pyview import LiveView, LiveViewSocket, PyView
from pyview.auth import requires
from pyview.events import event
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"


class Backend(AuthenticationBackend):
    """Reads the banned users from the state of its own application."""

    async def authenticate(self, conn: Any) -> Any:
        name = conn.session.get("user_id")
        if name is None or name in conn.app.state.banned:
            return AuthCredentials([]), None
        return AuthCredentials(["authenticated"]), SimpleUser(name)


@requires("authenticated", status_code=401)
class Notes(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string("<p>{{ name }}</p><b>{{ n }}</b><button phx-click='add'>+</button>")

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.context = {"name": session["user_id"], "n": 0}

    @event
    async def add(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context["n"] += 1

    @event
    async def remember(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        await socket.update_session({"colour": "green"})


def live_app() -> PyView:
    live = PyView(secret=SECRET)
    live.add_live_view("/notes", Notes)
    return live


def host_of(live: PyView) -> FastAPI:
    """Return the host application. It adds the session first, as most FastAPI code does."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with live.router.lifespan_context(live):
            yield

    host_app = FastAPI(lifespan=lifespan)
    host_app.state.banned = set()
    host_app.add_middleware(SessionMiddleware, secret_key=SECRET)
    host_app.add_middleware(AuthenticationMiddleware, backend=Backend())

    @host_app.post("/in/{name}")
    async def sign_in(request: Request, name: str) -> dict[str, str]:
        request.session["user_id"] = name
        return {"hello": name}

    @host_app.post("/out")
    async def sign_out(request: Request) -> dict[str, str]:
        request.session.clear()
        return {}

    @host_app.get("/session")
    async def session(request: Request) -> dict[str, Any]:
        return {key: value for key, value in request.session.items() if not key.startswith("_")}

    host_app.mount("/live", live)
    return host_app


@pytest.fixture(params=["authenticate_with", "identify_with"])
def host(request: pytest.FixtureRequest) -> FastAPI:
    """A host application with one PyView, by the method and by its alias."""
    live = live_app()
    host_app = host_of(live)
    getattr(live, request.param)(host_app)
    host_app.add_middleware(CORSMiddleware, allow_origins=["https://partner.example"])
    return host_app


async def test_sign_out_in_the_host_application_ends_open_pages_and_the_cookie(host: FastAPI) -> None:
    async with LiveClient(host) as client:
        await client.post("/in/ada")
        page, other = await client.open("/live/notes"), await client.open("/live/notes")
        await page.click("button")
        assert page.find("b").text == "1"
        copied = dict(client.cookies)
        await client.post("/out")
        await page.wait_for(lambda page: page.status == 401)
        await other.wait_for(lambda page: page.status == 401)
        client.cookies.update(copied)
        assert (await client.open("/live/notes")).status == 401
        assert (await client.get("/session")).json() == {}


async def test_pages_of_other_users_stay(host: FastAPI) -> None:
    async with LiveClient(host) as ada, LiveClient(host, lifespan=False) as bob:
        await ada.post("/in/ada")
        await bob.post("/in/bob")
        page = await bob.open("/live/notes")
        await ada.post("/out")
        await page.click("button")
        assert (page.find("p").text, page.find("b").text) == ("bob", "1")


async def test_a_ban_holds_from_the_next_patch(host: FastAPI) -> None:
    async with LiveClient(host) as client:
        await client.post("/in/ada")
        page = await client.open("/live/notes")
        host.state.banned.add("ada")
        await page.patch("/live/notes?again=1")
        assert page.status == 401


async def test_sign_in_as_another_user_reloads_the_page(host: FastAPI) -> None:
    async with LiveClient(host) as client:
        await client.post("/in/ada")
        page = await client.open("/live/notes")
        await client.post("/in/bob")
        await page.wait_for(lambda page: page.connected and page.find("p").text == "bob")


async def test_a_view_writes_the_session_of_the_host_application(host: FastAPI) -> None:
    async with LiveClient(host) as client:
        await client.post("/in/ada")
        page = await client.open("/live/notes")
        await page.push("remember")
        assert (await client.get("/session")).json() == {"user_id": "ada", "colour": "green"}
        assert page.connected


async def test_a_host_application_may_have_several_pyviews() -> None:
    notes, more = live_app(), live_app()
    host_app = host_of(notes)
    host_app.mount("/more", more)
    notes.authenticate_with(host_app)
    more.authenticate_with(host_app)
    async with LiveClient(host_app) as client:
        await client.post("/in/ada")
        pages = [await client.open("/live/notes"), await client.open("/more/notes")]
        for page in pages:
            await page.click("button")
            assert page.find("b").text == "1"
        await client.post("/out")
        for page in pages:
            await page.wait_for(lambda page: page.status == 401)


async def test_it_comes_too_late_after_the_first_request() -> None:
    live = live_app()
    host_app = host_of(live)
    host_app.middleware_stack = host_app.build_middleware_stack()
    with pytest.raises(RuntimeError, match="came too late"):
        live.authenticate_with(host_app)


def test_a_host_application_without_session_and_authentication() -> None:
    with pytest.raises(RuntimeError, match="found no session and no authentication"):
        live_app().authenticate_with(FastAPI())


async def test_a_middleware_added_too_late_fails_at_start_up() -> None:
    live = live_app()
    host_app = FastAPI()
    host_app.add_middleware(SessionMiddleware, secret_key=SECRET)
    live.authenticate_with(host_app)
    host_app.add_middleware(AuthenticationMiddleware, backend=Backend())
    with pytest.raises(RuntimeError, match=r"AuthenticationMiddleware.* came after authenticate_with"):
        async with live.router.lifespan_context(live):
            pass


async def test_two_sessions_fail_at_start_up() -> None:
    live = live_app()
    live.add_middleware(SessionMiddleware, secret_key=SECRET)
    live.authenticate_with(host_of(live))
    with pytest.raises(RuntimeError, match="Remove one of them"):
        async with live.router.lifespan_context(live):
            pass
