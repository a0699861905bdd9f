"""The short way to a page or a socket leads where Starlette's router would have led, and fails as it does."""

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Host, Mount, Route, Router, WebSocketRoute
from starlette.websockets import WebSocket

from pyview import LiveView, LiveViewSocket, PyView
from pyview.routing.fixed_paths import FixedPaths
from pyview.routing.routes import LiveRoute, resolve
from tests.asgi import browser, handshake

SECRET = "a secret for tests, long enough 0123456789"
PATHS = ["/", "/a", "/a/", "/a/b", "/b", "/{name}", "/{number:int}", "/a/{rest:path}", "/7"]


class View(LiveView[dict[str, Any]]):
    """A view that is never shown."""


class Broken(LiveView[dict[str, Any]]):
    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        raise LookupError("nothing there")


async def plain(request: Request) -> PlainTextResponse:
    return PlainTextResponse("plain")


def live(path: str) -> LiveRoute:
    return LiveRoute(path, View, object(), None)


ROUTES = st.one_of(
    st.sampled_from(PATHS).map(live),
    st.sampled_from(PATHS).map(lambda path: Route(path, plain)),
    st.sampled_from(PATHS).map(lambda path: Route(path, plain, methods=["POST"])),
    st.sampled_from(PATHS).map(lambda path: WebSocketRoute(path, plain)),
    st.sampled_from(["", "/a"]).map(lambda path: Mount(path, Router([Route("/b", plain)]))),
    st.just("shop.example").map(lambda host: Host(host, Router())),
)


@given(st.lists(ROUTES, max_size=8), st.lists(ROUTES, max_size=3))
def test_a_path_has_the_route_that_comes_first(routes: list[BaseRoute], added: list[BaseRoute]) -> None:
    table = list(routes)
    fixed = FixedPaths(lambda: table)
    for more in ([], added):
        table += more
        for path in ["/", "/a", "/a/", "/a/b", "/b", "/7", "/x", "/a\n"]:
            found, expected = fixed.at(path), resolve(table, path, "")
            assert found is None or (expected is not None and found is expected.route)


def test_every_fixed_path_of_an_ordinary_application_is_found() -> None:
    table = [
        Route("/login", plain),
        live("/a"),
        live("/users/{name}"),
        live("/b"),
        Mount("/", Router()),
        live("/c"),
    ]
    fixed = FixedPaths(lambda: table)
    assert [fixed.at(path) for path in ("/a", "/b", "/c")] == [table[1], table[3], None]


class Lookup(PyView):
    """An application whose own handler answers a `LookupError`."""

    def __init__(self) -> None:
        super().__init__(secret=SECRET, exception_handlers={LookupError: self.not_found})
        self.add_live_view("/fixed", Broken)
        self.add_live_view("/with/{name}", Broken)

    async def not_found(self, request: Request, error: Exception) -> PlainTextResponse:
        return PlainTextResponse(f"{request.scope['route'].path}: {error}", 404)


@pytest.mark.parametrize("path", ["/fixed", "/with/name"])
async def test_a_page_that_fails_is_answered_by_the_handlers_of_the_application(path: str) -> None:
    async with browser(Lookup()) as client:
        response = await client.get(path)
    assert response.status_code == 404
    assert response.text.endswith(": nothing there")


@pytest.mark.parametrize("path", ["/fixed", "/with/name"])
async def test_an_unexpected_failure_has_one_error_page_and_one_line_in_the_log(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = PyView(secret=SECRET)
    app.add_live_view("/fixed", Broken)
    app.add_live_view("/with/{name}", Broken)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        response = await client.get(path)
    assert response.status_code == 500
    assert [record.levelname for record in caplog.records if "crashed" in record.message] == ["ERROR"]


async def test_a_route_that_is_added_later_is_asked() -> None:
    app = PyView(secret=SECRET)
    app.add_live_view("/page", Broken)
    async with browser(app) as client:
        with pytest.raises(LookupError):
            await client.get("/page")
        app.router.routes.insert(0, Route("/page", plain))
        assert (await client.get("/page")).text == "plain"


async def test_a_socket_has_what_the_router_notes() -> None:
    app = PyView(secret=SECRET)
    direct = await handshake(app)
    routed = await handshake(app, root_path="/shop", path="/shop/live/websocket")
    for name in ("app", "router", "route", "endpoint", "path_params"):
        assert direct[name] == routed[name]


@pytest.mark.parametrize("root_path", ["", "/shop"])
async def test_a_socket_reaches_the_route_that_the_application_has_put_first(root_path: str) -> None:
    reached = []

    async def own(websocket: WebSocket) -> None:
        reached.append(websocket.scope["path"])
        await websocket.close()

    app = PyView(secret=SECRET)
    app.router.routes.insert(0, WebSocketRoute("/live/websocket", own))
    await handshake(app, root_path=root_path, path=f"{root_path}/live/websocket")
    assert reached == [f"{root_path}/live/websocket"]
