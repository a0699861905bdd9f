"""A server that stops asks the page to connect again, and the page does so when its event is answered."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from pyview import LiveView, LiveViewSocket, PyView
from pyview.stores import SQLiteStateStore
from pyview.template.live_template import LiveTemplate
from tests.browser.network import network_to
from tests.browser.retry import until
from tests.browser.server import serving

Socket = LiveViewSocket[dict[str, Any]]
CODES = "() => { window.codes = []; liveSocket.socket.onClose((event) => window.codes.push(event.code)); }"


class Slow(LiveView[dict[str, Any]], keep=True):
    template = LiveTemplate.from_string('<p id="n">{{ n }}</p><button id="inc" phx-click="inc">+</button>')

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"n": 0}

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        await asyncio.sleep(1.5)
        socket.context["n"] += 1


class Served:
    """An application, and its event loop while it is served."""

    def __init__(self, folder: Path) -> None:
        store = SQLiteStateStore(folder / "state.db")
        secret = "t3st-s3cret-of-at-least-thirty-two-bytes"
        self.app = PyView(secret=secret, app_id="slow", state_store=store, lifespan=self._lifespan)
        self.app.add_live_view("/", Slow)

    @asynccontextmanager
    async def _lifespan(self, _: Any) -> AsyncIterator[None]:
        self._loop = asyncio.get_running_loop()
        yield

    def begin_to_stop(self) -> None:
        """Do what a signal does; the server of a browser test runs in a thread, which gets none."""
        drain = self.app._drain
        assert drain is not None
        self._loop.call_soon_threadsafe(lambda: drain.begin(accepting=True))


def test_a_page_moves_when_its_event_is_answered(page: Page, tmp_path: Path) -> None:
    old = Served(tmp_path)
    with ExitStack() as stack:
        old_url, new_url = (stack.enter_context(serving(each.app)) for each in (old, Served(tmp_path)))
        with network_to(old_url) as (network, url):
            page.goto(url)
            expect(page.locator(".phx-connected").first).to_be_visible()
            page.evaluate(CODES)
            page.click("#inc")
            until(page, lambda: any(process.busy for process in old.app.app_context.processes))
            network.lead_to(new_url)
            old.begin_to_stop()
            expect(page.locator("#n")).to_have_text("1")
            until(page, lambda: page.evaluate("window.codes") == [4002])
            expect(page.locator(".phx-connected").first).to_be_visible()
            expect(page.locator("#n")).to_have_text("1")
            page.click("#inc")
            expect(page.locator("#n")).to_have_text("2")
            assert page.evaluate("window.codes") == [4002]
