"""Routing: a join is authorized for exactly the view and the URL that HTTP would serve."""

from typing import Any
from urllib.parse import unquote

import pytest
from starlette.routing import Route
from starlette.types import Message

from pyview import PyView
from pyview.testing import LiveClient
from tests.asgi import http_scope
from tests.attack.target import (
    STALE,
    UNAUTHORIZED,
    UNMATCHED,
    AppState,
    answer,
    attempt,
    joined,
    login_page,
    page_of,
    sign_in,
    view,
)

ORIGIN = "http://testserver"


async def get_undecoded(app: PyView, path: str) -> int:
    """Return the status of a GET request whose path no HTTP library normalises."""
    statuses: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = http_scope(unquote(path), raw_path=path.encode())
    await app(scope, receive, send)
    return statuses[0]


class TestANumberThatIsTooLong:
    """Python refuses to parse integers of more than 4300 digits; a URL can hold more."""

    @pytest.fixture
    def digits(self, app: PyView, state: AppState) -> str:
        app.router.routes.insert(0, Route("/files/{number:int}", login_page))
        app.add_live_view("/orders/{number:int}", view(state, "order"))
        return "9" * 5000

    async def test_is_not_found_over_http(self, client: LiveClient, digits: str) -> None:
        assert (await client.get("/orders/7")).status_code == 200
        assert (await client.get(f"/orders/{digits}")).status_code == 404

    @pytest.mark.parametrize("path", ["orders", "files"])
    async def test_is_refused_over_the_socket(self, client: LiveClient, digits: str, path: str) -> None:
        page = await page_of(client, "/orders/7")
        assert await attempt(client, page, url=f"{ORIGIN}/{path}/{digits}") == UNAUTHORIZED
        async with client.raw_socket() as socket:
            await joined(socket, page.topic, page.join())
            await socket.send_frame(
                ["4", "5", page.topic, "live_patch", {"url": f"{ORIGIN}/{path}/{digits}"}]
            )
            assert await answer(socket, "5") == ("ok", {"link_redirect": True})


class TestPathConfusion:
    @pytest.mark.parametrize(
        "path",
        ["/adm%0Ain", "/adm%0Din", "/adm%09in", "/%0Aadmin", "/admin%00", "//admin", "/%5Cadmin", "/a%2F%0d"],
    )
    async def test_over_http(self, client: LiveClient, app: PyView, path: str) -> None:
        assert await get_undecoded(app, path) == 400

    @pytest.mark.parametrize(
        "path",
        ["/adm%0Ain", "/adm\tin", "/%0Aadmin", "//admin", "/%5Cadmin", "/adm\nin", "/\\admin", "/%2Fadmin"],
    )
    async def test_over_the_socket(self, client: LiveClient, state: AppState, path: str) -> None:
        page = await page_of(client, "/some-slug")
        assert await attempt(client, page, url=f"{ORIGIN}{path}") == UNAUTHORIZED
        assert await attempt(client, page, url=path) == UNAUTHORIZED
        assert state.calls.total() == 0

    async def test_the_first_route_answers_over_http_and_socket(
        self, client: LiveClient, state: AppState
    ) -> None:
        """`/items/{item}` was added before the protected `/items/admin`, so it handles both requests."""
        page = await page_of(client, "/items/admin")
        assert "name=item" in page.html
        assert (await attempt(client, page))[0] == "ok"
        assert state.calls == {"item.mount": 1}

    async def test_a_protected_route_before_a_public_pattern(
        self, client: LiveClient, state: AppState
    ) -> None:
        assert (await client.get("/admin")).status_code == 403
        page = await page_of(client, "/some-slug")
        assert await attempt(client, page, url=f"{ORIGIN}/admin") == UNAUTHORIZED
        assert state.calls.total() == 0


class TestNavigation:
    async def navigate(self, client: LiveClient, start: str, url: str, **changes: object) -> Any:
        page = await page_of(client, start)
        payload = page.join(redirect=f"{ORIGIN}{url}", **changes)
        del payload["url"]
        async with client.raw_socket() as socket:
            return await joined(socket, page.topic, payload)

    async def test_an_anonymous_visitor_is_sent_to_sign_in(self, client: LiveClient, state: AppState) -> None:
        status, response = await self.navigate(client, "/", "/dashboard?a=1")
        assert status == "error"
        assert response["redirect"]["to"] == "/login?next=%2Fdashboard%3Fa%3D1"
        assert state.calls.total() == 0

    async def test_a_missing_role_is_refused(self, client: LiveClient, state: AppState) -> None:
        await sign_in(client, "alice")
        assert await self.navigate(client, "/dashboard", "/admin") == UNAUTHORIZED
        assert state.calls.total() == 0

    async def test_the_right_role_passes(self, client: LiveClient, state: AppState) -> None:
        await sign_in(client, "root")
        assert (await self.navigate(client, "/dashboard", "/admin"))[0] == "ok"
        assert state.calls == {"admin.mount": 1}

    async def test_a_page_token_is_needed(self, client: LiveClient, state: AppState) -> None:
        assert await self.navigate(client, "/", "/items/1", session="forged") == STALE
        assert await self.navigate(client, "/", "/items/1", session=None) == STALE
        assert state.calls.total() == 0

    async def test_a_patch_cannot_change_the_view(self, client: LiveClient, state: AppState) -> None:
        page = await page_of(client, "/some-slug")
        async with client.raw_socket() as socket:
            assert (await joined(socket, page.topic, page.join()))[0] == "ok"
            for ref, url in (
                ("5", "/admin"),
                ("6", "/adm%0Ain"),
                ("7", "http://evil.example/x"),
                ("8", "/nowhere/at/all"),
            ):
                await socket.send_frame(["4", ref, page.topic, "live_patch", {"url": url}])
                assert await answer(socket, ref) == ("ok", {"link_redirect": True})
        assert state.calls == {"slug.mount": 1}


class TestUnknownURLs:
    @pytest.mark.parametrize(
        "url",
        [
            "/plain",
            "/auth/login",
            "/no/such/page",
            "http://evil.example/",
            "http://testserver.evil.example/",
            "http://testserver:8000/",
            "http://testserver@evil.example/",
            "http://user@testserver/",
            "//evil.example/",
            "javascript:alert(1)",
            "",
            None,
            5,
            {"a": 1},
            f"/{'a' * 9000}",
        ],
    )
    async def test_a_join_needs_a_live_view(
        self, client: LiveClient, state: AppState, url: object, caplog: pytest.LogCaptureFixture
    ) -> None:
        page = await page_of(client, "/")
        caplog.clear()
        assert await attempt(client, page, url=url) == UNAUTHORIZED
        assert state.calls.total() == 0
        assert len(caplog.records) == 1
        assert caplog.records[0].exc_info is None

    async def test_a_fragment_is_ignored(self, client: LiveClient) -> None:
        page = await page_of(client, "/")
        assert (await attempt(client, page, url=f"{ORIGIN}/?a=1#//evil"))[0] == "ok"

    async def test_a_refused_join_is_answered_and_the_socket_stays_open(self, client: LiveClient) -> None:
        page = await page_of(client, "/")
        async with client.raw_socket() as socket:
            assert await joined(socket, page.topic, page.join(url=f"{ORIGIN}/admin")) == UNAUTHORIZED
            assert (await joined(socket, page.topic, page.join(), ref="9"))[0] == "ok"
            assert socket.open


class TestTopics:
    async def test_an_event_needs_a_join(self, client: LiveClient, state: AppState) -> None:
        page = await page_of(client, "/")
        event = {"type": "click", "event": "go", "value": {}}
        async with client.raw_socket() as socket:
            await socket.send_frame(["4", "5", page.topic, "event", event])
            assert await answer(socket, "5") == UNMATCHED
            await joined(socket, page.topic, page.join())
            await socket.send_frame(["4", "6", "lv:phx-other", "event", event])
            assert await answer(socket, "6") == UNMATCHED
            await socket.send_frame(["4", "7", page.topic, "live_patch", {"url": "/x"}])
            await answer(socket, "7")
            await socket.send_frame(["4", "8", "lv:phx-other", "live_patch", {"url": "/x"}])
            assert await answer(socket, "8") == UNMATCHED
        assert state.calls == {"home.mount": 1}

    async def test_no_event_after_leaving(self, client: LiveClient, state: AppState) -> None:
        page = await page_of(client, "/")
        async with client.raw_socket() as socket:
            await joined(socket, page.topic, page.join())
            await socket.send_frame(["4", "5", page.topic, "phx_leave", {}])
            assert (await answer(socket, "5"))[0] == "ok"
            await socket.send_frame(
                ["4", "6", page.topic, "event", {"type": "click", "event": "go", "value": {}}]
            )
            assert await answer(socket, "6") == UNMATCHED
        assert state.calls == {"home.mount": 1}

    async def test_no_event_for_an_earlier_join(self, client: LiveClient, state: AppState) -> None:
        page = await page_of(client, "/")
        event = {"type": "click", "event": "go", "value": {}}
        async with client.raw_socket() as socket:
            await joined(socket, page.topic, page.join())
            await joined(socket, page.topic, page.join(), ref="8")
            await socket.send_frame(["4", "9", page.topic, "event", event])
            await socket.expect_nothing()
            await socket.send_frame(["8", "10", page.topic, "event", event])
            assert (await answer(socket, "10"))[0] == "ok"
        assert state.calls == {"home.mount": 2, "home.event.go": 1}

    @pytest.mark.parametrize("topic", ["room:1", "lvu:0", "phoenix", "lv", "", "lv:", "lv:phx-"])
    async def test_no_view_on_another_topic(self, client: LiveClient, state: AppState, topic: str) -> None:
        page = await page_of(client, "/")
        async with client.raw_socket() as socket:
            doors = {"lv:": STALE, "lvu:": ("error", {"reason": "invalid_token"})}
            expected = next((answer for door, answer in doors.items() if topic.startswith(door)), UNMATCHED)
            assert await joined(socket, topic, page.join()) == expected
        assert state.calls.total() == 0
