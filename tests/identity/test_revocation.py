"""Open sockets and copied cookies after a sign-out, a removed role, and logout_everywhere."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.auth import login, logout_everywhere, requires
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, RawSocket
from tests.asgi import eventually
from tests.frames import Page, connect, event, join, load

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"


class Harness:
    """An application with users and roles that a test may change while sockets are open."""

    def __init__(self, cookie_age: int = 3600, **limits: Any) -> None:
        self.roles: dict[str, list[str]] = {"alice": ["authenticated", "admin"], "bob": ["authenticated"]}
        self.handled: list[str] = []
        self.checks = 0
        self.broken = False
        self.gate = asyncio.Event()
        self.app = app = PyView(secret=SECRET, security=SecurityConfig(**limits))
        app.add_middleware(SessionMiddleware, secret_key=SECRET, max_age=cookie_age)
        app.add_middleware(AuthenticationMiddleware, backend=Backend(self))
        app.routes.append(Route("/login/{name}", self.sign_in, methods=["POST"]))
        app.routes.append(Route("/overwrite/{name}", self.overwrite, methods=["POST"]))
        app.routes.append(Route("/logout", self.sign_out, methods=["POST"]))
        app.routes.append(Route("/everywhere", self.everywhere, methods=["POST"]))
        app.routes.append(Route("/sign-in", lambda request: PlainTextResponse("sign in")))
        app.add_live_view("/dash", self._view("authenticated"))
        app.add_live_view("/admin", self._view("admin"))
        app.add_live_view("/open", self._view(None))

    def _view(self, scope: str | None) -> type[LiveView[Any]]:
        harness = self

        class View(LiveView[Any]):
            template = LiveTemplate.from_string("<p id='who'>{{ who }}</p>", "who.html")

            async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
                socket.context = {"who": session.get("user_id", "nobody")}

            async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[Any]) -> None:
                harness.handled.append(event)
                if event == "slow":
                    await harness.gate.wait()

            async def handle_params(self, url: Any, params: Any, socket: LiveViewSocket[Any]) -> None:
                harness.handled.append("params")

        return requires(scope, redirect="/sign-in")(View) if scope else View

    async def sign_in(self, request: Request) -> Response:
        login(request, request.path_params["name"])
        return PlainTextResponse("hello")

    async def overwrite(self, request: Request) -> Response:
        request.session["user_id"] = request.path_params["name"]
        return PlainTextResponse("hello")

    async def sign_out(self, request: Request) -> Response:
        request.session.clear()
        return PlainTextResponse("bye")

    async def everywhere(self, request: Request) -> Response:
        await logout_everywhere(request)
        return PlainTextResponse("bye")


class Backend(AuthenticationBackend):
    def __init__(self, harness: Harness) -> None:
        self.harness = harness

    async def authenticate(self, conn: Any) -> Any:
        self.harness.checks += 1
        if self.harness.broken:
            raise RuntimeError("the user database is away")
        name = conn.session.get("user_id")
        roles = self.harness.roles.get(name)
        return None if roles is None else (AuthCredentials(roles), SimpleUser(name))


async def signed_in(client: LiveClient, name: str, path: str = "/dash") -> tuple[RawSocket, Page]:
    assert (await client.post(f"/login/{name}")).status_code == 200
    page = await load(client, path)
    socket = await connect(client, page).connect()
    assert (await join(socket, page))[0] == "ok"
    return socket, page


def slow_on_sockets(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Make the user database wait for the event before it answers sockets."""
    gate = asyncio.Event()
    original: Callable[..., Any] = Backend.authenticate

    async def slow(self: Backend, conn: Any) -> Any:
        if conn.scope["type"] == "websocket":
            await gate.wait()
        return await original(self, conn)

    monkeypatch.setattr(Backend, "authenticate", slow)
    return gate


async def expect_sent_away(socket: RawSocket, page: Page, path: str) -> None:
    """Wait for the redirect, then the end of the channel, then of the socket.

    It takes a second, or longer on a busy machine. A page that is only re-checked would stay a minute.
    """
    started = time.monotonic()
    assert await socket.receive_frame() == ["4", None, page.topic, "redirect", {"to": path, "status": 302}]
    assert await socket.receive_frame() == ["4", "4", page.topic, "phx_close", {}]
    assert await socket.wait_closed() == 4001
    assert time.monotonic() - started < 5.0


@pytest.mark.parametrize("path", ["/dash", "/open"])
async def test_sign_out_ends_every_open_page_of_the_session(path: str) -> None:
    harness = Harness()
    async with LiveClient(harness.app) as client, LiveClient(harness.app) as other:
        alice, page = await signed_in(client, "alice", path)
        bob, bobs = await signed_in(other, "bob", path)
        await client.post("/logout")
        await expect_sent_away(alice, page, path)
        await bob.send_frame(event(bobs, "5", "hello"))
        assert (await bob.receive_frame())[4]["status"] == "ok"
        assert harness.handled.count("hello") == 1
        await bob.close()
    assert harness.app.app_context.processes == set()


async def test_a_copy_of_the_cookie_is_invalid_after_sign_out() -> None:
    harness = Harness()
    async with LiveClient(harness.app) as client:
        await client.post("/login/alice")
        copied = client.cookies["session"]
        page = await load(client, "/dash")
        await client.post("/logout")
    async with LiveClient(harness.app, cookies={"session": copied}) as thief:
        response = await thief.get("/dash")
        assert (response.status_code, response.headers["location"]) == (303, "/sign-in?next=%2Fdash")
    async with LiveClient(harness.app, cookies={"session": copied}) as thief, connect(thief, page) as socket:
        assert await join(socket, page) == ["error", {"reason": "stale"}]


@pytest.mark.parametrize("how", ["overwrite", "login"])
async def test_another_user_in_the_same_browser_ends_the_first_ones_pages(how: str) -> None:
    harness = Harness()
    async with LiveClient(harness.app) as client:
        alice, page = await signed_in(client, "alice")
        before = client.cookies["session"]
        await client.post(f"/{how}/bob")
        await expect_sent_away(alice, page, "/dash")
        assert (await load(client, "/dash")).session
    async with LiveClient(harness.app, cookies={"session": before}) as thief:
        assert (await thief.get("/dash")).status_code == 303


async def test_logout_everywhere_ends_all_pages_of_one_user_only() -> None:
    harness = Harness()
    async with (
        LiveClient(harness.app) as one,
        LiveClient(harness.app) as two,
        LiveClient(harness.app) as other,
    ):
        first, first_page = await signed_in(one, "alice")
        second, second_page = await signed_in(two, "alice")
        bob, bobs = await signed_in(other, "bob")
        assert (await one.post("/everywhere")).status_code == 200
        await expect_sent_away(first, first_page, "/dash")
        await expect_sent_away(second, second_page, "/dash")
        assert (await two.get("/dash")).status_code == 303
        await bob.send_frame(event(bobs, "5", "hello"))
        assert (await bob.receive_frame())[4]["status"] == "ok"
        await bob.close()
        again, _ = await signed_in(two, "alice")
        await again.close()


async def test_a_removed_role_takes_effect_before_the_next_handler() -> None:
    harness = Harness(auth_recheck=0.0)
    async with LiveClient(harness.app) as client:
        socket, page = await signed_in(client, "alice", "/admin")
        harness.roles["alice"] = ["authenticated"]
        harness.handled.clear()
        await socket.send_frame(event(page, "5", "delete_all"))
        answer = await socket.receive_frame()
        assert answer[4]["response"] == {"redirect": {"to": "/admin", "status": 302}}
        assert (await socket.receive_frame())[3] == "phx_close"
        assert harness.handled == []
        assert (await join(socket, page, "9"))[1] == {
            "redirect": {"to": "/sign-in?next=%2Fadmin", "status": 302}
        }
        await socket.close()


async def test_events_recheck_at_most_once_a_second_and_patches_always() -> None:
    harness = Harness()
    async with LiveClient(harness.app) as client:
        socket, page = await signed_in(client, "alice", "/admin")
        checks = harness.checks
        for ref in range(5, 55):
            await socket.send_frame(event(page, str(ref), "hello"))
            await socket.receive_frame()
        assert harness.checks == checks
        harness.roles["alice"] = ["authenticated"]
        harness.handled.clear()
        await socket.send_frame(["4", "60", page.topic, "live_patch", {"url": "/admin?x=1"}])
        assert (await socket.receive_frame())[4]["response"] == {
            "redirect": {"to": "/admin?x=1", "status": 302}
        }
        assert harness.handled == []
        await socket.close()


async def test_an_idle_page_is_rechecked() -> None:
    harness = Harness(auth_interval=0.1)
    async with LiveClient(harness.app) as client:
        socket, _ = await signed_in(client, "alice", "/admin")
        harness.roles["alice"] = ["authenticated"]
        assert (await socket.receive_frame())[3:] == ["redirect", {"to": "/admin", "status": 302}]
        assert (await socket.receive_frame())[3] == "phx_close"
        await socket.close()


async def test_an_expired_session_ends_its_pages() -> None:
    harness = Harness(cookie_age=4)  # long enough for the join on a busy machine
    async with LiveClient(harness.app) as client:
        socket, _ = await signed_in(client, "alice")
        frame = await socket.receive_frame(timeout=20)
        assert frame[3:] == ["redirect", {"to": "/dash", "status": 302}]
        assert (await socket.receive_frame())[3] == "phx_close"
        assert await socket.wait_closed() == 4001
        assert (await client.get("/dash")).status_code == 303


async def test_a_granted_role_takes_effect() -> None:
    harness = Harness()
    async with LiveClient(harness.app) as client:
        socket, page = await signed_in(client, "bob")
        harness.roles["bob"] = ["authenticated", "admin"]
        admin = page.join("5", redirect="http://testserver/admin")
        del admin[4]["url"]
        await socket.send_frame(admin)
        assert (await socket.receive_frame())[3] == "phx_close"
        assert (await socket.receive_frame())[4]["status"] == "ok"
        await socket.close()


async def test_a_backend_that_raises_refuses_and_ends_pages() -> None:
    harness = Harness(auth_recheck=0.0)
    async with LiveClient(harness.app) as client:
        socket, page = await signed_in(client, "alice")
        harness.broken = True
        harness.handled.clear()
        await socket.send_frame(event(page, "5", "hello"))
        assert "redirect" in (await socket.receive_frame())[4]["response"]
        assert harness.handled == []
        await socket.close()


async def test_waiting_events_are_dropped_when_the_session_ends() -> None:
    harness = Harness()
    async with LiveClient(harness.app) as client:
        socket, page = await signed_in(client, "alice")
        await socket.send_frame(event(page, "5", "slow"))
        for ref in ("6", "7"):
            await socket.send_frame(event(page, ref, "late"))
        await eventually(lambda: "slow" in harness.handled)
        await client.post("/logout")
        harness.gate.set()
        await socket.wait_closed()
    assert harness.handled.count("slow") == 1
    assert "late" not in harness.handled


async def test_sign_out_during_a_join_ends_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """The session ends after the check of the user, and before the page is monitored."""
    harness = Harness()
    async with LiveClient(harness.app) as client:
        await client.post("/login/alice")
        page = await load(client, "/dash")
        socket = await connect(client, page).connect()
        gate = slow_on_sockets(monkeypatch)
        await socket.send_frame(page.join("4"))
        await asyncio.sleep(0.01)
        await client.post("/logout")
        gate.set()
        assert await socket.wait_closed() == 4001


async def test_sign_out_during_a_recheck_ends_the_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The check began before the session ended, so its result is outdated."""
    harness = Harness(auth_recheck=0.0)
    async with LiveClient(harness.app) as client:
        socket, page = await signed_in(client, "alice")
        gate = slow_on_sockets(monkeypatch)
        await socket.send_frame(event(page, "5", "hello"))
        await asyncio.sleep(0.01)
        await client.post("/logout")
        gate.set()
        assert await socket.wait_closed() == 4001


async def test_public_views_are_not_rechecked() -> None:
    harness = Harness(auth_recheck=0.0, auth_interval=0.01)
    async with LiveClient(harness.app) as client:
        page = await load(client, "/open")
        async with connect(client, page) as socket:
            await join(socket, page)
            checks = harness.checks
            for ref in range(5, 15):
                await socket.send_frame(event(page, str(ref), "hello"))
                await socket.receive_frame()
            await asyncio.sleep(0.04)  # several intervals
            assert harness.checks == checks


async def test_concurrent_rechecks_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Concurrent re-checks of one connection are one re-check."""
    harness = Harness(auth_recheck=0.0)
    async with LiveClient(harness.app) as client:
        socket, page = await signed_in(client, "alice")
        second = await load(client, "/dash")
        await join(socket, second, "5")
        gate = asyncio.Event()
        original: Callable[..., Any] = Backend.authenticate

        async def slow(self: Backend, conn: Any) -> Any:
            await gate.wait()
            return await original(self, conn)

        monkeypatch.setattr(Backend, "authenticate", slow)
        checks = harness.checks
        await socket.send_frame(event(page, "6", "one"))
        await socket.send_frame(event(second, "7", "two", join_ref="5"))
        await asyncio.sleep(0.01)
        gate.set()
        assert {(await socket.receive_frame())[1] for _ in range(2)} == {"6", "7"}
        assert harness.checks - checks <= 2
        await socket.close()
