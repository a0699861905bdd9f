"""A captured order to change the session: worth nothing elsewhere, nothing twice, nothing later."""

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
class Captured:
    """All that travels with an order: who has it has everything but the browser's cookies."""

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


async def ordered(socket: RawSocket, page: Page, ref: str = "5") -> Captured:
    """Let the view give its order, and capture it on the way to the page."""
    await socket.send_frame(event(page, ref, "promote"))
    frame = await socket.receive_frame()
    [[name, detail]] = frame[4]["response"]["diff"]["e"]
    assert name == "pyview:session"
    return Captured(page, detail["token"])


async def captured(client: LiveClient) -> Captured:
    page, socket = await opened(client)
    return await ordered(socket, page)


async def role(client: LiveClient) -> Any:
    return (await client.get("/session")).json().get("role")


async def renewed(socket: RawSocket, page: Page, sealed: Any, session: Any = None, ref: str = "8") -> Any:
    """What the socket answers to a page that brings it a new cookie."""
    payload = {"pass": sealed, "session": session or page.session}
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
        order = await captured(await visitor(client, who))
        status, answer = await order.redeem(client)
        assert (status, set(answer)) == (200, {"receipt"})
        assert await role(client) == VALUE


async def test_a_second_time_it_is_refused(who: str) -> None:
    """Also with the session as it was, where nothing but the order itself tells that it was used."""
    async with LiveClient(application()) as client:
        order = await captured(await visitor(client, who))
        before = dict(client.cookies)
        assert (await order.redeem(client))[0] == 200
        async with LiveClient(client._browser.app, cookies=before, lifespan=False) as again:
            assert await order.redeem(again) == USED
            assert await role(again) is None


async def test_of_many_at_once_one_is_made() -> None:
    app = application()
    async with LiveClient(app) as client:
        order = await captured(await visitor(client, "ada"))
        # Each with the cookies of before, so that only the order itself is left to be refused.
        twins = [LiveClient(app, cookies=dict(client.cookies), lifespan=False) for _ in range(20)]
        answers = await asyncio.gather(*(order.redeem(twin) for twin in twins))
        assert sorted(status for status, _ in answers) == [200] + [409] * 19
        for twin in twins:
            await twin._browser.http.aclose()


@pytest.mark.parametrize("other", ["anonymous", "bob", "ada", "nobody at all"])
async def test_another_browser_cannot_use_it(who: str, other: str) -> None:
    app = application()
    async with LiveClient(app) as client, LiveClient(app, lifespan=False) as thief:
        order = await captured(await visitor(client, who))
        if other != "nobody at all":
            await load(await visitor(thief, other), "/")
        assert await order.redeem(thief) == STALE
        assert await role(thief) is None
        assert (await order.redeem(client))[0] == 200, "and it is not used up"


async def test_another_browser_cannot_use_it_with_a_page_of_its_own(who: str) -> None:
    app = application()
    async with LiveClient(app) as client, LiveClient(app, lifespan=False) as thief:
        order = await captured(await visitor(client, who))
        own = await load(await visitor(thief, who), "/")
        assert await replace(order, page=own).redeem(thief) == STALE
        claimed = replace(order, page=replace(own, dom_id=order.page.dom_id))
        assert await claimed.redeem(thief) == STALE
        assert await role(thief) is None


async def test_another_page_of_the_same_browser_cannot_use_it(who: str) -> None:
    async with LiveClient(application()) as client:
        order = await captured(await visitor(client, who))
        other = await load(client, "/")
        assert await replace(order, page=other).redeem(client) == STALE
        mixed = replace(other, dom_id=order.page.dom_id, csrf=order.page.csrf)
        assert await replace(order, page=mixed).redeem(client) == STALE
        assert await role(client) is None


async def test_another_user_of_the_same_browser_cannot_use_it() -> None:
    async with LiveClient(application()) as client:
        order = await captured(await visitor(client, "ada"))
        await client.post("/out")
        await client.post("/in/bob")
        assert await order.redeem(client) == STALE
        assert await role(client) is None


async def test_after_signing_out_it_is_worth_nothing() -> None:
    async with LiveClient(application()) as client:
        order = await captured(await visitor(client, "ada"))
        before = client.cookies["session"]
        await client.post("/out")
        assert await order.redeem(client) == STALE
        async with LiveClient(client._browser.app, cookies={"session": before}, lifespan=False) as thief:
            assert await order.redeem(thief) == STALE
        assert await role(client) is None


async def test_after_signing_in_it_is_worth_nothing() -> None:
    async with LiveClient(application()) as client:
        order = await captured(client)
        await client.post("/in/ada")
        assert await order.redeem(client) == STALE
        assert await role(client) is None


async def test_it_expires(who: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with LiveClient(application(session_change_max_age=0)) as client:
        await visitor(client, who)
        shift_time(monkeypatch, -2)  # tokens are written by `time.time()`, and read by a clock of their own
        order = await captured(client)
        assert await order.redeem(client) == STALE
        assert await role(client) is None


async def test_every_character_of_it_counts() -> None:
    async with LiveClient(application(rate=0)) as client:
        order = await captured(client)
        for position in range(0, len(order.token) - 1, 9):
            changed = "A" if order.token[position] != "A" else "B"
            token = order.token[:position] + changed + order.token[position + 1 :]
            assert await replace(order, token=token).redeem(client) == STALE
        assert await role(client) is None


@pytest.mark.parametrize("token", [None, "", 5, "x.y.z", ["a"], {"a": 1}, "é" * 9])
async def test_of_nothing_comes_nothing(token: Any) -> None:
    async with LiveClient(application()) as client:
        order = replace(await captured(client), token=token)
        assert await order.redeem(client) == STALE
        assert await order.redeem(client, PASS) == STALE


async def test_tokens_of_other_purposes_are_no_orders() -> None:
    async with LiveClient(application()) as client:
        order = await captured(client)
        tokens: SessionTokens = client._browser.app._tokens.session  # type: ignore[attr-defined]
        for other in (
            order.page.session,
            tokens.mint_receipt("x"),
            tokens.mint_cookie_token("x", "session=1"),
        ):
            assert await replace(order, token=other).redeem(client) == STALE


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
    """Not even where every path takes forms of other sites."""
    async with LiveClient(application(cross_site_paths=["/*"])) as client:
        order = await captured(await visitor(client, "ada"))
        sent = replace(order, origin=headers.get("origin"), site=headers.get("sec-fetch-site"))
        assert await sent.redeem(client, path) == CROSS_SITE
        assert await role(client) is None


@pytest.mark.parametrize("csrf", ["", "AAAA", "A" * 88])
async def test_without_the_page_s_csrf_token_it_is_refused(csrf: str, who: str) -> None:
    async with LiveClient(application()) as client:
        order = await captured(await visitor(client, who))
        sent = replace(order, page=replace(order.page, csrf=csrf))
        assert await sent.redeem(client) == STALE
        assert await role(client) is None


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data", ""]
)
async def test_no_form_can_send_it(kind: str) -> None:
    async with LiveClient(application()) as client:
        order = await captured(client)
        body = urlencode(order.body) if "urlencoded" in kind else "{}"
        headers = order.headers | {"content-type": kind}
        response = await client.post(CHANGE, content=body, headers=headers)
        assert (response.status_code, response.json()) == (415, {"reason": "media type"})


@pytest.mark.parametrize("body", [b"", b"[]", b"nope", b'{"id": 5}', b"null", b"[" * 20_000, b"\xff"])
async def test_what_is_no_request_of_a_page_is_malformed(body: bytes) -> None:
    async with LiveClient(application()) as client:
        order = await captured(client)
        for path in (CHANGE, PASS):
            response = await client.post(path, content=body, headers=order.headers)
            assert (response.status_code, response.json()) == (400, {"reason": "malformed"})


async def test_what_is_too_big_is_not_read() -> None:
    async with LiveClient(application()) as client:
        order = await captured(client)
        sent = 0

        async def endless() -> Any:
            nonlocal sent
            while True:
                sent += 1024
                yield b"x" * 1024

        response = await client.post(CHANGE, content=endless(), headers=order.headers)
        assert (response.status_code, response.json()) == (413, {"reason": "too big"})
        assert sent < 100_000


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
async def test_other_methods_do_nothing(method: str) -> None:
    async with LiveClient(application()) as client:
        order = await captured(client)
        for path in (CHANGE, PASS):
            response = await client.request(method, path, params=order.body, headers=order.headers)
            assert response.status_code == 405
        assert await role(client) is None


async def test_without_any_cookie_no_order_is_given() -> None:
    """It could be used by anybody; the page is loaded instead, which brings the cookie."""
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
        order = await ordered(socket, page)
        _, answer = await order.redeem(client)
        _, handed = await replace(order, token=answer["receipt"]).redeem(client, PASS)
        cookie = client.cookies["session"]
        for token in (order.token, answer["receipt"], handed["pass"], page.session):
            for text in decodings(token):
                assert b"S3CRET" not in text
                assert b"role" not in text
                assert cookie.encode() not in text
                assert b"session=" not in text


async def test_the_answers_are_kept_by_nobody() -> None:
    async with LiveClient(application()) as client:
        order = await captured(client)
        for body in (order.body, {}):
            response = await client.post(CHANGE, json=body, headers=order.headers)
            assert response.headers["cache-control"] == "no-store"


class TestThePass:
    """The browser's new cookie, on its way to the socket that gave the order."""

    async def test_its_socket_takes_it_once(self, who: str) -> None:
        async with LiveClient(application()) as client:
            page, socket = await opened(await visitor(client, who))
            sealed = await self.passed(client, await ordered(socket, page))
            status, tokens = await renewed(socket, page, sealed)
            assert (status, set(tokens)) == ("ok", {"session", "csrf"})
            page = replace(page, session=tokens["session"], csrf=tokens["csrf"])
            assert (await renewed(socket, page, sealed, ref="9"))[0] == "error"
            async with connect(client, page) as another:
                status, response = await join(another, page)
                assert status == "ok"
                assert VALUE in str(response["rendered"])

    async def test_no_other_socket_takes_it(self) -> None:
        """Neither one of the same page, nor one of a thief's."""
        app = application()
        async with LiveClient(app) as client, LiveClient(app, lifespan=False) as thief:
            page, socket = await opened(await visitor(client, "ada"))
            sealed = await self.passed(client, await ordered(socket, page))
            twin = await connect(client, page).connect()
            await join(twin, page)
            assert (await renewed(twin, page, sealed))[0] == "error"
            own, stranger = await opened(thief)
            await ordered(stranger, own)
            assert (await renewed(stranger, own, sealed))[0] == "error"
            await stranger.send_frame(event(own, "9", "look"))
            assert VALUE not in str(await stranger.receive_frame())

    async def test_a_socket_takes_it_for_its_own_order_only(self) -> None:
        async with LiveClient(application()) as client:
            page, socket = await opened(client)
            order = await ordered(socket, page)
            tokens: SessionTokens = client._browser.app._tokens.session  # type: ignore[attr-defined]
            forged = tokens.mint_cookie_token("another order", "session=stolen")
            for sealed in (forged, order.token, None, 5, "x.y"):
                assert (await renewed(socket, page, sealed))[0] == "error"

    async def test_it_needs_a_receipt(self) -> None:
        async with LiveClient(application()) as client:
            order = await captured(client)
            assert await order.redeem(client, PASS) == STALE

    async def test_it_expires(self, monkeypatch: pytest.MonkeyPatch) -> None:
        app = application()
        async with LiveClient(app) as client:
            page, socket = await opened(client)
            shift_time(monkeypatch, -2)
            sealed = await self.passed(client, await ordered(socket, page))
            app._tokens.session.max_age = 0
            assert (await renewed(socket, page, sealed))[0] == "error"

    async def test_the_socket_is_told_nothing_by_a_page_of_another_session(self) -> None:
        async with LiveClient(application()) as client:
            page, socket = await opened(client)
            sealed = await self.passed(client, await ordered(socket, page))
            other = await load(client, "/")
            assert (await renewed(socket, page, sealed, session=other.session))[0] == "error"

    @pytest.mark.parametrize("payload", [None, [], "x", 5, {}, {"pass": {}}])
    async def test_nonsense_is_refused(self, payload: Any) -> None:
        async with LiveClient(application()) as client:
            page, socket = await opened(client)
            await socket.send_frame(["4", "5", page.topic, "session_renewed", payload])
            frame = await socket.receive_frame()
            assert frame[4] == {"status": "error", "response": {"reason": "stale"}}

    @staticmethod
    async def passed(client: LiveClient, order: Captured) -> str:
        status, answer = await order.redeem(client)
        assert status == 200
        status, answer = await replace(order, token=answer["receipt"]).redeem(client, PASS)
        assert status == 200
        return str(answer["pass"])


async def test_the_socket_that_goes_on_still_ends_with_its_session() -> None:
    """A visitor without a session gets one in place: from then on, signing out concerns this page, too."""
    async with LiveClient(application()) as client:
        page, socket = await opened(client)
        sealed = await TestThePass.passed(client, await ordered(socket, page))
        assert (await renewed(socket, page, sealed))[0] == "ok"
        await client.post("/out")
        assert (await socket.receive_frame())[3:] == ["redirect", {"to": "/", "status": 302}]
        assert (await socket.receive_frame())[3] == "phx_close"
        assert await socket.wait_closed() == 4001


class TestWorkers:
    async def test_another_worker_can_make_the_change(self) -> None:
        """They share the secret, and nothing else."""
        async with LiveClient(application()) as client:
            order = await captured(client)
            async with LiveClient(application(), cookies=dict(client.cookies)) as elsewhere:
                assert (await order.redeem(elsewhere))[0] == 200
                assert await role(elsewhere) == VALUE

    async def test_with_a_shared_store_no_worker_makes_it_again(self, tmp_path: Path) -> None:
        path = tmp_path / "state.db"
        one, two = application(SQLiteOnceStore(path)), application(SQLiteOnceStore(path))
        async with LiveClient(one) as client:
            order = await captured(client)
            cookies = dict(client.cookies)
            async with LiveClient(two, cookies=cookies) as elsewhere:
                assert (await order.redeem(elsewhere))[0] == 200
            assert await order.redeem(client) == USED
            assert await role(client) is None

    async def test_while_the_store_is_away_nothing_is_changed(self) -> None:
        async with LiveClient(application(Away())) as client:
            order = await captured(client)
            assert await order.redeem(client) == (503, {"reason": "unavailable"})
            assert await role(client) is None


class Away(MemoryOnceStore):
    """A store that has gone."""

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

    async def test_who_has_a_session_needs_none(self) -> None:
        async with LiveClient(application()) as client:
            await client.post("/in/ada")
            await client.get("/")
            assert set(client.cookies) == {"session"}

    async def test_without_sessions_there_is_none(self) -> None:
        app = PyView(secret=SECRET)
        app.add_live_view("/", PromotingView)
        async with LiveClient(app) as client:
            assert "set-cookie" not in (await client.get("/")).headers
            order = Captured(await load(client, "/"), "x")
            assert await order.redeem(client) == (404, {"reason": "no session"})
