"""Long polling, used automatically if the network blocks WebSockets."""

from playwright.sync_api import Page, expect

from tests.browser.network import network_to
from tests.browser.server import serving
from tests.browser.test_reconnect import Desk

TRANSPORT = "liveSocket.socket.transport === window.WebSocket ? 'websocket' : 'long poll'"


def test_a_page_falls_back_to_long_polling(page: Page) -> None:
    desk = Desk()
    with serving(desk.app, websockets=False) as url:
        page.goto(url)
        expect(page.locator(".phx-connected")).to_be_visible()
        assert page.evaluate(TRANSPORT) == "long poll"
        page.click("#inc")
        expect(page.locator("#n")).to_have_text("1")
        expect(page.locator("#ticks li").nth(1)).to_be_visible()
        page.set_input_files("#up input", {"name": "file", "mimeType": "text/plain", "buffer": b"x" * 10_000})
        expect(page.locator("#files")).to_have_text("file 100")
        page.goto("about:blank")
        desk.wait_for("disconnect", page)
        assert len(desk.app._detached_views) == 0


def test_a_page_on_long_polls_rejoins_its_view(page: Page) -> None:
    desk = Desk()
    with serving(desk.app, websockets=False) as base, network_to(base) as (network, url):
        page.goto(url)
        expect(page.locator(".phx-connected")).to_be_visible()
        page.click("#inc")
        expect(page.locator("#n")).to_have_text("1")
        with desk.at_rest(page):
            network.cut()
        page.wait_for_timeout(1500)  # time without a network
        network.mend()
        desk.wait_for("reconnected", page)
        page.click("#inc")
        expect(page.locator("#n")).to_have_text("3")
        assert desk.log["mount"] == 1


def test_a_lost_network_does_not_switch_to_long_polling(page: Page) -> None:
    desk = Desk()
    with serving(desk.app) as base, network_to(base) as (network, url):
        page.goto(url)
        expect(page.locator(".phx-connected")).to_be_visible()
        page.click("#inc")
        expect(page.locator("#n")).to_have_text("1")
        with desk.at_rest(page):
            network.cut()
        page.wait_for_timeout(1500)  # time without a network
        network.mend()
        desk.wait_for("reconnected", page)
        assert page.evaluate(TRANSPORT) == "websocket"
        page.click("#inc")
        expect(page.locator("#n")).to_have_text("3")
