"""The grace of signed-in users: who was confirmed a moment ago stays while the store does not answer, and no longer."""

import asyncio
import json
import time
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.auth import login, logout, logout_everywhere, requires
from pyview.events import event as on_event
from pyview.sessions import MemorySessionStore, ServerSessionMiddleware, recent
from pyview.sessions.tracking import session_key
from pyview.stores.health import StoreUnavailable
from pyview.stores.revocations import MemoryRevocations
from pyview.stores.sessions import Record
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, RawSocket
from tests.asgi import eventually, poll
from tests.frames import Page, connect, event, join, load

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
TIMEOUT = 1.5  # seconds that a frozen store keeps a question waiting


class Store:
    """Availability of a store: `away` refuses at once, `frozen` waits until its timeout, `slow` answers late."""

    def __init__(self) -> None:
        self.away = False
        self.frozen = False
        self.slow = 0.0
        self.asked = 0
        self.waiting = 0
        self.most_waiting = 0

    async def answer(self) -> None:
        self.asked += 1
        await asyncio.sleep(self.slow)
        if self.frozen:
            self.waiting += 1
            self.most_waiting = max(self.most_waiting, self.waiting)
            await asyncio.sleep(TIMEOUT)
            self.waiting -= 1
        if self.frozen or self.away:
            raise StoreUnavailable("away")


class SwitchedRevocations(MemoryRevocations):
    def __init__(self, store: Store, elsewhere: set[str]) -> None:
        super().__init__()
        self._store = store
        self._elsewhere = elsewhere

    async def revoked(self, keys: Mapping[str, float]) -> bool:
        await self._store.answer()
        return await super().revoked(keys) or not self._elsewhere.isdisjoint(keys)

    async def revoke(self, key: str, until: float, not_before: float | None = None) -> None:
        await super().revoke(key, until, not_before)
        if self._store.away or self._store.frozen:
            raise StoreUnavailable("away")


class SwitchedSessions(MemorySessionStore):
    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store

    async def load(self, key: str, now: float) -> Record | None:
        await self._store.answer()
        return await super().load(key, now)

    async def save(self, key: str, data: bytes, version: int, now: float) -> bool:
        await self._store.answer()
        return await super().save(key, data, version, now)

    async def create(self, record: Record) -> None:
        await self._store.answer()
        await super().create(record)

    async def delete(self, key: str) -> None:
        await self._store.answer()
        await super().delete(key)


class Backend(AuthenticationBackend):
    """Users with the roles of a database that stays available."""

    def __init__(self, roles: dict[str, list[str]]) -> None:
        self._roles = roles

    async def authenticate(self, conn: Any) -> Any:
        name = conn.session.get("user_id")
        roles = self._roles.get(name, [])
        return (AuthCredentials(roles), SimpleUser(name)) if name and roles else None


class View(LiveView[dict[str, str]]):
    template = LiveTemplate.from_string("<p>{{ name }}</p>", "grace.html")

    async def mount(self, socket: LiveViewSocket[dict[str, str]], session: Any) -> None:
        socket.context = {"name": session.get("user_id", "visitor")}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[dict[str, str]]) -> None:
        """Do nothing; the reply shows that the view runs."""


@requires("user", redirect="/sign-in")
class Members(View):
    @on_event("pay", requires=requires("user", fresh=True))
    async def pay(self) -> None:
        """Do nothing."""


@requires("user", max_auth_age=600, redirect="/sign-in")
class Settings(View):
    """A page for users who have signed in lately."""


async def sign_in(request: Request) -> Response:
    login(request, request.path_params["name"])
    return PlainTextResponse("hello")


async def sign_out(request: Request) -> Response:
    logout(request)
    return PlainTextResponse("bye")


async def everywhere(request: Request) -> Response:
    try:
        await logout_everywhere(request, request.path_params["name"])
    except StoreUnavailable:
        return PlainTextResponse("later")
    return PlainTextResponse("bye")


async def note(request: Request) -> Response:
    request.session["word"] = "noted"
    return PlainTextResponse("noted")


class Application:
    """An application with a store that a test may take away: of revocations (`cookie`) or of sessions (`server`)."""

    def __init__(self, kind: str, **security: Any) -> None:
        self.store = Store()
        self.roles = {name: ["user"] for name in ("ada", "bob")}
        self.revoked_elsewhere: set[str] = set()
        switched = SwitchedRevocations(self.store, self.revoked_elsewhere)
        revocations = switched if kind == "cookie" else MemoryRevocations()
        limits = SecurityConfig(**{"auth_recheck": 0.0, **security})
        self.app = app = PyView(secret=SECRET, revocations=revocations, security=limits)
        if kind == "cookie":
            app.add_middleware(SessionMiddleware, secret_key=SECRET)
        else:
            app.add_middleware(ServerSessionMiddleware, store=SwitchedSessions(self.store))
        app.add_middleware(AuthenticationMiddleware, backend=Backend(self.roles))
        app.routes.append(Route("/login/{name}", sign_in, methods=["POST"]))
        app.routes.append(Route("/logout", sign_out, methods=["POST"]))
        app.routes.append(Route("/everywhere/{name}", everywhere, methods=["POST"]))
        app.routes.append(Route("/note", note, methods=["GET", "POST"]))
        app.routes.append(Route("/sign-in", lambda request: PlainTextResponse("sign in")))
        app.add_live_view("/", Members)
        app.add_live_view("/settings", Settings)
        app.add_live_view("/open", View)


@pytest.fixture(params=["cookie", "server"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def opened(client: LiveClient, name: str = "ada", path: str = "/") -> tuple[RawSocket, Page]:
    """Sign in and open a page, so that the store has confirmed the user."""
    assert (await client.post(f"/login/{name}")).status_code == 200
    page = await load(client, path)
    socket = await connect(client, page).connect()
    assert (await join(socket, page))[0] == "ok"
    return socket, page


async def click(socket: RawSocket, page: Page, name: str = "click") -> str:
    """Return "ok" for an event that was handled, "redirect" if the page is sent away, else "error"."""
    await socket.send_frame(event(page, "9", name))
    frame = await socket.receive_frame()
    if frame[3] != "phx_reply" or "redirect" in frame[4]["response"]:
        return "redirect"
    return str(frame[4]["status"])


async def join_again(socket: RawSocket, page: Page, ref: str) -> str:
    """Join the topic once more on the same connection. Return "ok" or "error"."""
    await socket.send_frame(page.join(ref))
    assert (await socket.receive_frame())[3] == "phx_close"
    return str((await socket.receive_frame())[4]["status"])


def sets_session(response: httpx.Response) -> bool:
    return any(value.startswith("session=") for value in response.headers.get_list("set-cookie"))


@pytest.mark.parametrize("how", ["away", "frozen"])
async def test_a_user_of_a_moment_ago_goes_on(kind: str, how: str) -> None:
    """With events, page loads, another join on the same connection, and a new connection of the same browser."""
    application = Application(kind)
    async with LiveClient(application.app) as client:
        socket, page = await opened(client)
        setattr(application.store, how, True)
        assert await click(socket, page) == "ok"
        assert await join_again(socket, page, "12") == "ok"
        again = await load(client, "/")
        other = await connect(client, again).connect()
        assert (await join(other, again))[0] == "ok"
        assert await click(other, again) == "ok"


async def test_a_frozen_store_holds_up_one_question_and_no_user(kind: str) -> None:
    application = Application(kind)
    async with LiveClient(application.app) as client:
        socket, page = await opened(client)
        application.store.frozen = True
        await click(socket, page)  # waits for the patience of a user who is known
        begun = time.monotonic()
        for _ in range(20):
            assert await click(socket, page) == "ok"
        assert time.monotonic() - begun < TIMEOUT, "twenty timeouts would be thirty seconds"
        assert application.store.most_waiting <= 2


async def test_clicks_do_not_extend_the_grace(kind: str) -> None:
    application = Application(kind, identity_grace=0.5)
    async with LiveClient(application.app) as client:
        socket, page = await opened(client)
        application.store.away = True

        async def sent_away() -> bool:
            return await click(socket, page) == "redirect"

        assert await poll(sent_away)
        response = await client.get("/")
        assert response.status_code == 503
        assert not sets_session(response)
        application.store.away = False
        assert (await client.get("/")).status_code == 200


async def test_without_grace_users_are_sent_away_at_once(kind: str) -> None:
    application = Application(kind, identity_grace=0.0)
    async with LiveClient(application.app) as client:
        socket, page = await opened(client)
        application.store.away = True
        assert await click(socket, page) == "redirect"


async def test_a_sign_in_of_the_outage_has_no_grace() -> None:
    application = Application("cookie")
    async with LiveClient(application.app) as client:
        application.store.away = True
        assert (await client.post("/login/ada")).status_code == 200
        assert (await client.get("/")).status_code == 503
        application.store.away = False
        assert (await client.get("/")).status_code == 200


async def test_a_sign_out_at_this_worker_counts_at_once(kind: str) -> None:
    application = Application(kind)
    async with LiveClient(application.app) as client:
        socket, page = await opened(client)
        copied = client.cookies["session"]
        application.store.away = True
        await client.post("/logout")
        assert "session" not in client.cookies
        assert await click(socket, page) == "redirect"
        async with LiveClient(application.app, cookies={"session": copied}, lifespan=False) as copy:
            assert (await copy.get("/")).status_code != 200


async def test_a_sign_out_everywhere_at_this_worker_counts_at_once(kind: str) -> None:
    application = Application(kind)
    async with LiveClient(application.app) as client, LiveClient(application.app, lifespan=False) as other:
        socket, page = await opened(client)
        await opened(other, "bob")
        application.store.away = True
        await other.post("/everywhere/ada")
        assert await click(socket, page) == "redirect"
        assert (await client.get("/")).status_code == 303
        assert (await other.get("/")).status_code == 200


async def test_a_lost_role_counts_at_once(kind: str) -> None:
    """Roles come from the database of users, which is another store."""
    application = Application(kind)
    async with LiveClient(application.app) as client:
        socket, page = await opened(client)
        application.store.away = True
        application.roles["ada"] = []
        assert await click(socket, page) == "redirect"
        assert (await client.get("/")).status_code == 303


async def test_a_requirement_of_a_fresh_identity_is_not_met(kind: str) -> None:
    application = Application(kind)
    async with LiveClient(application.app) as client:
        socket, page = await opened(client)
        assert (await client.get("/settings")).status_code == 200
        assert await click(socket, page, "pay") == "ok"
        application.store.away = True
        assert (await client.get("/settings")).status_code == 503
        assert await click(socket, page, "pay") == "error"
        assert await click(socket, page) == "ok"


async def test_a_slow_store_is_waited_for_where_its_answer_is_needed(kind: str) -> None:
    application = Application(kind)
    async with LiveClient(application.app) as client:
        socket, page = await opened(client)
        settings = await load(client, "/settings")
        assert (await join(socket, settings))[0] == "ok"
        application.store.slow = 0.4
        assert await click(socket, page, "pay") == "ok"
        assert await click(socket, settings) == "ok"
        assert (await client.get("/settings")).status_code == 200


async def test_a_late_answer_counts() -> None:
    """Another worker has signed the user out, and the store takes its time."""
    application = Application("cookie")
    async with LiveClient(application.app) as client:
        socket, page = await opened(client)
        application.store.slow = 0.4
        session = json.loads(b64decode(client.cookies["session"].split(".")[0]))
        application.revoked_elsewhere.add(session_key(session["_pv_sid"]))
        assert await click(socket, page) == "ok", "within its patience there was no answer"

        async def sent_away() -> bool:
            return await click(socket, page) == "redirect"

        assert await poll(sent_away)


async def test_a_change_of_the_session_is_saved_or_refused(kind: str) -> None:
    application = Application(kind)
    async with LiveClient(application.app) as known, LiveClient(application.app, lifespan=False) as unknown:
        await opened(known)
        await unknown.post("/login/bob")
        before = unknown.cookies["session"]
        application.store.away = True
        refused = await unknown.post("/note")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        shown = await unknown.get("/note")
        assert (shown.status_code, sets_session(shown)) == (200, False)
        # The cookie of Starlette's sessions is the session: saving it needs no store.
        assert (await known.post("/note")).status_code == (200 if kind == "cookie" else 503)
        application.store.away = False
        assert unknown.cookies["session"] == before
        assert [(await client.get("/")).status_code for client in (known, unknown)] == [200, 200]


async def test_a_page_without_a_guard_is_shown_to_an_unknown_user(kind: str) -> None:
    application = Application(kind)
    async with LiveClient(application.app) as client:
        await client.post("/login/ada")
        application.store.away = True
        response = await client.get("/open")
        assert (response.status_code, "visitor" in response.text) == (200, True)
        assert not sets_session(response)


async def test_the_page_of_an_unknown_user_joins_when_the_store_is_back(kind: str) -> None:
    application = Application(kind, identity_grace=0.0)
    async with LiveClient(application.app) as client:
        _, page = await opened(client)
        socket = await connect(client, page).connect()
        application.store.away = True
        await socket.send_frame(page.join("4"))
        asked = application.store.asked
        await eventually(lambda: application.store.asked > asked + 2)
        application.store.away = False
        assert (await socket.receive_frame())[4]["status"] == "ok"


async def test_another_application_has_not_confirmed_the_user() -> None:
    """With the same secret and cookie, at the same moment."""
    one, two = Application("cookie"), Application("cookie")
    async with LiveClient(one.app) as client, LiveClient(two.app) as other:
        await opened(client)
        other.cookies.update(client.cookies)
        one.store.away = two.store.away = True
        assert (await client.get("/")).status_code == 200
        assert (await other.get("/")).status_code == 503
        two.store.away = False
        assert (await other.get("/")).status_code == 200


async def test_invented_cookies_are_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of them pushes out no user, and is not denied but asked to wait."""
    monkeypatch.setattr(recent, "MOST", 5)
    application = Application("server")
    async with LiveClient(application.app) as client:
        await opened(client)
        for number in range(50):
            async with LiveClient(
                application.app, cookies={"session": f"x{number}"}, lifespan=False
            ) as flood:
                assert (await flood.get("/")).status_code == 303
        application.store.away = True
        for number in range(50):
            async with LiveClient(
                application.app, cookies={"session": f"x{number}"}, lifespan=False
            ) as flood:
                assert (await flood.get("/")).status_code == 503
        assert (await client.get("/")).status_code == 200
