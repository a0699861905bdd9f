"""Remember me: single-use cookies, and the end of a stolen one."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.authentication import AuthCredentials, AuthenticationBackend, BaseUser, SimpleUser
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from pyview import LiveView, LiveViewSocket, PyView
from pyview.auth import logout_everywhere, requires
from pyview.auth.remember import RememberMe, RememberMiddleware
from pyview.auth.remember_store import MemoryRememberStore, RememberStore, RememberToken, SQLiteRememberStore
from pyview.sessions import MemorySessionStore, ServerSessionMiddleware, end_device, list_devices
from pyview.stores.health import StoreUnavailable
from pyview.stores.revocations import MemoryRevocations, Revocations
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from tests.stores.fixtures import BreakableFolder, Clock, clock
from tests.stores.revocations.workers import until

__all__ = ["clock"]

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
DAY = 86400


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RememberStore]:
    kinds: dict[str, Callable[[], RememberStore]] = {
        "memory": MemoryRememberStore,
        "sqlite": lambda: SQLiteRememberStore(tmp_path / "remember.db"),
    }
    store = kinds[request.param]()
    await store.start()
    yield store
    await store.close()


def series(selector: str = "a", user: str = "ada", **changes: Any) -> RememberToken:
    return replace(RememberToken(selector, user, "who", b"1", b"", 0.0, 0.0, 100.0), **changes)


class TestStore:
    async def test_a_token_exists_until_it_expires(self, store: RememberStore) -> None:
        await store.add(series(), 0)
        assert await store.get("a", 99.9) == series()
        assert await store.get("a", 100.0) is None
        assert await store.get("b", 0) is None

    async def test_replace_is_compare_and_set(self, store: RememberStore) -> None:
        first, second, third = series(), series(validator=b"2", previous=b"1"), series(validator=b"3")
        await store.add(first, 0)
        assert await store.replace(first, second)
        assert not await store.replace(first, third)
        assert await store.get("a", 0) == second

    async def test_a_removed_token_cannot_be_replaced(self, store: RememberStore) -> None:
        await store.add(series(), 0)
        await store.remove("a")
        await store.remove("a")
        assert not await store.replace(series(), series(validator=b"2"))
        assert await store.get("a", 0) is None

    async def test_remove_user_removes_only_their_tokens(self, store: RememberStore) -> None:
        for selector, user in (("a", "ada"), ("b", "ada"), ("c", "grace")):
            await store.add(series(selector, user), 0)
        await store.remove_user("ada")
        found = [await store.get(selector, 0) for selector in "abc"]
        assert [one and one.user for one in found] == [None, None, "grace"]

    async def test_expired_tokens_are_deleted(self, store: RememberStore) -> None:
        await store.add(series("a", expires_at=10), 0)
        await store.add(series("b"), 20)
        assert await store.get("a", 0) is None
        assert await store.get("b", 20)

    async def test_of_concurrent_replacements_one_succeeds(self, store: RememberStore) -> None:
        await store.add(series(), 0)
        changes = [series(validator=bytes([number])) for number in range(2, 12)]
        won = await asyncio.gather(*(store.replace(series(), change) for change in changes))
        assert sum(won) == 1


async def test_a_file_persists(tmp_path: Path) -> None:
    for _ in range(2):
        store = SQLiteRememberStore(tmp_path / "remember.db")
        await store.start()
        await store.add(series(f"{_}"), 0)
        assert await store.get("0", 0) == series("0")
        await store.close()


class Backend(AuthenticationBackend):
    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, BaseUser] | None:
        name = conn.session.get("user_id")
        return (AuthCredentials(["authenticated"]), SimpleUser(name)) if name else None


class View(LiveView[Any]):
    template = LiveTemplate.from_string("<p>{{ who }}</p>", "who.html")

    async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
        socket.context = {"who": session.get("user_id", "nobody")}


class Harness:
    """An application with the documented sign-in and a check box to be remembered."""

    def __init__(self, store: RememberStore, clock: Clock, revocations: Revocations | None = None) -> None:
        self.users = {"ada", "grace"}
        self.thefts: list[str] = []
        self.remember = RememberMe(self.sign_in, store, on_theft=self.on_theft, clock=clock)
        self.app = app = PyView(secret=SECRET, revocations=revocations)
        self.add_sessions()
        app.add_middleware(AuthenticationMiddleware, backend=Backend())
        app.add_middleware(RememberMiddleware, remember=self.remember)
        app.routes.append(Route("/login", self.login, methods=["POST"]))
        app.routes.append(Route("/logout", self.logout, methods=["POST"]))
        app.routes.append(Route("/everywhere", self.everywhere, methods=["POST"]))
        app.routes.append(Route("/who", self.who))
        app.add_live_view("/open", View)
        app.add_live_view("/home", requires("authenticated")(type("Home", (View,), {})))
        sudo = requires("authenticated", max_auth_age=600)
        app.add_live_view("/sudo", sudo(type("Sudo", (View,), {})))

    def add_sessions(self) -> None:
        self.app.add_middleware(SessionMiddleware, secret_key=SECRET)

    async def sign_in(self, user: str) -> dict[str, Any] | None:
        return {"user_id": user} if user in self.users else None

    async def on_theft(self, user: str) -> None:
        self.thefts.append(user)

    async def login(self, request: Request) -> Response:
        form = await request.form()
        request.session["user_id"] = form["user"]
        if form.get("remember"):
            await self.remember.remember(request, form["user"])
        return RedirectResponse("/home", status_code=303)

    async def logout(self, request: Request) -> Response:
        request.session.clear()
        return RedirectResponse("/open", status_code=303)

    async def everywhere(self, request: Request) -> Response:
        await logout_everywhere(request)
        return PlainTextResponse("done")

    async def who(self, request: Request) -> Response:
        return PlainTextResponse(request.user.display_name if request.user.is_authenticated else "nobody")


class HarnessWithDevices(Harness):
    """The same with server-side sessions."""

    def __init__(self, store: RememberStore, clock: Clock) -> None:
        super().__init__(store, clock)
        self.app.routes.append(Route("/others", self.end_others, methods=["POST"]))

    def add_sessions(self) -> None:
        self.app.add_middleware(ServerSessionMiddleware, store=MemorySessionStore())

    async def end_others(self, request: Request) -> Response:
        for device in await list_devices(request):
            if not device.current:
                await end_device(request, device.key)
        return PlainTextResponse("done")


@pytest.fixture
def harness(store: RememberStore, clock: Clock) -> Harness:
    return Harness(store, clock)


@pytest.fixture
async def client(harness: Harness) -> AsyncIterator[LiveClient]:
    async with LiveClient(harness.app) as client:
        yield client


@pytest.fixture
async def thief(harness: Harness) -> AsyncIterator[LiveClient]:
    async with LiveClient(harness.app) as client:
        yield client


async def sign_in(client: LiveClient, user: str = "ada", remember: str = "on") -> httpx.Response:
    return await client.post("/login", data={"user": user, "remember": remember})


async def who(client: LiveClient) -> str:
    return (await client.get("/who")).text


def cookie(client: LiveClient, name: str = "remember") -> str | None:
    return client.cookies.get(name)


def close_browser(client: LiveClient) -> None:
    """Delete the session's cookie, as after its expiry; the remember-me cookie stays."""
    client.cookies.delete("session")


def steal(client: LiveClient, thief: LiveClient) -> None:
    found = cookie(client)
    assert found
    thief.cookies.set("remember", found, domain="testserver.local", path="/")


class TestRemembered:
    async def test_only_with_the_box_checked(self, client: LiveClient) -> None:
        await sign_in(client, remember="")
        assert cookie(client) is None
        close_browser(client)
        assert await who(client) == "nobody"

    async def test_a_new_session_and_the_next_cookie(self, client: LiveClient) -> None:
        await sign_in(client)
        first = cookie(client)
        close_browser(client)
        assert await who(client) == "ada"
        second = cookie(client)
        assert second
        assert second != first
        assert await who(client) == "ada"
        assert cookie(client) == second, "redeemed once, when the session was over"
        page = await client.open("/home")
        assert page.connected
        assert page.has_text("ada")

    async def test_repeatedly_for_thirty_days(self, client: LiveClient, clock: Clock) -> None:
        await sign_in(client)
        for _ in range(29):
            clock.now += DAY
            close_browser(client)
            assert await who(client) == "ada"
        clock.now += DAY
        close_browser(client)
        assert await who(client) == "nobody"
        assert cookie(client) is None

    async def test_the_cookie(self, client: LiveClient) -> None:
        response = await sign_in(client)
        (header,) = [one for one in response.headers.get_list("set-cookie") if one.startswith("remember=")]
        assert "HttpOnly" in header
        assert "SameSite=lax" in header
        assert f"Max-Age={30 * DAY}" in header
        assert "Path=/" in header
        assert "Secure" not in header

    async def test_the_cookie_over_tls(self, harness: Harness) -> None:
        async with LiveClient(harness.app, base_url="https://testserver") as client:
            response = await client.post("/login", data={"user": "ada", "remember": "on"})
        (header,) = [one for one in response.headers.get_list("set-cookie") if one.startswith("remember=")]
        assert "Secure" in header

    async def test_the_store_has_digests_only(self, client: LiveClient, store: RememberStore) -> None:
        await sign_in(client)
        selector, _, validator = (cookie(client) or "").partition(":")
        kept = await store.get(selector, 0)
        assert kept is not None
        assert validator not in repr(kept)

    async def test_a_deleted_account(self, client: LiveClient, harness: Harness) -> None:
        await sign_in(client)
        harness.users.clear()
        close_browser(client)
        assert await who(client) == "nobody"
        assert cookie(client) is None

    async def test_concurrent_requests(self, client: LiveClient) -> None:
        await sign_in(client)
        headers = {"cookie": f"remember={cookie(client)}"}
        close_browser(client)
        answers = await asyncio.gather(*(client.get("/who", headers=headers) for _ in range(8)))
        assert {answer.text for answer in answers} == {"ada"}
        close_browser(client)
        assert await who(client) == "ada", "the browser keeps a cookie that is good"

    async def test_it_is_not_a_recent_sign_in(self, client: LiveClient) -> None:
        await sign_in(client)
        assert (await client.get("/sudo")).status_code == 200
        close_browser(client)
        assert await who(client) == "ada"
        assert (await client.get("/sudo")).status_code == 403

    async def test_it_does_not_take_over_a_session_with_another_user(
        self, client: LiveClient, other: LiveClient
    ) -> None:
        await sign_in(client)
        await sign_in(other, "grace", remember="")
        steal(client, other)
        assert await who(other) == "grace"


@pytest.fixture
async def other(harness: Harness) -> AsyncIterator[LiveClient]:
    async with LiveClient(harness.app) as client:
        yield client


class TestForgotten:
    async def test_sign_out_forgets_the_browser(self, client: LiveClient, thief: LiveClient) -> None:
        await sign_in(client)
        steal(client, thief)
        await client.post("/logout")
        assert cookie(client) is None
        assert await who(client) == "nobody"
        assert await who(thief) == "nobody"

    async def test_sign_out_of_a_restored_session_forgets_the_browser(self, client: LiveClient) -> None:
        await sign_in(client)
        close_browser(client)
        await client.post("/logout")
        assert cookie(client) is None
        assert await who(client) == "nobody"

    async def test_a_new_sign_in_replaces_it(self, client: LiveClient, thief: LiveClient) -> None:
        await sign_in(client)
        steal(client, thief)
        await sign_in(client, "grace")
        close_browser(client)
        assert await who(client) == "grace"
        assert await who(thief) == "nobody"

    async def test_logout_everywhere_forgets_all_browsers(
        self, client: LiveClient, other: LiveClient, clock: Clock
    ) -> None:
        clock.now = 1_000.0  # before the real clock, by which sessions are ended
        await sign_in(client)
        await sign_in(other)
        await other.post("/everywhere")
        close_browser(client)
        assert await who(client) == "nobody"
        assert cookie(client) is None

    async def test_ending_a_device_forgets_its_browser(self, store: RememberStore, clock: Clock) -> None:
        harness = HarnessWithDevices(store, clock)
        async with LiveClient(harness.app) as phone, LiveClient(harness.app) as laptop:
            await sign_in(phone)
            await sign_in(laptop)
            await laptop.post("/others")
            assert await who(phone) == "nobody"
            assert cookie(phone) is None
            close_browser(laptop)
            assert await who(laptop) == "ada"

    async def test_forget_user_keeps_open_sessions(
        self, client: LiveClient, other: LiveClient, harness: Harness
    ) -> None:
        await sign_in(client)
        await sign_in(other, "grace")
        await harness.remember.forget_user("ada")
        assert await who(client) == "ada"
        for browser in (client, other):
            close_browser(browser)
        assert [await who(client), await who(other)] == ["nobody", "grace"]


class TestStolen:
    async def test_the_user_comes_after_the_thief(
        self,
        client: LiveClient,
        thief: LiveClient,
        harness: Harness,
        clock: Clock,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        await sign_in(client)
        steal(client, thief)
        assert await who(thief) == "ada"
        clock.now += 60
        close_browser(client)
        with caplog.at_level(logging.INFO, "pyview.security"):
            assert await who(client) == "nobody"
        (record,) = [record for record in caplog.records if hasattr(record, "event")]
        assert record.__dict__["event"] == "auth.revoked"
        assert "stolen" in record.getMessage()
        assert harness.thefts == ["ada"]
        assert cookie(client) is None
        assert await who(thief) == "nobody", "the session that came of it has ended as well"
        close_browser(thief)
        assert await who(thief) == "nobody"

    async def test_the_thief_comes_after_the_user(
        self, client: LiveClient, thief: LiveClient, harness: Harness, clock: Clock
    ) -> None:
        await sign_in(client)
        steal(client, thief)
        close_browser(client)
        assert await who(client) == "ada"
        clock.now += 60
        assert await who(thief) == "nobody"
        assert harness.thefts == ["ada"]
        assert await who(client) == "nobody"

    async def test_open_pages_of_the_series_end(
        self, client: LiveClient, thief: LiveClient, clock: Clock
    ) -> None:
        await sign_in(client)
        steal(client, thief)
        page = await thief.open("/home")
        assert page.connected
        clock.now += 60
        close_browser(client)
        await who(client)
        async with asyncio.timeout(20):
            while page.connected:  # noqa: ASYNC110  what a test can see
                await asyncio.sleep(0.02)

    async def test_other_browsers_of_the_user_stay(
        self, client: LiveClient, thief: LiveClient, other: LiveClient, clock: Clock
    ) -> None:
        await sign_in(client)
        await sign_in(other)
        steal(client, thief)
        await who(thief)
        clock.now += 60
        close_browser(client)
        await who(client)
        assert await who(other) == "ada"
        close_browser(other)
        assert await who(other) == "ada"

    @pytest.mark.parametrize(
        "forged", ["x", ":", "x:y", "{selector}", "{selector}:", "{selector}:{selector}", "é", '"\\']
    )
    async def test_forged_cookies_sign_no_user_in(self, client: LiveClient, forged: str) -> None:
        await sign_in(client)
        selector = (cookie(client) or "").partition(":")[0]
        value = forged.format(selector=selector).encode("utf-8")
        response = await client.get("/who", headers=[("cookie", b"remember=" + value)])
        assert response.text == "nobody"


class UnavailableStore(MemoryRememberStore):
    """A store that can become unavailable."""

    unavailable = False

    async def start(self) -> None:
        if self.unavailable:
            raise StoreUnavailable("away")


async def test_while_the_store_is_unavailable_no_cookie_is_used_or_deleted(clock: Clock) -> None:
    store = UnavailableStore()
    async with LiveClient(Harness(store, clock).app) as client:
        await sign_in(client)
        kept = cookie(client)
        close_browser(client)
        store.unavailable = True
        assert await who(client) == "nobody"
        assert cookie(client) == kept
        store.unavailable = False
        assert await who(client) == "ada"


async def test_a_sign_out_during_an_outage_forgets_the_browser_afterwards(
    clock: Clock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = BreakableFolder(tmp_path)
    one, two = (Harness(SQLiteRememberStore(folder.place), clock).app for _ in range(2))
    async with AsyncExitStack() as stack:
        client, other = [await stack.enter_async_context(LiveClient(app)) for app in (one, two)]
        await sign_in(client)
        await sign_in(other)
        copied = cookie(client)
        folder.stop()
        await client.post("/logout")
        assert cookie(client) is None
        folder.restart()
        await until(lambda: "wrote 1 remembered browsers from the outage of their store" in caplog.text)
        for app in (one, two):
            copy = LiveClient(app, cookies={"remember": copied or ""}, lifespan=False)
            assert await who(await stack.enter_async_context(copy)) == "nobody"
        close_browser(other)
        assert await who(other) == "ada"


async def test_an_invented_selector_is_not_kept(clock: Clock, tmp_path: Path) -> None:
    folder = BreakableFolder(tmp_path)
    harness = Harness(SQLiteRememberStore(folder.place), clock)
    folder.stop()
    async with LiveClient(harness.app, cookies={"remember": "x" * 4000 + ":y"}) as client:
        await client.post("/logout")
        assert not harness.remember._backlog
        folder.restart()


class RevocationsAway(MemoryRevocations):
    """Cannot be written, but keeps what was revoked."""

    async def revoke(self, key: str, until: float, not_before: float | None = None) -> None:
        await super().revoke(key, until, not_before)
        raise StoreUnavailable("away")


async def test_a_theft_is_reported_during_an_outage(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    harness = Harness(MemoryRememberStore(), clock, RevocationsAway())
    async with LiveClient(harness.app) as client, LiveClient(harness.app) as thief:
        await sign_in(client)
        steal(client, thief)
        assert await who(thief) == "ada"
        clock.now += 60
        close_browser(client)
        assert await who(client) == "nobody"
        assert harness.thefts == ["ada"]
        assert "used twice: it was stolen" in caplog.text
        assert await who(thief) == "nobody"


class TestPlace:
    """In other applications than PyView, the application chooses the order."""

    def app(self, *order: Middleware) -> Starlette:
        async def who(request: Request) -> Response:
            return PlainTextResponse(request.user.display_name if request.user.is_authenticated else "nobody")

        async def login(request: Request) -> Response:
            request.session["user_id"] = "ada"
            await self.remember.remember(request, "ada")
            return PlainTextResponse("in")

        return Starlette(routes=[Route("/who", who), Route("/login", login)], middleware=order)

    async def sign_in(self, user: str) -> dict[str, Any]:
        return {"user_id": user}

    @pytest.fixture(autouse=True)
    def parts(self) -> None:
        self.remember = RememberMe(self.sign_in)
        self.session = Middleware(SessionMiddleware, secret_key=SECRET)
        self.middle = Middleware(RememberMiddleware, remember=self.remember)
        self.auth = Middleware(AuthenticationMiddleware, backend=Backend())

    async def test_in_the_right_order_it_works(self) -> None:
        async with LiveClient(self.app(self.session, self.middle, self.auth)) as client:
            await client.get("/login")
            close_browser(client)
            assert await who(client) == "ada"
            assert await who(client) == "ada"

    async def test_in_the_wrong_order_it_raises(self) -> None:
        for order in ((self.middle, self.session, self.auth), (self.session, self.auth, self.middle)):
            async with LiveClient(self.app(*order)) as client:
                with pytest.raises(RuntimeError, match="must run inside a session middleware"):
                    await client.get("/who")

    async def test_without_the_middleware_it_raises(self) -> None:
        async with LiveClient(self.app(self.session, self.auth)) as client:
            with pytest.raises(RuntimeError, match="Add RememberMiddleware"):
                await client.get("/login")
