"""Failures in the page: the overlay for developers, and the notice for users."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jinja2 import DictLoader, FileSystemLoader
from playwright.sync_api import Locator, Page, expect
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from pyview import LiveComponent, LiveView, LiveViewSocket, PyView, SecurityConfig, live_render
from tests.browser.server import serving
from tests.browser.test_view_files import LIVE, POLICIES

Serve = Callable[[ASGIApp], str]
Socket = LiveViewSocket[dict[str, Any]]
SECRET = "a secret of these tests, the same after a restart"


class Star(LiveComponent[dict[str, Any]]):
    template = "star.html"

    async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
        raise LookupError("no star")


class Inner(LiveView[dict[str, Any]]):
    """A nested view that fails to join, while `broken`."""

    template = "inner.html"
    broken = True

    async def mount(self, socket: Socket, session: Any) -> None:
        if socket.connected and self.broken:
            raise RuntimeError("the inner view is broken")


class Shop(LiveView[dict[str, Any]]):
    template = "shop.html"

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"zero": 1, "Star": Star}

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        if event == "crash":
            raise ValueError(f"no <b>such</b> product: {payload['product']}</script>")
        if event == "template":
            socket.context["zero"] = 0


class Failing(LiveView[dict[str, Any]]):
    """A page that fails to join, while `broken`."""

    template = "plain.html"
    broken = True

    async def mount(self, socket: Socket, session: Any) -> None:
        if socket.connected and self.broken:
            raise RuntimeError("cannot join")


class Around(LiveView[dict[str, Any]]):
    template = "around.html"

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"inner": live_render(Inner, id="inner")}


class Dead(LiveView[dict[str, Any]]):
    template = "plain.html"

    async def mount(self, socket: Socket, session: Any) -> None:
        raise RuntimeError("cannot be shown")


TEMPLATES = {
    "plain.html": "<p>plain</p>",
    "inner.html": "<p>inner</p>",
    "around.html": "<h1>around</h1>{{ inner }}",
    "star.html": '<p><button phx-click="star" phx-target="{{ myself }}">star</button></p>',
    "shop.html": """
        <main><h1>Shop {{ 1 / zero }}</h1>
        <form id="form" phx-change="typed"><input id="typed" name="typed" aria-label="typed"></form>
        <button phx-click="crash" phx-value-product="Eggs">crash</button>
        <button phx-click="template">template</button>
        {{ live_component(Star, id=1) }}</main>
    """,
}


def shop(**options: Any) -> PyView:
    app = PyView(templates=DictLoader(TEMPLATES), secret=SECRET, **options)
    for path, view in {"/": Shop, "/failing": Failing, "/around": Around, "/dead": Dead}.items():
        app.add_live_view(path, view)
    return app


def open_page(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.locator(LIVE)).to_be_attached()


def crash(page: Page, button: str) -> None:
    """Click a button whose handler fails, and wait until the view is back. The overlay may be above the button."""
    expect(page.locator(LIVE)).to_be_attached()
    page.get_by_role("button", name=button, exact=True).evaluate("""async (button) => {
        const join = liveSocket.main.channel.joinRef();
        button.click();
        while (liveSocket.main.channel.joinRef() === join) await new Promise((done) => setTimeout(done, 10));
    }""")
    expect(page.locator(LIVE)).to_be_attached()


def overlay(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Failure")


@pytest.mark.parametrize("websockets", [True, False], ids=["websocket", "long poll"])
def test_a_mounted_application_with_a_policy_loads_the_script_once(page: Page, websockets: bool) -> None:
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    app = shop(debug=True, security=SecurityConfig(content_security_policy=POLICIES["nonce"]))
    with serving(Starlette(routes=[Mount("/shop", app)]), websockets=websockets) as url:
        with page.expect_response("**/shop/live/assets/development-*.js"):
            page.goto(f"{url}/shop/")
        crash(page, "crash")
        expect(overlay(page)).to_contain_text("no <b>such</b> product")
        expect(overlay(page)).to_have_css("border-top-width", "4px")
    assert len([url for url in loaded if "development-" in url]) == 1


def test_a_crash_is_shown_until_it_is_closed(page: Page, serve: Serve) -> None:
    open_page(page, serve(shop(debug=True)))
    shown = overlay(page)
    crash(page, "crash")
    expect(shown).to_contain_text("ValueError: no <b>such</b> product: Eggs</script>")
    expect(shown).to_contain_text("Shop · event 'crash' · /")
    expect(shown).to_contain_text("product: 'Eggs'")
    expect(shown.locator("mark")).to_contain_text('raise ValueError(f"no <b>such')
    link = shown.get_by_role("link")
    expect(link).to_have_attribute(
        "href", f"vscode://file{__file__}:{Shop.handle_event.__code__.co_firstlineno + 2}"
    )
    expect(shown).to_be_focused()

    crash(page, "crash")
    expect(shown).to_contain_text("2 times")
    crash(page, "star")
    expect(shown).to_contain_text("1 of 2")
    shown.get_by_role("button", name="Next failure").click()
    expect(shown).to_contain_text("LookupError: no star")
    expect(shown).to_contain_text("of component")

    page.keyboard.press("Escape")
    expect(shown).to_be_hidden()
    crash(page, "crash")
    expect(shown).to_be_hidden()
    page.locator("#typed").fill("half a sentence")
    page.evaluate("document.querySelector('[phx-click=template]').click()")
    expect(shown).to_contain_text("ZeroDivisionError")
    expect(page.locator("#typed")).to_be_focused()
    shown.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="3 failures").click()
    expect(shown).to_be_visible()
    expect(page.locator("#typed")).to_have_value("half a sentence")


def test_a_page_that_cannot_join_keeps_its_failure_and_tries_again(
    page: Page, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.goto(f"{serve(shop(debug=True))}/failing")
    page.evaluate("window.sameDocument = true")
    shown = overlay(page)
    expect(shown).to_contain_text("RuntimeError: cannot join")
    expect(shown).to_contain_text("2 times")
    expect(page.get_by_text("plain")).to_be_visible()
    monkeypatch.setattr(Failing, "broken", False)
    expect(page.locator(LIVE)).to_be_attached()
    expect(shown).to_have_count(0)
    assert page.evaluate("window.sameDocument") is True


def test_a_nested_view_that_cannot_join(page: Page, serve: Serve) -> None:
    open_page(page, f"{serve(shop(debug=True))}/around")
    expect(overlay(page)).to_contain_text("RuntimeError: the inner view is broken")
    expect(overlay(page)).to_contain_text("Inner · join")


class Restarted:
    """A server whose application is started again: the same routes and secret, and a new object."""

    def __init__(self, make: Callable[[], PyView]) -> None:
        self.make = make
        self.app = make()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


def test_new_code_takes_the_failure_away(page: Page, serve: Serve) -> None:
    server = Restarted(lambda: shop(debug=True))
    open_page(page, serve(server))
    crash(page, "crash")
    expect(overlay(page)).to_be_visible()
    server.app = server.make()
    page.evaluate("liveSocket.disconnect(() => liveSocket.connect())")
    expect(overlay(page)).to_have_count(0)


def test_a_user_sees_the_error_id_for_a_while(
    page: Page, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    open_page(page, serve(shop()))
    for _ in range(2):
        crash(page, "crash")
    note = page.get_by_role("status").filter(has_text="Something went wrong. Error id")
    expect(note).to_have_count(1)
    assert str(note.text_content()).rpartition(" ")[2] in caplog.text
    assert "Eggs" not in page.content().replace('phx-value-product="Eggs"', "")
    note.click()
    expect(note).to_have_count(0)
    assert page.evaluate("Boolean(document.querySelector('pyview-failures'))") is False


def test_the_text_of_the_notice_can_be_changed(page: Page, serve: Serve) -> None:
    page.add_init_script("window.LiveViewConfig = {messages: {failure: 'Das ging schief: {id}'}}")
    open_page(page, serve(shop()))
    crash(page, "crash")
    expect(page.get_by_role("status")).to_contain_text("Das ging schief: ")


@pytest.mark.parametrize("policy", [None, POLICIES["nonce"]], ids=["no policy", "nonce"])
def test_a_page_that_failed_comes_back_when_its_template_is_mended(
    page: Page, serve: Serve, tmp_path: Path, policy: str | None
) -> None:
    template = tmp_path / "page.html"
    template.write_text("<h1>{{ 1 / 0 }}</h1>")
    security = SecurityConfig(content_security_policy=policy)
    app = PyView(debug=True, templates=FileSystemLoader(tmp_path), security=security)
    app.add_live_view("/", type("Page", (LiveView,), {"template": "page.html"}))
    page.goto(serve(app))
    expect(page.get_by_role("heading", level=1)).to_contain_text("ZeroDivisionError")
    expect(page.locator("mark")).to_have_css("display", "block")
    template.write_text("<h1>mended</h1>")
    expect(page.get_by_role("heading", level=1)).to_have_text("mended")
