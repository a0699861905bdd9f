"""Output: escaping, redirect targets, response headers, error pages and logs cannot be turned against users."""

import logging
from itertools import product
from typing import Any

import pytest
from jinja2 import DictLoader
from markupsafe import Markup
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from pyview import LiveView, LiveViewSocket, PyView
from pyview.testing import LiveClient
from tests.attack.target import SECRET, answer, joined, page_of, sign_in, sign_out

EVIL = "\"'></title></p><script>alert(1)</script>&"
Socket = LiveViewSocket[dict[str, Any]]


class Hostile(LiveView[dict[str, Any]]):
    """A view that shows text from an attacker in every place."""

    template = "hostile.html"

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"text": EVIL}
        socket.live_title = EVIL
        socket.put_flash("info", EVIL)

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        actions: dict[str, Any] = {
            "patch": socket.push_patch,
            "navigate": socket.push_navigate,
            "redirect": socket.redirect,
        }
        if event == "crash":
            raise RuntimeError("the database said: password=hunter2")
        if event == "external":
            await socket.redirect(external=payload["to"])
        elif event in actions:
            await actions[event](payload["to"])
        else:
            socket.live_title = Markup("<b>bold</b>") if event == "markup" else payload["title"]


@pytest.fixture
def hostile() -> PyView:
    source = '<p title="{{ text }}">{{ text }}</p><i>{{ flash.info }}</i>'
    app = PyView(templates=DictLoader({"hostile.html": source}), secret=SECRET)
    app.add_live_view("/", Hostile)
    return app


class TestEscaping:
    async def test_title_text_attribute_and_flash_of_the_first_render(self, hostile: PyView) -> None:
        async with LiveClient(hostile) as client:
            html = (await client.get("/")).text
        assert "alert(1)" in html
        assert "<script>alert" not in html
        assert "</title></p>" not in html

    async def test_the_live_page(self, hostile: PyView) -> None:
        async with LiveClient(hostile) as client:
            page = await client.open("/")
            assert page.connected
            assert "<script>alert" not in page.html
            assert page.find("p").text == EVIL
            assert page.find("i").text == EVIL
            assert page.title.startswith(EVIL)


class TestNavigation:
    @pytest.mark.parametrize(
        ("event", "to"),
        [
            *product(
                ["patch", "navigate", "redirect"],
                [
                    "javascript:alert(1)",
                    "//evil.example",
                    "https://evil.example",
                    "/\\evil.example",
                    "/\nx",
                    "x:y",
                    " //evil.example",
                    "?x\ny",
                    "..\\evil.example",
                ],
            ),
            ("navigate", ""),
            ("redirect", ""),
        ],
    )
    async def test_off_the_site(
        self, hostile: PyView, event: str, to: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert await self.replies(hostile, event, to) == "phx_error"
        assert "UnsafeURL" in caplog.text

    @pytest.mark.parametrize(
        "to", ["javascript:alert(1)", "data:text/html,x", "/local", "//evil.example", "ftp://x"]
    )
    async def test_external_means_http(self, hostile: PyView, to: str) -> None:
        assert await self.replies(hostile, "external", to) == "phx_error"

    async def test_what_is_allowed(self, hostile: PyView) -> None:
        assert await self.replies(hostile, "external", "https://friend.example/x") == "phx_reply"
        assert await self.replies(hostile, "navigate", "/x?y=//z") == "phx_reply"
        assert (
            await self.replies(hostile, "navigate", "..//evil.example") == "phx_reply"
        )  # a path of this site

    async def replies(self, app: PyView, event: str, to: str) -> str:
        """Return the reply to an event whose handler navigates to `to`."""
        async with LiveClient(app) as client:
            page = await page_of(client, "/")
            async with client.raw_socket() as socket:
                await joined(socket, page.topic, page.join())
                value = {"type": "click", "event": event, "value": {"to": to}}
                await socket.send_frame(["4", "5", page.topic, "event", value])
                kind: str = (await socket.receive_frame())[3]
                return kind


class TestHeaders:
    async def test_no_line_break_gets_into_a_header(self, client: LiveClient) -> None:
        response = await client.get("/dashboard?a=%0d%0aSet-Cookie:%20x=y&b=\u2028")
        assert response.status_code == 303
        assert "x" not in response.cookies
        location = response.headers["location"]
        assert location.startswith("/login?next=%2Fdashboard%3Fa%3D%250d%250aSet-Cookie")

    async def test_a_redirect_ignores_the_host_header(self, client: LiveClient) -> None:
        response = await client.get(
            "/dashboard?a=1", headers={"host": "evil.example", "x-forwarded-host": "evil"}
        )
        assert (response.status_code, response.headers["location"]) == (
            303,
            "/login?next=%2Fdashboard%3Fa%3D1",
        )


class TestCaches:
    @pytest.mark.parametrize("url", ["/", "/dashboard"])
    async def test_a_page_with_a_session_is_not_cached(self, client: LiveClient, url: str) -> None:
        await sign_in(client, "alice")
        assert (await client.get(url)).headers["cache-control"] == "no-store"

    async def test_a_public_page_is_revalidated(self, client: LiveClient) -> None:
        await sign_in(client, "alice")
        await sign_out(client)
        response = await client.get("/")
        assert response.headers["cache-control"] == "max-age=0, private, must-revalidate"
        assert "Cookie" in response.headers["vary"]

    async def test_a_redirect_to_sign_in_is_not_cached(self, client: LiveClient) -> None:
        assert (await client.get("/dashboard")).headers["cache-control"] == "no-store"


class TestErrorDetails:
    async def test_a_crash_sends_no_details(self, hostile: PyView, caplog: pytest.LogCaptureFixture) -> None:
        async with LiveClient(hostile) as client:
            page = await page_of(client, "/")
            async with client.raw_socket() as socket:
                await joined(socket, page.topic, page.join())
                value = {"type": "click", "event": "crash", "value": {"card": "4111-1111"}}
                with caplog.at_level(logging.DEBUG):
                    await socket.send_frame(["4", "5", page.topic, "event", value])
                    frame = await socket.receive_frame()
        assert (frame[3], [*frame[4]]) == ("phx_error", ["error_id"])
        assert "error id" in caplog.text
        assert "4111-1111" not in caplog.text


class TestSecurityHeaders:
    EXPECTED = {
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "content-security-policy": "frame-ancestors 'self'",
    }

    @pytest.mark.parametrize("url", ["/", "/dashboard", "/admin", "/login", "/a/b/c", "//x"])
    async def test_every_response_has_them(self, client: LiveClient, url: str) -> None:
        response = await client.get(f"http://testserver{url}")
        assert self.EXPECTED.items() <= dict(response.headers).items()

    async def test_headers_of_a_route_take_precedence(self) -> None:
        def page(request: Any) -> PlainTextResponse:
            return PlainTextResponse("x", headers={"referrer-policy": "no-referrer"})

        app = PyView(routes=[Route("/x", page)], secret=SECRET)
        async with LiveClient(app) as client:
            assert (await client.get("/x")).headers["referrer-policy"] == "no-referrer"

    async def test_access_logs_show_no_secrets(
        self, client: LiveClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.INFO, "uvicorn.access"):
            line = ("127.0.0.1:1", "GET", "/api?api_key=S3CRET", "1.1", 200)
            logging.getLogger("uvicorn.access").info('%s - "%s %s HTTP/%s" %d', *line)
        assert "S3CRET" not in caplog.text


async def test_sign_in_leads_back_to_the_page(client: LiveClient) -> None:
    page = await client.open("/dashboard?tab=2")
    assert page.path == "/login?next=%2Fdashboard%3Ftab%3D2"


async def test_an_unanswered_event_would_freeze_the_page(hostile: PyView) -> None:
    async with LiveClient(hostile) as client:
        page = await page_of(client, "/")
        async with client.raw_socket() as socket:
            await joined(socket, page.topic, page.join())
            value = {"type": "click", "event": "markup", "value": {}}
            await socket.send_frame(["4", "5", page.topic, "event", value])
            assert (await answer(socket, "5"))[0] == "ok"
