"""A captured token of a session change is valid once, for a short time, and only for its own page and browser."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.stores.health import StoreUnavailable
from pyview.stores.once import MemoryOnceStore, OnceStore, SQLiteOnceStore
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, RawSocket
from pyview.tokens.session_change import SessionTokens
from tests.asgi import shift_time
from tests.attack.target import decodings
from tests.frames import Page, connect, event, join, load

SECRET = "Zm9yIHRlc3RzIG9ubHksIG5vdCBmb3IgYW55IHNpdGU="
CHANGE, PASS = "/live/session", "/live/session/pass"
VALUE = "promoted-S3CRET"


class PromotingView(LiveView[Any]):
    template = LiveTemplate.from_string("<p>{{ n }} {{ role }}</p>", "promoting.html")

    async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
        socket.context = {"n": 0, "role": session.get("role")}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[Any]) -> None:
        if event == "promote":
            await socket.update_session({"role": VALUE})
        elif event == "leave":
            await socket.redirect("/", session={"role": VALUE})
        socket.context = {"n": socket.context["n"] + 1, "role": socket.session.get("role")}


async def sign_in(request: Request) -> Response:
    request.session["user"] = request.path_params["name"]
    return PlainTextResponse("hello")


async def sign_out(request: Request) -> Response:
    request.session.clear()
    return PlainTextResponse("bye")


async def show(request: Request) -> Response:
    return JSONResponse({key: value for key, value in request.session.items() if key[0] != "_"})


def application(once_store: OnceStore | None = None, **limits: Any) -> PyView:
    app = PyView(secret=SECRET, security=SecurityConfig(**limits), once_store=once_store)
    app.add_middleware(SessionMiddleware, secret_key=SECRET)
    app.routes.append(Route("/in/{name}", sign_in, methods=["POST"]))
    app.routes.append(Route("/out", sign_out, methods=["POST"]))
    app.routes.append(Route("/session", show))
    app.add_live_view("/", PromotingView)
    return app


@dataclass(frozen=True)
class CapturedChange:
    """Everything that is sent with a session change, except the browser's cookies."""

    page: Page
    token: str
    origin: str | None = "http://testserver"
    site: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        found = {"x-csrf-token": self.page.csrf, "content-type": "application/json"}
        found |= {"origin": self.origin} if self.origin else {}
        return found | ({"sec-fetch-site": self.site} if self.site else {})

    @property
    def body(self) -> dict[str, Any]:
        return {"id": page_id(self.page), "session": self.page.session, "token": self.token}

    async def redeem(self, client: LiveClient, path: str = CHANGE) -> tuple[int, Any]:
        response = await client.post(path, json=self.body, headers=self.headers)
        return response.status_code, response.json()


def page_id(page: Page) -> str:
    return page.dom_id.removeprefix("phx-")


async def opened(client: LiveClient) -> tuple[Page, RawSocket]:
    page = await load(client, "/")
    socket = await connect(client, page).connect()
    assert (await join(socket, page))[0] == "ok"
    return page, socket


async def request_change(socket: RawSocket, page: Page, ref: str = "5") -> CapturedChange:
    """Let the view change the session, and capture the token on its way to the page."""
    await socket.send_frame(event(page, ref, "promote"))
    frame = await socket.receive_frame()
    [[name, detail]] = frame[4]["response"]["diff"]["e"]
    assert name == "pyview:session"
    return CapturedChange(page, detail["token"])


async def captured(client: LiveClient) -> CapturedChange:
    page, socket = await opened(client)
    return await request_change(socket, page)


async def role(client: LiveClient) -> Any:
    return (await client.get("/session")).json().get("role")


async def send_cookie(
    socket: RawSocket, page: Page, cookie_token: Any, session: Any = None, ref: str = "8"
) -> Any:
    """Return the reply of the socket to a page that sends it the new cookie."""
    payload = {"pass": cookie_token, "session": session or page.session}
    await socket.send_frame(["4", ref, page.topic, "session_renewed", payload])
    while True:
        frame = await socket.receive_frame()
        if frame[3] == "phx_reply" and frame[1] == ref:
            return frame[4]["status"], frame[4]["response"]


STALE = (403, {"reason": "stale"})
USED = (409, {"reason": "used"})
CROSS_SITE = (403, {"reason": "cross-site"})


@pytest.fixture(params=["anonymous", "ada"])
def who(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def visitor(client: LiveClient, who: str) -> LiveClient:
    if who != "anonymous":
        await client.post(f"/in/{who}")
    return client


async def test_its_own_page_redeems_it(who: str) -> None:
    async with LiveClient(application()) as client:
        change = await captured(await visitor(client, who))
        status, answer = await change.redeem(client)
        assert (status, set(answer)) == (200, {"receipt"})
        assert await role(client) == VALUE


async def test_it_cannot_be_redeemed_twice(who: str) -> None:
    """Refused even with the cookies of before, where only the store of used tokens can tell."""
    async with LiveClient(application()) as client:
        change = await captured(await visitor(client, who))
        before = dict(client.cookies)
        assert (await change.redeem(client))[0] == 200
        async with LiveClient(client._browser.app, cookies=before, lifespan=False) as again:
            assert await change.redeem(again) == USED
            assert await role(again) is None


async def test_one_of_many_requests_at_once_succeeds() -> None:
    app = application()
    async with LiveClient(app) as client:
        change = await captured(await visitor(client, "ada"))
        # Each request has the cookies of before: only the token itself can be refused.
        twins = [LiveClient(app, cookies=dict(client.cookies), lifespan=False) for _ in range(20)]
        answers = await asyncio.gather(*(change.redeem(twin) for twin in twins))
        assert sorted(status for status, _ in answers) == [200] + [409] * 19
        for twin in twins:
            await twin._browser.http.aclose()


@pytest.mark.parametrize("other", ["anonymous", "bob", "ada", "nobody at all"])
async def test_another_browser_cannot_use_it(who: str, other: str) -> None:
    app = application()
    async with LiveClient(app) as client, LiveClient(app, lifespan=False) as thief:
        change = await captured(await visitor(client, who))
        if other != "nobody at all":
            await load(await visitor(thief, other), "/")
        assert await change.redeem(thief) == STALE
        assert await role(thief) is None
        assert (await change.redeem(client))[0] == 200, "and it is not used up"


async def test_another_browser_cannot_use_it_with_a_page_of_its_own(who: str) -> None:
    app = application()
    async with LiveClient(app) as client, LiveClient(app, lifespan=False) as thief:
        change = await captured(await visitor(client, who))
        own = await load(await visitor(thief, who), "/")
        assert await replace(change, page=own).redeem(thief) == STALE
        claimed = replace(change, page=replace(own, dom_id=change.page.dom_id))
        assert await claimed.redeem(thief) == STALE
        assert await role(thief) is None


async def test_another_page_of_the_same_browser_cannot_use_it(who: str) -> None:
    async with LiveClient(application()) as client:
        change = await captured(await visitor(client, who))
        other = await load(client, "/")
        assert await replace(change, page=other).redeem(client) == STALE
        mixed = replace(other, dom_id=change.page.dom_id, csrf=change.page.csrf)
        assert await replace(change, page=mixed).redeem(client) == STALE
        assert await role(client) is None


async def test_another_user_of_the_same_browser_cannot_use_it() -> None:
    async with LiveClient(application()) as client:
        change = await captured(await visitor(client, "ada"))
        await client.post("/out")
        await client.post("/in/bob")
        assert await change.redeem(client) == STALE
        assert await role(client) is None


async def test_it_is_invalid_after_signing_out() -> None:
    async with LiveClient(application()) as client:
        change = await captured(await visitor(client, "ada"))
        before = client.cookies["session"]
        await client.post("/out")
        assert await change.redeem(client) == STALE
        async with LiveClient(client._browser.app, cookies={"session": before}, lifespan=False) as thief:
            assert await change.redeem(thief) == STALE
        assert await role(client) is None


async def test_it_is_invalid_after_signing_in() -> None:
    async with LiveClient(application()) as client:
        change = await captured(client)
        await client.post("/in/ada")
        assert await change.redeem(client) == STALE
        assert await role(client) is None


async def test_it_expires(who: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with LiveClient(application(session_change_max_age=0)) as client:
        await visitor(client, who)
        shift_time(monkeypatch, -2)  # tokens are minted with `time.time()` and read with their own clock
        change = await captured(client)
        assert await change.redeem(client) == STALE
        assert await role(client) is None


async def test_every_character_is_authenticated() -> None:
    async with LiveClient(application(rate=0)) as client:
        change = await captured(client)
        for position in range(0, len(change.token) - 1, 9):
            changed = "A" if change.token[position] != "A" else "B"
            token = change.token[:position] + changed + change.token[position + 1 :]
            assert await replace(change, token=token).redeem(client) == STALE
        assert await role(client) is None


@pytest.mark.parametrize("token", [None, "", 5, "x.y.z", ["a"], {"a": 1}, "é" * 9])
async def test_values_that_are_no_token(token: Any) -> None:
    async with LiveClient(application()) as client:
        change = replace(await captured(client), token=token)
        assert await change.redeem(client) == STALE
        assert await change.redeem(client, PASS) == STALE


async def test_tokens_of_other_purposes_are_refused() -> None:
    async with LiveClient(application()) as client:
        change = await captured(client)
        tokens: SessionTokens = client._browser.app._tokens.session  # type: ignore[attr-defined]
        for other in (
            change.page.session,
            tokens.mint_receipt("x"),
            tokens.mint_cookie_token("x", "session=1"),
        ):
            assert await replace(change, token=other).redeem(client) == STALE


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://testserver:81"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
    ],
)
@pytest.mark.parametrize("path", [CHANGE, PASS])
async def test_other_sites_cannot_send_it(headers: dict[str, str], path: str) -> None:
    """Not even if every path accepts cross-site forms."""
    async with LiveClient(application(cross_site_paths=["/*"])) as client:
        change = await captured(await visitor(client, "ada"))
        sent = replace(change, origin=headers.get("origin"), site=headers.get("sec-fetch-site"))
        assert await sent.redeem(client, path) == CROSS_SITE
        assert await role(client) is None


@pytest.mark.parametrize("csrf", ["", "AAAA", "A" * 88])
async def test_without_the_page_s_csrf_token_it_is_refused(csrf: str, who: str) -> None:
    async with LiveClient(application()) as client:
        change = await captured(await visitor(client, who))
        sent = replace(change, page=replace(change.page, csrf=csrf))
        assert await sent.redeem(client) == STALE
        assert await role(client) is None


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data", ""]
)
async def test_no_form_can_send_it(kind: str) -> None:
    async with LiveClient(application()) as client:
        change = await captured(client)
        body = urlencode(change.body) if "urlencoded" in kind else "{}"
        headers = change.headers | {"content-type": kind}
        response = await client.post(CHANGE, content=body, headers=headers)
        assert (response.status_code, response.json()) == (415, {"reason": "media type"})


@pytest.mark.parametrize("body", [b"", b"[]", b"nope", b'{"id": 5}', b"null", b"[" * 20_000, b"\xff"])
async def test_malformed_requests(body: bytes) -> None:
    async with LiveClient(application()) as client:
        change = await captured(client)
        for path in (CHANGE, PASS):
            response = await client.post(path, content=body, headers=change.headers)
            assert (response.status_code, response.json()) == (400, {"reason": "malformed"})


async def test_a_large_body_is_not_read() -> None:
    async with LiveClient(application()) as client:
        change = await captured(client)
        sent = 0

        async def endless() -> Any:
            nonlocal sent
            while True:
                sent += 1024
                yield b"x" * 1024

        response = await client.post(CHANGE, content=endless(), headers=change.headers)
        assert (response.status_code, response.json()) == (413, {"reason": "too big"})
        assert sent < 100_000


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
async def test_other_methods_do_nothing(method: str) -> None:
    async with LiveClient(application()) as client:
        change = await captured(client)
        for path in (CHANGE, PASS):
            response = await client.request(method, path, params=change.body, headers=change.headers)
            assert response.status_code == 405
        assert await role(client) is None


async def test_without_any_cookie_no_token_is_minted() -> None:
    """It could be redeemed by any browser. The page is loaded again instead, which sets the cookie."""
    async with LiveClient(application()) as client:
        page = await load(client, "/")
        async with connect(client, page, cookies={}) as socket:
            await join(socket, page)
            await socket.send_frame(event(page, "5", "promote"))
            frame = await socket.receive_frame()
            assert frame[4]["response"] == {"redirect": {"to": "/", "status": 302}}


async def test_the_change_cannot_be_read_on_its_way(who: str) -> None:
    async with LiveClient(application()) as client:
        page, socket = await opened(await visitor(client, who))
        change = await request_change(socket, page)
        _, answer = await change.redeem(client)
        _, handed = await replace(change, token=answer["receipt"]).redeem(client, PASS)
        cookie = client.cookies["session"]
        for token in (change.token, answer["receipt"], handed["pass"], page.session):
            for text in decodings(token):
                assert b"S3CRET" not in text
                assert b"role" not in text
                assert cookie.encode() not in text
                assert b"session=" not in text


async def test_responses_are_not_cached() -> None:
    async with LiveClient(application()) as client:
        change = await captured(client)
        for body in (change.body, {}):
            response = await client.post(CHANGE, json=body, headers=change.headers)
            assert response.headers["cache-control"] == "no-store"


class TestTheCookieToken:
    """The token with which a page sends the browser's new cookie to the socket that changed the session."""

    async def test_its_socket_accepts_it_once(self, who: str) -> None:
        async with LiveClient(application()) as client:
            page, socket = await opened(await visitor(client, who))
            cookie_token = await self.get_cookie_token(client, await request_change(socket, page))
            status, tokens = await send_cookie(socket, page, cookie_token)
            assert (status, set(tokens)) == ("ok", {"session", "csrf"})
            page = replace(page, session=tokens["session"], csrf=tokens["csrf"])
            assert (await send_cookie(socket, page, cookie_token, ref="9"))[0] == "error"
            async with connect(client, page) as another:
                status, response = await join(another, page)
                assert status == "ok"
                assert VALUE in str(response["rendered"])

    async def test_no_other_socket_accepts_it(self) -> None:
        """Neither another socket of the same page nor one of an attacker."""
        app = application()
        async with LiveClient(app) as client, LiveClient(app, lifespan=False) as thief:
            page, socket = await opened(await visitor(client, "ada"))
            cookie_token = await self.get_cookie_token(client, await request_change(socket, page))
            twin = await connect(client, page).connect()
            await join(twin, page)
            assert (await send_cookie(twin, page, cookie_token))[0] == "error"
            own, stranger = await opened(thief)
            await request_change(stranger, own)
            assert (await send_cookie(stranger, own, cookie_token))[0] == "error"
            await stranger.send_frame(event(own, "9", "look"))
            assert VALUE not in str(await stranger.receive_frame())

    async def test_a_socket_accepts_it_for_its_own_change_only(self) -> None:
        async with LiveClient(application()) as client:
            page, socket = await opened(client)
            change = await request_change(socket, page)
            tokens: SessionTokens = client._browser.app._tokens.session  # type: ignore[attr-defined]
            forged = tokens.mint_cookie_token("another change", "session=stolen")
            for cookie_token in (forged, change.token, None, 5, "x.y"):
                assert (await send_cookie(socket, page, cookie_token))[0] == "error"

    async def test_it_needs_a_receipt(self) -> None:
        async with LiveClient(application()) as client:
            change = await captured(client)
            assert await change.redeem(client, PASS) == STALE

    async def test_it_expires(self, monkeypatch: pytest.MonkeyPatch) -> None:
        app = application()
        async with LiveClient(app) as client:
            page, socket = await opened(client)
            shift_time(monkeypatch, -2)
            cookie_token = await self.get_cookie_token(client, await request_change(socket, page))
            app._tokens.session.max_age = 0
            assert (await send_cookie(socket, page, cookie_token))[0] == "error"

    async def test_a_page_of_another_session_is_refused(self) -> None:
        async with LiveClient(application()) as client:
            page, socket = await opened(client)
            cookie_token = await self.get_cookie_token(client, await request_change(socket, page))
            other = await load(client, "/")
            assert (await send_cookie(socket, page, cookie_token, session=other.session))[0] == "error"

    @pytest.mark.parametrize("payload", [None, [], "x", 5, {}, {"pass": {}}])
    async def test_invalid_values_are_refused(self, payload: Any) -> None:
        async with LiveClient(application()) as client:
            page, socket = await opened(client)
            await socket.send_frame(["4", "5", page.topic, "session_renewed", payload])
            frame = await socket.receive_frame()
            assert frame[4] == {"status": "error", "response": {"reason": "stale"}}

    @staticmethod
    async def get_cookie_token(client: LiveClient, change: CapturedChange) -> str:
        status, answer = await change.redeem(client)
        assert status == 200
        status, answer = await replace(change, token=answer["receipt"]).redeem(client, PASS)
        assert status == 200
        return str(answer["pass"])


async def test_the_socket_ends_with_its_new_session() -> None:
    """An anonymous browser gets a session without a page load; signing out then ends this page as well."""
    async with LiveClient(application()) as client:
        page, socket = await opened(client)
        cookie_token = await TestTheCookieToken.get_cookie_token(client, await request_change(socket, page))
        assert (await send_cookie(socket, page, cookie_token))[0] == "ok"
        await client.post("/out")
        assert (await socket.receive_frame())[3:] == ["redirect", {"to": "/", "status": 302}]
        assert (await socket.receive_frame())[3] == "phx_close"
        assert await socket.wait_closed() == 4001


class TestWorkers:
    async def test_another_worker_can_make_the_change(self) -> None:
        """The workers share only the secret."""
        async with LiveClient(application()) as client:
            change = await captured(client)
            async with LiveClient(application(), cookies=dict(client.cookies)) as elsewhere:
                assert (await change.redeem(elsewhere))[0] == 200
                assert await role(elsewhere) == VALUE

    async def test_with_a_shared_store_no_worker_repeats_it(self, tmp_path: Path) -> None:
        path = tmp_path / "state.db"
        one, two = application(SQLiteOnceStore(path)), application(SQLiteOnceStore(path))
        async with LiveClient(one) as client:
            change = await captured(client)
            cookies = dict(client.cookies)
            async with LiveClient(two, cookies=cookies) as elsewhere:
                assert (await change.redeem(elsewhere))[0] == 200
            assert await change.redeem(client) == USED
            assert await role(client) is None

    async def test_while_the_store_is_away_nothing_is_changed(self) -> None:
        async with LiveClient(application(Away())) as client:
            change = await captured(client)
            assert await change.redeem(client) == (503, {"reason": "unavailable"})
            assert await role(client) is None


class Away(MemoryOnceStore):
    """A store that is unavailable."""

    async def claim(self, key: str, until: float) -> bool:
        raise StoreUnavailable("the store is away")


class TestTheBrowserCookie:
    async def test_a_visitor_without_a_session_gets_one_and_keeps_it(self) -> None:
        async with LiveClient(application()) as client:
            first = await client.get("/")
            assert "HttpOnly; Path=/; SameSite=lax" in first.headers["set-cookie"]
            value = client.cookies["pyview-browser"]
            assert "set-cookie" not in (await client.get("/")).headers
            assert client.cookies["pyview-browser"] == value
            assert value not in first.text

    async def test_over_tls_it_belongs_to_this_host_alone(self) -> None:
        async with LiveClient(application(), base_url="https://testserver") as client:
            header = (await client.get("/")).headers["set-cookie"]
            assert header.startswith("__Host-pyview-browser=")
            assert "Secure" in header
            assert "Domain" not in header

    async def test_a_browser_with_a_session_needs_none(self) -> None:
        async with LiveClient(application()) as client:
            await client.post("/in/ada")
            await client.get("/")
            assert set(client.cookies) == {"session"}

    async def test_without_sessions_there_is_none(self) -> None:
        app = PyView(secret=SECRET)
        app.add_live_view("/", PromotingView)
        async with LiveClient(app) as client:
            assert "set-cookie" not in (await client.get("/")).headers
            change = CapturedChange(await load(client, "/"), "x")
            assert await change.redeem(client) == (404, {"reason": "no session"})
