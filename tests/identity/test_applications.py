"""Applications with one secret: tokens of one are invalid at another, and valid at all its workers."""

from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Host, Mount, Route, Router

from pyview import LiveView, LiveViewSocket, PyView
from pyview.routing.application_name import application_name, mounts
from pyview.sessions import MemorySessionStore, ServerSessionMiddleware
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from pyview.tokens.page import PageToken, Tokens, UploadToken
from pyview.tokens.secrets import InvalidToken
from tests.attack.test_session_changes import PASS, CapturedChange, request_change
from tests.attack.test_session_changes import STALE as STALE_ORDER
from tests.frames import Page, connect, join, load, page_in
from tests.nested.test_tokens import STALE, join_inner, tokens_in

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
OTHER_SECRET = "an0ther-s3cret-of-thirty-two-bytes-or-more"


class Desk(LiveView[Any]):
    """A view of one application, with a sign-in by its session and a sticky view."""

    template = LiveTemplate.from_string(
        "<p>{{ n }}</p>{{ live_render(Inner, id='s', sticky=True) }}", "desk.html"
    )

    async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
        socket.context = {"n": 0, "Inner": Inner}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[Any]) -> None:
        if event == "promote":
            await socket.update_session({"user_id": "7"})


class Shop(Desk):
    """A view of another application."""


class Later(Desk):
    """A view that a later version adds."""


class Inner(LiveView[Any]):
    template = LiveTemplate.from_string("<i>{{ n }}</i>", "inner.html")

    async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
        socket.context = {"n": 0}


async def show(request: Request) -> Response:
    return JSONResponse(request.session.get("user_id", "nobody"))


def application(*views: type[LiveView[Any]], session_key: str | None = SECRET, **options: Any) -> PyView:
    app = PyView(secret=SECRET, **options)
    if session_key is None:
        app.add_middleware(ServerSessionMiddleware, store=MemorySessionStore())
    else:
        app.add_middleware(SessionMiddleware, secret_key=session_key)
    app.routes.append(Route("/session", show))
    for number, view in enumerate(views):
        app.add_live_view(f"/{number or ''}", view)
    return app


Pair = Callable[[], tuple[PyView, PyView]]

STRANGERS: dict[str, Pair] = {
    "other views": lambda: (application(Desk), application(Shop)),
    "other views, sessions on the server": lambda: (
        application(Desk, session_key=None),
        application(Shop, session_key=None),
    ),
    "another key of the session": lambda: (
        application(Desk),
        application(Desk, session_key=OTHER_SECRET),
    ),
    "another app_id": lambda: (application(Desk, app_id="desk"), application(Desk, app_id="shop")),
    "one app_id": lambda: (application(Desk, app_id="desk"), application(Desk)),
}

WORKERS: dict[str, Pair] = {
    "the same": lambda: (application(Desk), application(Desk)),
    "sessions on the server": lambda: (
        application(Desk, session_key=None),
        application(Desk, session_key=None),
    ),
    "a version with one view more": lambda: (application(Desk), application(Desk, Later)),
    "the same app_id": lambda: (
        application(Desk, app_id="desk"),
        application(Desk, session_key=OTHER_SECRET, app_id="desk"),
    ),
}


@pytest.fixture(params=list(STRANGERS))
def strangers(request: pytest.FixtureRequest) -> tuple[PyView, PyView]:
    return STRANGERS[request.param]()


@pytest.fixture(params=list(WORKERS))
def workers(request: pytest.FixtureRequest) -> tuple[PyView, PyView]:
    return WORKERS[request.param]()


def at(app: Any, client: LiveClient) -> LiveClient:
    """Return the same browser, with all its cookies, at another application."""
    return LiveClient(app, cookies=dict(client.cookies), lifespan=False)


async def order_of(client: LiveClient) -> CapturedChange:
    page = await load(client, "/")
    async with connect(client, page) as socket:
        assert (await join(socket, page))[0] == "ok"
        return await request_change(socket, page)


class TestStrangers:
    async def test_a_session_change_of_one_has_no_effect_at_the_other(
        self, strangers: tuple[PyView, PyView]
    ) -> None:
        one, other = strangers
        async with LiveClient(one) as client:
            order = await order_of(client)
            async with at(other, client) as thief:
                assert await order.redeem(thief) == STALE_ORDER
                assert (await thief.get("/session")).json() == "nobody"
            status, answer = await order.redeem(client)
            assert status == 200
            receipt = CapturedChange(order.page, answer["receipt"])
            async with at(other, client) as thief:
                assert await receipt.redeem(thief, PASS) == STALE_ORDER

    async def test_a_page_of_one_does_not_join_at_the_other(self, strangers: tuple[PyView, PyView]) -> None:
        one, other = strangers
        async with LiveClient(one) as client, at(other, client) as elsewhere:
            page = await load(client, "/")
            async with connect(elsewhere, page) as socket:
                assert await join(socket, page) == ["error", STALE]

    async def test_a_sticky_view_does_not_join_at_the_other(self, strangers: tuple[PyView, PyView]) -> None:
        one, other = strangers
        async with LiveClient(one) as client, at(other, client) as elsewhere:
            page, token = await sticky_token(client, "/")
            own = await load(elsewhere, "/")
            async with connect(elsewhere, own) as socket:
                for brought in (page, own):
                    assert await join_inner(socket, brought, "s", token) == ("error", STALE)

    async def test_no_token_of_one_is_read_by_the_other(self, strangers: tuple[PyView, PyView]) -> None:
        one, other = [await tokens_of(app) for app in strangers]
        assert not other.check_csrf_token(one.mint_csrf_token("p", "b"), "p", "b")
        assert other.read_flash_token(one.mint_flash_token({"info": "x"})) == {}
        assert other.read_reload_token(one.mint_reload_token(404)) is None
        for read in reads(one, other):
            with pytest.raises(InvalidToken):
                read()


class TestWorkers:
    async def test_a_page_of_one_joins_at_the_other(self, workers: tuple[PyView, PyView]) -> None:
        one, other = workers
        async with LiveClient(one) as client, at(other, client) as elsewhere:
            page = await load(client, "/")
            async with connect(elsewhere, page) as socket:
                assert (await join(socket, page))[0] == "ok"

    async def test_every_token_of_one_is_read_by_the_other(self, workers: tuple[PyView, PyView]) -> None:
        one, other = [await tokens_of(app) for app in workers]
        assert other.check_csrf_token(one.mint_csrf_token("p", "b"), "p", "b")
        assert other.read_flash_token(one.mint_flash_token({"info": "x"})) == {"info": "x"}
        assert other.read_reload_token(one.mint_reload_token(404)) == 404
        for read in reads(one, other):
            read()

    async def test_a_session_change_works_at_either(self, workers: tuple[PyView, PyView]) -> None:
        one, other = workers
        async with LiveClient(one) as client:
            order = await order_of(client)
            async with at(other, client) as elsewhere:
                assert (await order.redeem(elsewhere))[0] == 200
                assert (await elsewhere.get("/session")).json() == "7"


async def tokens_of(app: PyView) -> Tokens:
    async with LiveClient(app, lifespan=False) as client:
        await client.get("/")
    return app._tokens


def reads(one: Tokens, other: Tokens) -> Iterator[Callable[[], Any]]:
    """Yield functions that read each kind of token of `one` with `other`, which raise `InvalidToken`."""
    page = one.mint_page_token(PageToken("p", "view", "default"), "b")
    yield lambda: other.read_page_token(page, "p", "b")
    upload = one.mint_upload_token(UploadToken("1", "2", "3"), "b")
    yield lambda: other.read_upload_token(upload, "b")
    receipt = one.session.mint_receipt("order")
    yield lambda: other.session.read_receipt(receipt)
    handed = one.session.mint_cookie_token("order", "session=1")
    yield lambda: other.session.read_cookie_token(handed)


def together(*prefixes: str, path: str = "", **options: Any) -> Starlette:
    """Return a host application with the same PyView at each prefix, which signs users in."""
    apps = {prefix: PyView(secret=SECRET, **options) for prefix in prefixes}
    for app in apps.values():
        app.add_live_view("/", Desk)
    host_app = Starlette(routes=[Mount(path + prefix, app) for prefix, app in apps.items()])
    host_app.add_middleware(SessionMiddleware, secret_key=SECRET)
    return host_app


async def sticky_token(client: LiveClient, path: str) -> tuple[Page, str]:
    response = await client.get(path)
    [token] = tokens_in(response.text).values()
    return page_in(response), token


class TestWithinOneApplication:
    @pytest.mark.parametrize("identified", [True, False])
    async def test_a_sticky_view_does_not_move_between_them(self, identified: bool) -> None:
        host_app = together("/adm", "/pub")
        if identified:
            for route in host_app.routes:
                route.app.authenticate_with(host_app)  # type: ignore[attr-defined]
        async with LiveClient(host_app) as client:
            page, token = await sticky_token(client, "/adm/")
            own = await load(client, "/pub/")
            async with client.raw_socket("/pub/live/websocket") as socket:
                for brought in (page, own):
                    assert await join_inner(socket, brought, "s", token) == ("error", STALE)
            async with client.raw_socket("/adm/live/websocket") as socket:
                assert (await join_inner(socket, page, "s", token))[0] == "ok"

    @pytest.mark.parametrize("path", ["", "/{tenant}"])
    async def test_workers_derive_the_same_name_whichever_serves_first(self, path: str) -> None:
        one, other = together("/adm", "/pub", path=path), together("/adm", "/pub", path=path)
        first = "/acme" if path else ""
        async with LiveClient(one) as client, at(other, client) as elsewhere:
            for warm in ("/pub/", "/adm/"):
                await elsewhere.get(("/zebra" if path else "") + warm)
            page, token = await sticky_token(client, f"{first}/adm/")
            async with elsewhere.raw_socket(f"{first}/adm/live/websocket") as socket:
                assert (await join_inner(socket, page, "s", token))[0] == "ok"

    async def test_the_variable_distinguishes_processes_not_applications_in_them(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        names = set()
        for value in ("", "shop", "desk"):
            monkeypatch.setenv("PYVIEW_APP_ID", value)
            host_app = together("/adm", "/pub")
            async with LiveClient(host_app) as client:
                await client.get("/adm/"), await client.get("/pub/")
            names |= {route.app._name for route in host_app.routes}  # type: ignore[attr-defined]
        assert len(names) == 6

    async def test_the_lifespan_does_not_change_the_name(self) -> None:
        host_app = together("/adm", "/pub")
        app = host_app.routes[0].app  # type: ignore[attr-defined]

        @asynccontextmanager
        async def lifespan(host_app: Starlette) -> Any:
            async with app.router.lifespan_context(app):
                yield

        started = Starlette(routes=host_app.routes, lifespan=lifespan)
        async with LiveClient(started) as client:
            await client.get("/adm/")
        assert "/adm" in app._name


class TestMounts:
    @pytest.fixture
    def app(self) -> PyView:
        return PyView(secret=SECRET)

    def test_not_mounted(self, app: PyView) -> None:
        assert mounts(app, None) == mounts(app, app) == mounts(app, Starlette()) == []

    def test_mounted_in_several_places(self, app: PyView) -> None:
        async def plain(request: Request) -> Response:
            return PlainTextResponse("plain")

        inner = Starlette(routes=[Mount("/in", app)])
        outer = Starlette(
            routes=[
                Route("/plain", plain),
                Host("live.example.org", app),
                Mount("/a", routes=[Mount("/b", app)]),
                Mount("/{tenant}", inner),
                Mount("", Router(routes=[Mount("/deep", app)])),
            ]
        )
        assert mounts(app, outer) == ["/a/b", "/deep", "/{tenant}/in", "live.example.org"]

    def test_mounted_in_a_circle(self, app: PyView) -> None:
        outer = Starlette()
        outer.routes.append(Mount("/again", outer))
        outer.routes.append(Mount("/live", app))
        assert mounts(app, outer)


class TestName:
    def test_it_does_not_reveal_the_key_of_the_session(self) -> None:
        assert SECRET not in application_name(application(Desk), None, {})

    @pytest.mark.parametrize("app_id", ["", "  ", 5])
    def test_an_empty_name_raises(self, app_id: Any) -> None:
        with pytest.raises(ValueError, match="expected a name such as 'shop'"):
            PyView(app_id=app_id)
