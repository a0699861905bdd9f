"""Server-side sessions over HTTP: cookies, races, devices and outages."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.auth import login, logout, requires
from pyview.sessions import (
    MemorySessionStore,
    ServerSessionMiddleware,
    SessionStore,
    SQLiteSessionStore,
    end_device,
    list_devices,
)
from pyview.stores.health import StoreUnavailable
from pyview.stores.revocations import Revocations
from pyview.stores.sessions import Record
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from tests.asgi import shift_time
from tests.frames import connect, event, join, load
from tests.transport.test_long_poll import opened

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"


class Backend(AuthenticationBackend):
    async def authenticate(self, conn: Any) -> Any:
        name = conn.session.get("user_id")
        return (AuthCredentials(["authenticated"]), SimpleUser(name)) if name else None


@requires("authenticated")
class Dashboard(LiveView[dict[str, str]]):
    template = LiveTemplate.from_string("<p>{{ name }}</p>", "dashboard.html")

    async def mount(self, socket: LiveViewSocket[dict[str, str]], session: Any) -> None:
        socket.context = {"name": session["user_id"]}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[dict[str, str]]) -> None:
        """Do nothing."""


async def sign_in(request: Request) -> Response:
    login(request, request.path_params["name"])
    return PlainTextResponse("hello")


async def sign_out(request: Request) -> Response:
    """Sign out, after a while."""
    logout(request)
    await asyncio.sleep(float(request.query_params.get("after", "0")))
    return PlainTextResponse("bye")


async def write(request: Request) -> Response:
    """Store a word in the session, after a while."""
    request.session[request.path_params["word"]] = True
    await asyncio.sleep(float(request.query_params.get("after", "0")))
    return PlainTextResponse("written")


async def read(request: Request) -> Response:
    return JSONResponse({key: value for key, value in request.session.items() if key[:1] != "_"})


async def devices(request: Request) -> Response:
    return JSONResponse([[device.key, device.current] for device in await list_devices(request)])


async def end(request: Request) -> Response:
    return JSONResponse(await end_device(request, request.path_params["key"]))


def app_with(
    store: SessionStore,
    revocations: Revocations | None = None,
    /,
    *,
    security: SecurityConfig | None = None,
    **options: Any,
) -> PyView:
    app = PyView(secret=SECRET, revocations=revocations, security=security)
    app.add_middleware(ServerSessionMiddleware, store=store, **options)
    app.add_middleware(AuthenticationMiddleware, backend=Backend())
    for path, endpoint, method in [
        ("/login/{name}", sign_in, "POST"),
        ("/logout", sign_out, "POST"),
        ("/write/{word}", write, "POST"),
        ("/read", read, "GET"),
        ("/devices", devices, "GET"),
        ("/end/{key}", end, "POST"),
    ]:
        app.routes.append(Route(path, endpoint, methods=[method]))
    app.add_live_view("/dash", Dashboard)
    return app


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> SessionStore:
    return MemorySessionStore() if request.param == "memory" else SQLiteSessionStore(tmp_path / "sessions.db")


async def test_a_session_is_stored_and_the_cookie_has_only_an_id(store: SessionStore) -> None:
    async with LiveClient(app_with(store)) as client:
        response = await client.post("/write/apple")
        cookie = response.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert len(client.cookies["session"]) == 43
        assert "set-cookie" not in (await client.post("/write/pear")).headers
        assert (await client.get("/read")).json() == {"apple": True, "pear": True}


async def test_an_unknown_id_is_never_accepted(store: SessionStore) -> None:
    async with LiveClient(app_with(store), cookies={"session": "attacker-chosen-id"}) as client:
        await client.post("/login/alice")
        assert client.cookies["session"] != "attacker-chosen-id"
    async with LiveClient(app_with(store), cookies={"session": "attacker-chosen-id"}) as attacker:
        assert (await attacker.get("/read")).json() == {}


async def test_sign_in_changes_the_id_and_the_old_one_is_invalid(store: SessionStore) -> None:
    async with LiveClient(app_with(store)) as client:
        await client.post("/write/cart")
        before = client.cookies["session"]
        await client.post("/login/alice")
        assert client.cookies["session"] != before
        assert (await client.get("/read")).json() == {"cart": True, "user_id": "alice"}
    async with LiveClient(app_with(store), cookies={"session": before}) as fixed:
        assert (await fixed.get("/read")).json() == {}


async def test_a_slow_request_does_not_restore_a_signed_out_session(store: SessionStore) -> None:
    async with LiveClient(app_with(store)) as client:
        await client.post("/login/alice")
        held = client.cookies["session"]
        slow = asyncio.create_task(client.post("/write/late?after=0.1"))
        await asyncio.sleep(0.02)
        await client.post("/logout")
        await slow
    async with LiveClient(app_with(store), cookies={"session": held}) as thief:
        assert (await thief.get("/read")).json() == {}


async def test_concurrent_requests_are_merged(store: SessionStore) -> None:
    async with LiveClient(app_with(store)) as client:
        await client.post("/write/first")
        await asyncio.gather(*(client.post(f"/write/w{n}?after=0.0{n}") for n in range(1, 6)))
        assert (await client.get("/read")).json().keys() == {"first", "w1", "w2", "w3", "w4", "w5"}


async def test_a_session_expires_by_age_and_without_use(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[dict[str, Any]] = [{"max_age": 60.0}, {"idle_timeout": 60.0}]
    for options in limits:
        async with LiveClient(app_with(store, **options)) as client:
            await client.post("/write/apple")
            assert (await client.get("/read")).json() == {"apple": True}
            shift_time(monkeypatch, 61)
            assert (await client.get("/read")).json() == {}


async def test_values_must_be_json(store: SessionStore) -> None:
    async def bad(request: Request) -> Response:
        request.session["when"] = object()
        return PlainTextResponse("never")

    app = app_with(store)
    app.routes.append(Route("/bad", bad, methods=["POST"]))
    async with LiveClient(app) as client:
        with pytest.raises(TypeError, match="JSON values only"):
            await client.post("/bad")


async def test_devices_belong_to_the_user_and_ending_one_ends_its_pages(store: SessionStore) -> None:
    app = app_with(store)
    async with LiveClient(app) as laptop, LiveClient(app) as phone, LiveClient(app) as stranger:
        await laptop.post("/login/alice")
        await phone.post("/login/alice")
        await stranger.post("/login/mallory")
        page = await load(phone, "/dash")
        socket = await connect(phone, page).connect()
        await join(socket, page)
        listed = (await laptop.get("/devices")).json()
        assert sorted(current for _, current in listed) == [False, True]
        other = next(key for key, current in listed if not current)
        assert (await stranger.post(f"/end/{other}")).json() is False
        await socket.send_frame(event(page, "5", "still"))
        assert (await socket.receive_frame())[4]["status"] == "ok"
        assert (await laptop.post(f"/end/{other}")).json() is True
        assert (await socket.receive_frame())[3] == "redirect"
        assert await socket.wait_closed() == 4001
        assert (await phone.get("/dash")).status_code == 403
        assert len((await laptop.get("/devices")).json()) == 1


async def test_over_https_the_cookie_has_the_host_prefix() -> None:
    app = app_with(MemorySessionStore(), https_only=True)
    async with LiveClient(app, base_url="https://testserver") as client:
        cookie = (await client.post("/write/apple")).headers["set-cookie"].lower()
        assert cookie.startswith("__host-session=")
        assert "; secure" in cookie


class Away(MemorySessionStore):
    """A store that can become unavailable."""

    away = False

    async def load(self, key: str, now: float) -> Record | None:
        if self.away:
            raise StoreUnavailable("away")
        return await super().load(key, now)


async def test_during_an_outage_an_unknown_user_waits_and_no_cookie_is_lost() -> None:
    store = Away()
    async with LiveClient(app_with(store)) as client:
        await client.post("/login/alice")
        store.away = True
        response = await client.get("/dash")
        assert (response.status_code, response.headers.get("set-cookie")) == (503, None)
        assert response.headers["retry-after"] == response.headers["refresh"] == "5"
        assert "It loads again every 5 seconds" in response.text
        store.away = False
        assert (await client.get("/dash")).status_code == 200


async def test_use_is_written_at_most_once_a_minute_and_events_count(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemorySessionStore()
    app = app_with(store, idle_timeout=3600.0, security=SecurityConfig(auth_recheck=0.0))
    async with LiveClient(app) as client:
        await client.post("/login/alice")
        page = await load(client, "/dash")
        socket = await connect(client, page).connect()
        await join(socket, page)
        started = time.time()
        shift_time(monkeypatch, 120)
        await socket.send_frame(event(page, "5", "use"))
        await socket.receive_frame()
        (record,) = store._records.values()
        assert record.last_seen_at >= started + 119
        await socket.close()


async def test_polls_do_not_count_as_use(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemorySessionStore()
    app = app_with(store, idle_timeout=3600.0, security=SecurityConfig(auth_recheck=0.0))
    async with LiveClient(app) as client:
        await client.post("/login/alice")
        page = await load(client, "/dash")
        poller = await opened(client, page)
        await poller.join(page)
        started = time.time()
        shift_time(monkeypatch, 120)
        await poller.send([None, "5", "phoenix", "heartbeat", {}])
        await poller.receive()
        (record,) = store._records.values()
        assert record.last_seen_at < started + 60
        await poller.send(event(page, "6", "use"))
        await poller.receive()
        (record,) = store._records.values()
        assert record.last_seen_at >= started + 119
