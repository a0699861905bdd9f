"""Each page of the UI kit: axe, console, content security policy, layout on a phone and from right to left."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from examples.ui_kit.app import create_app
from examples.ui_kit.demo import demos
from tests.browser.axe import faults
from tests.browser.pictures import SCHEMES, save_picture
from tests.browser.server import serving

LIVE = "[data-phx-main].phx-connected"
PATHS = ["", "office/orders", *demos()]
WIDTH = "document.documentElement.scrollWidth"
# Chromium adds up how far parts of the page have moved by themselves.
WATCH_SHIFT = """new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift = (window.shift ?? 0) + entry.value;
}).observe({type: "layout-shift", buffered: true})"""


def strict(inner: ASGIApp) -> ASGIApp:
    """Send a strict content security policy with each page."""

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        async def with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                policy = (b"content-security-policy", b"default-src 'self'; frame-ancestors 'self'")
                others = [each for each in message["headers"] if each[0] != policy[0]]
                message = {**message, "headers": [*others, policy]}
            await send(message)

        await inner(scope, receive, with_policy)

    return outer


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(strict(create_app())) as url:
        yield url


@pytest.fixture(scope="module")
def visitor(browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    """Return one page for all, and what its console says."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=False)
    context.add_init_script(WATCH_SHIFT)
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        said.append(f"{message.type}: {message.text}")

    page = context.new_page()
    page.on("console", hear)
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    yield page, said
    context.close()


@pytest.mark.parametrize("path", PATHS)
def test_a_page_of_the_kit_is_sound(visitor: tuple[Page, list[str]], address: str, path: str) -> None:
    page, said = visitor
    said.clear()
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{address}/{path}")
    expect(page.locator(LIVE)).to_be_attached()
    assert page.evaluate("window.shift ?? 0") < 0.01
    assert said == []
    name = f"kit-{path.replace('/', '-') or 'index'}"
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        assert faults(page) == []
    save_picture(page, f"{name}-desktop")
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate(WIDTH) <= 360
    save_picture(page, f"{name}-phone")
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert page.evaluate(WIDTH) <= 360
