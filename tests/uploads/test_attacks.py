"""Forged tokens, and users who lost access: no byte of theirs is stored."""

import asyncio
from typing import Any

import pytest
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pyview import PyView
from pyview.auth import requires
from pyview.testing import LiveClient
from tests.asgi import eventually, shift_time
from tests.frames import connect, load
from tests.uploads.raw_client import file, joined, raw_client
from tests.uploads.views import SECRET, Stored, Uploads, app_with, view_with

INVALID = ("error", {"reason": "invalid_token"})


async def test_a_valid_upload_succeeds(stored: Stored) -> None:
    view = view_with()
    async with LiveClient(app_with(view)) as client, raw_client(client) as browser:
        token = await browser.token(size=10)
        assert await browser.join_upload(token, "7") == ("ok", {})
        assert await browser.chunk(b"01234", "7") == ("ok", {})
        assert await browser.chunk(b"56789", "7") == ("ok", {})
        status, response = await browser.progress(100)
        assert status == "ok"
        assert "'done'" in str(response)
        await browser.event("save")
        assert view.kept == {"a.txt": b"0123456789"}


@pytest.mark.parametrize("token", [None, "", "x", "e30.e30.e30", 7, {"path": "files"}, ["x"]])
async def test_an_invalid_token_is_refused(token: Any) -> None:
    async with LiveClient(app_with(view_with())) as client, raw_client(client) as browser:
        assert await browser.join_upload(token, "7") == INVALID
        await browser.token()
        assert await browser.join_upload(token, "8") == INVALID


async def test_a_token_works_once() -> None:
    async with LiveClient(app_with(view_with())) as client, raw_client(client) as browser:
        token = await browser.token()
        assert await browser.join_upload(token, "7") == ("ok", {})
        again = await browser.join_upload(token, "8", "lvu:1")
        assert again == ("error", {"reason": "already_registered"})
        assert await browser.join_upload(token, "9") == again
        assert await browser.chunk(b"0123456789", "7") == ("ok", {})


async def test_a_token_is_invalid_after_its_file_is_cancelled_or_consumed() -> None:
    async with LiveClient(app_with(view_with())) as client, raw_client(client) as browser:
        token = await browser.token()
        await browser.event("cancel", {"ref": "0"})
        assert await browser.join_upload(token, "7") == ("error", {"reason": "disallowed"})
        token = await browser.token(ref="1")
        await browser.join_upload(token, "8", "lvu:1")
        await browser.chunk(b"0123456789", "8", "lvu:1")
        await browser.progress(100, "1")
        await browser.event("save")
        assert await browser.join_upload(token, "9", "lvu:1") == ("error", {"reason": "disallowed"})


async def test_a_token_is_invalid_on_another_socket_of_the_same_user() -> None:
    async with (
        LiveClient(app_with(view_with())) as client,
        raw_client(client) as mine,
        raw_client(client) as other,
    ):
        token = await mine.token()
        assert await other.join_upload(token, "7") == INVALID
        await other.token()
        assert await other.join_upload(token, "8") == INVALID
        assert await mine.join_upload(token, "9") == ("ok", {})


async def test_a_token_is_invalid_for_the_next_view_on_the_same_socket() -> None:
    async with LiveClient(app_with(view_with())) as client:
        page = await load(client, "/")
        async with connect(client, page) as socket:
            browser = await joined(socket, page)
            token = await browser.token()
            await socket.send_frame(["4", "5", page.topic, "phx_leave", {}])
            assert (await socket.receive_frame())[3] == "phx_close"
            await socket.receive_frame()
            again = await joined(socket, page, "6")
            await again.token()
            assert await again.join_upload(token, "7") == INVALID


async def test_two_views_on_a_socket_have_separate_files() -> None:
    view = view_with()
    async with LiveClient(app_with(view)) as client:
        one, two = await load(client, "/"), await load(client, "/")
        async with connect(client, one) as socket:
            first, second = await joined(socket, one, "4"), await joined(socket, two, "5")
            tokens = [await first.token(name="one"), await second.token(name="two")]
            await first.join_upload(tokens[0], "7", "lvu:0")
            await second.join_upload(tokens[1], "8", "lvu:1")
            await first.chunk(b"1111111111", "7", "lvu:0")
            await second.chunk(b"2222222222", "8", "lvu:1")
            await first.progress(100)
            await second.progress(100)
            await first.event("save")
            assert view.kept == {"one": b"1111111111"}
            await second.event("save")
            assert view.kept["two"] == b"2222222222"


async def test_a_token_of_another_application_is_refused() -> None:
    other = PyView(secret=SECRET[::-1])
    other.add_live_view("/", view_with())
    mine = LiveClient(app_with(view_with()))
    async with mine, LiveClient(other) as theirs, raw_client(mine) as browser, raw_client(theirs) as stranger:
        await browser.token()
        assert await browser.join_upload(await stranger.token(), "7") == INVALID


async def test_a_token_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    app = app_with(view_with(), upload_token_max_age=60)
    async with LiveClient(app) as client, raw_client(client) as browser:
        shift_time(monkeypatch, -240)  # the token is signed then, and checked by the application's own clock
        assert await browser.join_upload(await browser.token(), "7") == INVALID


async def test_no_file_is_accepted_without_permission() -> None:
    async with LiveClient(app_with(view_with())) as client, raw_client(client) as browser:
        await browser.declare(file())
        assert await browser.progress(100) == ("ok", {})
        unmatched = ("error", {"reason": "unmatched topic"})
        assert await browser.chunk(b"x", "7") == unmatched
        assert await browser.ask("chunk", {}, "lvu:0", "7") == unmatched
        assert await browser.ask("phx_leave", {}, "lvu:0", "7") == ("ok", {})


async def test_a_token_is_invalid_for_another_user() -> None:
    async def sign_in(request: Request) -> Response:
        request.session["user"] = request.query_params["user"]
        return PlainTextResponse("hello")

    app = app_with(view_with())
    app.add_middleware(SessionMiddleware, secret_key=SECRET)
    app.routes.append(Route("/sign-in", sign_in))
    async with LiveClient(app) as client, LiveClient(app) as other:
        await client.get("/sign-in?user=ada")
        await other.get("/sign-in?user=bob")
        async with raw_client(client) as ada, raw_client(other) as bob:
            token = await ada.token()
            await bob.token()
            assert await bob.join_upload(token, "7") == INVALID


async def test_a_user_who_lost_access_cannot_announce_files() -> None:
    looked_at: list[str] = []
    may = True
    view = requires(lambda who, view: may)(view_with(validator=lambda entry: looked_at.append(entry.name)))
    app = app_with(view, auth_recheck=0.0)
    async with LiveClient(app) as client, raw_client(client) as browser:
        await browser.declare(file())
        may = False
        announced = asyncio.ensure_future(browser.declare(file("1", name="b.txt")))
        await eventually(lambda: not app.app_context.processes)
        announced.cancel()
        assert looked_at == ["a.txt"]


class Rights:
    """Access of a visitor, and the number of checks. The event "wait" waits for `gate`."""

    def __init__(self, **options: Any) -> None:
        self.given = True
        self.asked = 0
        self.gate = asyncio.Event()
        self.options = options

    def view(self) -> type[Uploads]:
        rights = self

        class Guarded(Uploads):
            async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
                if event == "wait":
                    await rights.gate.wait()

        return requires(self.ask, **self.options)(Guarded)

    def ask(self, who: Any, view: Any) -> bool:
        self.asked += 1
        return self.given


@pytest.mark.parametrize("busy", [False, True])
async def test_no_byte_is_accepted_from_a_user_who_lost_access(stored: Stored, *, busy: bool) -> None:
    rights = Rights()
    app = app_with(rights.view(), auth_recheck=0.0)
    async with LiveClient(app) as client, raw_client(client) as browser:
        await browser.join_upload(await browser.token(size=10), "7")
        assert await browser.chunk(b"01234", "7") == ("ok", {})
        if busy:
            await browser.socket.send_frame(
                ["4", "50", browser.page.topic, "event", {"type": "click", "event": "wait", "value": {}}]
            )
        rights.given = False
        assert await browser.chunk(b"56789", "7") == ("error", {"reason": "unauthorized"})
        await eventually(lambda: not stored())
        assert (await browser.chunk(b"56789", "7"))[0] == "error"
        rights.gate.set()
        await eventually(lambda: not app.app_context.processes)


async def test_a_permitted_file_cannot_start_after_access_is_lost(stored: Stored) -> None:
    rights = Rights()
    app = app_with(rights.view(), auth_recheck=0.0)
    async with LiveClient(app) as client, raw_client(client) as browser:
        token = await browser.token(size=10)
        rights.given = False
        assert await browser.join_upload(token, "7") == ("error", {"reason": "unauthorized"})
        assert stored() == []
        await eventually(lambda: not app.app_context.processes)


@pytest.mark.parametrize("fresh", [False, True])
async def test_access_is_checked_once_per_interval_and_not_for_each_chunk(*, fresh: bool) -> None:
    rights = Rights(fresh=fresh)
    app = app_with(rights.view(), auth_recheck=3600.0)
    async with LiveClient(app) as client, raw_client(client) as browser:
        await browser.join_upload(await browser.token(size=50), "7")
        before = rights.asked
        for _ in range(49):
            assert await browser.chunk(b"0", "7") == ("ok", {})
        assert rights.asked - before <= 1
