"""A PyView inside a FastAPI application where users sign in: `identify_with`."""

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
    """Knows who is banned from the state of the application that it belongs to."""

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


def site_around(live: PyView) -> FastAPI:
    """The application around, as FastAPI users write it: the session is added first, as the specification does."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with live.router.lifespan_context(live):
            yield

    site = FastAPI(lifespan=lifespan)
    site.state.banned = set()
    site.add_middleware(SessionMiddleware, secret_key=SECRET)
    site.add_middleware(AuthenticationMiddleware, backend=Backend())

    @site.post("/in/{name}")
    async def sign_in(request: Request, name: str) -> dict[str, str]:
        request.session["user_id"] = name
        return {"hello": name}

    @site.post("/out")
    async def sign_out(request: Request) -> dict[str, str]:
        request.session.clear()
        return {}

    @site.get("/session")
    async def session(request: Request) -> dict[str, Any]:
        return {key: value for key, value in request.session.items() if not key.startswith("_")}

    site.mount("/live", live)
    return site


def identified() -> FastAPI:
    live = live_app()
    site = site_around(live)
    live.identify_with(site)
    site.add_middleware(CORSMiddleware, allow_origins=["https://partner.example"])
    return site


async def test_signing_out_out_there_sends_open_pages_away_and_kills_the_cookie() -> None:
    async with LiveClient(identified()) as client:
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


async def test_other_people_notice_nothing() -> None:
    site = identified()
    async with LiveClient(site) as ada, LiveClient(site, lifespan=False) as bob:
        await ada.post("/in/ada")
        await bob.post("/in/bob")
        page = await bob.open("/live/notes")
        await ada.post("/out")
        await page.click("button")
        assert (page.find("p").text, page.find("b").text) == ("bob", "1")


async def test_a_ban_is_noticed_before_the_next_patch() -> None:
    site = identified()
    async with LiveClient(site) as client:
        await client.post("/in/ada")
        page = await client.open("/live/notes")
        site.state.banned.add("ada")
        await page.patch("/live/notes?again=1")
        assert page.status == 401


async def test_signing_in_as_somebody_else_sends_the_first_one_s_page_away() -> None:
    async with LiveClient(identified()) as client:
        await client.post("/in/ada")
        page = await client.open("/live/notes")
        await client.post("/in/bob")
        await page.wait_for(lambda page: page.connected and page.find("p").text == "bob")


async def test_a_view_writes_the_session_around_it() -> None:
    async with LiveClient(identified()) as client:
        await client.post("/in/ada")
        page = await client.open("/live/notes")
        await page.push("remember")
        assert (await client.get("/session")).json() == {"user_id": "ada", "colour": "green"}
        assert page.connected


async def test_a_site_may_hold_several() -> None:
    notes, more = live_app(), live_app()
    site = site_around(notes)
    site.mount("/more", more)
    notes.identify_with(site)
    more.identify_with(site)
    async with LiveClient(site) as client:
        await client.post("/in/ada")
        pages = [await client.open("/live/notes"), await client.open("/more/notes")]
        for page in pages:
            await page.click("button")
            assert page.find("b").text == "1"
        await client.post("/out")
        for page in pages:
            await page.wait_for(lambda page: page.status == 401)


async def test_it_comes_too_late_once_the_site_has_begun() -> None:
    live = live_app()
    site = site_around(live)
    site.middleware_stack = site.build_middleware_stack()
    with pytest.raises(RuntimeError, match="came too late"):
        live.identify_with(site)


def test_there_has_to_be_somebody_to_ask() -> None:
    with pytest.raises(RuntimeError, match="found no session and no authentication"):
        live_app().identify_with(FastAPI())


async def test_what_is_added_later_is_told_at_the_start() -> None:
    live = live_app()
    site = FastAPI()
    site.add_middleware(SessionMiddleware, secret_key=SECRET)
    live.identify_with(site)
    site.add_middleware(AuthenticationMiddleware, backend=Backend())
    with pytest.raises(RuntimeError, match=r"AuthenticationMiddleware.* came after identify_with"):
        async with live.router.lifespan_context(live):
            pass


async def test_two_sessions_are_told_at_the_start() -> None:
    live = live_app()
    live.add_middleware(SessionMiddleware, secret_key=SECRET)
    live.identify_with(site_around(live))
    with pytest.raises(RuntimeError, match="take one of the two away"):
        async with live.router.lifespan_context(live):
            pass
