"""A network that is lost for ten seconds in the middle of input and an upload: nothing is lost."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from starlette.types import ASGIApp

from pyview import LiveView, LiveViewSocket, PyView, is_connected
from pyview.events import InfoEvent
from pyview.template.live_template import LiveTemplate
from pyview.uploads import TempFileWriter, UploadEntry
from tests.browser.network import network_to
from tests.browser.retry import SECONDS, until

Socket = LiveViewSocket[dict[str, Any]]
AWAY_MS = 10_000

DESK = """
<p id="n">{{ n }}</p>
<button id="inc" phx-click="inc">+</button>
<form id="f" phx-change="typed"><input id="name" name="name" value="{{ name }}"><input id="city" name="city"></form>
<ul id="ticks">{% for tick in ticks %}<li>{{ tick }}</li>{% endfor %}</ul>
<ol id="feed" phx-update="stream">{% for id, it in streams.feed %}<li id="{{ id }}">{{ it.id }}</li>{% endfor %}</ol>
<form id="up" phx-change="chosen">{{ live_file_input(files) }}</form>
<p id="files">{% for entry in files.entries %}{{ entry.name }} {{ entry.progress }}{% endfor %}</p>
"""


class Desk:
    """Application with a log of its events. It counts seconds while it is `ticking`."""

    def __init__(self) -> None:
        self.log: Counter[str] = Counter()
        self.ticking = True
        self.mended = threading.Event()
        desk, log = self, self.log

        class View(LiveView[dict[str, Any]]):
            template = LiveTemplate.from_string(DESK, "desk.html")

            async def mount(self, socket: Socket, session: Any) -> None:
                socket.context = {"n": 0, "name": "", "ticks": []}
                socket.stream("feed", [])
                socket.context["files"] = socket.allow_upload(
                    "files", accept="any", chunk_size=1024, auto_upload=True, writer=desk.writer
                )
                if is_connected(socket):
                    log["mount"] += 1
                    socket.schedule_info(InfoEvent("tick"), 1)

            async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
                log[event] += 1
                if event == "inc":
                    socket.context["n"] += 1
                elif event == "typed":
                    socket.context["name"] = payload["name"]

            async def handle_info(self, event: InfoEvent, socket: Socket) -> None:
                if not desk.ticking:
                    return
                ticks = socket.context["ticks"]
                socket.context["ticks"] = [*ticks, len(ticks)]
                socket.stream_insert("feed", {"id": len(ticks)})

            async def reconnected(self, socket: Socket) -> None:
                log["reconnected"] += 1

            async def disconnect(self, socket: Socket) -> None:
                log["disconnect"] += 1

        self.app = PyView(secret="a secret of more than thirty-two bytes, for tests")
        self.app.add_live_view("/", View)

    def wait_for(self, name: str, page: Page) -> None:
        until(page, lambda: self.log[name])

    def writer(self, entry: UploadEntry) -> TempFileWriter:
        return Halting(entry, self.mended)

    @contextmanager
    def at_rest(self, page: Page) -> Iterator[None]:
        """Stop the timer while the connection is dropped, after the page has received everything.

        The server has forgotten stream items that are lost with a connection: the view would be mounted again.
        """
        self.ticking = False
        count = self.log["inc"] + 1
        page.click("#inc")
        expect(page.locator("#n")).to_have_text(str(count))
        yield
        self.ticking = True


class Halting(TempFileWriter):
    """A writer that takes a hundred chunks of a large file, and the rest when the network is back."""

    def __init__(self, entry: UploadEntry, mended: threading.Event) -> None:
        super().__init__(entry)
        self._left = 100
        self._mended = mended

    async def write_chunk(self, data: bytes) -> None:
        if not self._left:
            await asyncio.to_thread(self._mended.wait, 2 * SECONDS)
        self._left = max(self._left - 1, 0)
        await super().write_chunk(data)


@pytest.mark.slow
def test_ten_seconds_without_network(page: Page, serve: Callable[[ASGIApp], str]) -> None:
    desk = Desk()
    with network_to(serve(desk.app)) as (network, url):
        page.goto(url)
        expect(page.locator(".phx-connected")).to_be_visible()
        page.click("#inc")
        expect(page.locator("#n")).to_have_text("1")
        page.fill("#name", "Ada")
        desk.wait_for("typed", page)
        expect(page.locator("#feed-1")).to_be_visible()
        page.set_input_files(
            "#up input", {"name": "big", "mimeType": "text/plain", "buffer": b"x" * 8_000_000}
        )
        expect(page.locator("#files")).to_contain_text("big 1")
        page.evaluate("document.getElementById('feed-0').mark = 'the same element'")
        with desk.at_rest(page):
            network.cut()
        expect(page.locator("[data-phx-main]")).to_have_class("phx-loading phx-error phx-client-error")
        notice = page.locator("#pyview-offline")
        expect(notice).to_have_count(0)
        page.fill("#city", "typed without a network")
        page.wait_for_timeout(AWAY_MS)  # time without a network
        expect(notice).to_have_text("The connection is lost. Trying again…")
        network.mend()
        desk.mended.set()
        expect(page.locator(".phx-connected")).to_be_visible()
        expect(notice).to_have_count(0)
        expect(page.locator("#n")).to_have_text("2")
        assert page.input_value("#name") == "Ada"
        assert page.input_value("#city") == "typed without a network"
        shown = page.locator("#ticks li").all_text_contents()
        assert len(shown) >= AWAY_MS / 1000 - 1
        assert page.locator("#feed li").all_text_contents()[: len(shown)] == shown
        assert page.evaluate("document.getElementById('feed-0').mark") == "the same element"
        expect(page.locator("#files")).to_have_text("")
        page.set_input_files("#up input", {"name": "small", "mimeType": "text/plain", "buffer": b"x"})
        expect(page.locator("#files")).to_have_text("small 100")
        page.click("#inc")
        expect(page.locator("#n")).to_have_text("3")
        assert (desk.log["mount"], desk.log["reconnected"], desk.log["disconnect"]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("before", "said"),
    [
        pytest.param(
            "window.LiveViewConfig = {messages: {offline: 'Keine Verbindung.'}}",
            "Keine Verbindung.",
            id="other",
        ),
        pytest.param("window.LiveViewConfig = {messages: {offline: null}}", None, id="none"),
        pytest.param(
            "addEventListener('load', () => document.body.setAttribute('phx-disconnected', '[]'))",
            None,
            id="own",
        ),
    ],
)
def test_a_lost_connection_shows_the_message_of_the_page(
    page: Page, serve: Callable[[ASGIApp], str], before: str, said: str | None
) -> None:
    page.clock.install()
    page.add_init_script(before)
    with network_to(serve(Desk().app)) as (network, url):
        page.goto(url)
        expect(page.locator(".phx-connected")).to_be_visible()
        network.cut()
        expect(page.locator(".phx-error")).to_be_visible()
        page.clock.run_for(5000)
        notice = page.locator("#pyview-offline")
        if said is None:
            expect(notice).to_have_count(0)
        else:
            expect(notice).to_have_text(said)


@pytest.mark.parametrize("way", ["close", "leave", "reload"])
def test_a_page_that_is_left_says_goodbye(page: Page, serve: Callable[[ASGIApp], str], way: str) -> None:
    desk = Desk()
    url = serve(desk.app)
    page.goto(url)
    expect(page.locator(".phx-connected")).to_be_visible()
    other = page.context.new_page()
    if way == "close":
        page.close()
    elif way == "leave":
        page.goto("about:blank")
    else:
        page.reload()
    desk.wait_for("disconnect", other)
    assert len(desk.app._detached_views) == 0


def test_a_closed_connection_is_opened_again(page: Page, serve: Callable[[ASGIApp], str]) -> None:
    desk = Desk()
    page.goto(serve(desk.app))
    expect(page.locator(".phx-connected")).to_be_visible()
    other = page.context.new_page()
    with desk.at_rest(page):
        page.evaluate("liveSocket.socket.conn.close()")
    desk.wait_for("reconnected", other)
    assert (desk.log["mount"], desk.log["reconnected"]) == (1, 1)


def test_the_page_recovers_from_mounts_that_fail_for_a_while(
    page: Page, serve: Callable[[ASGIApp], str]
) -> None:
    broken = threading.Event()

    class Fragile(LiveView[dict[str, Any]]):
        template = LiveTemplate.from_string("<p>{{ 'live' if live else 'first' }}</p>", "fragile.html")

        async def mount(self, socket: Socket, session: Any) -> None:
            if is_connected(socket) and broken.is_set():
                raise RuntimeError("the database is away")
            socket.context = {"live": is_connected(socket)}

    app = PyView(secret="a secret of more than thirty-two bytes, for tests")
    app.add_live_view("/", Fragile)
    page.add_init_script(
        "window.LiveViewConfig = {reloadJitterMin: 10, reloadJitterMax: 20, failsafeJitter: 200}"
    )
    broken.set()
    page.goto(serve(app))
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("p", has_text="first")).to_be_visible()
    broken.clear()
    expect(page.locator("p", has_text="live")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
