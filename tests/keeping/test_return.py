"""A page that returns to another worker, or to a view that has ended, gets what it had kept."""

from collections import Counter
from typing import Any, TypedDict

import pytest

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.stores import MemoryStateStore
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from pyview.testing.page import Page

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"


class State(TypedDict):
    n: int
    loaded: int


class Board(LiveView[State], keep=("n",)):
    template = LiveTemplate.from_string(
        '<p id="n">{{ n }}</p><p id="loaded">{{ loaded }}</p><button phx-click="inc">+</button>', "board.html"
    )
    log: Counter[str] = Counter()

    async def mount(self, socket: LiveViewSocket[State], session: Any) -> None:
        socket.context = {"n": 0, "loaded": 7}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[State]) -> None:
        socket.context["n"] += 1
        socket.context["loaded"] += 1

    async def restored(self, socket: LiveViewSocket[State]) -> None:
        self.log["restored"] += 1


def application(**options: Any) -> PyView:
    app = PyView(secret=SECRET, **options)
    app.add_live_view("/", Board)
    return app


async def lose_view(app: PyView, page: Page) -> None:
    """Lose the connection, and let the worker forget the view, as after the grace."""
    await page.drop()
    for process in tuple(app.app_context.processes):
        process.stop()
    await app.app_context.kept_states.flush()


@pytest.fixture(autouse=True)
def log() -> Counter[str]:
    Board.log.clear()
    return Board.log


async def test_kept_names_are_laid_over_what_mount_loads(log: Counter[str]) -> None:
    app = application()
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.click("button")
        await lose_view(app, page)
        await page.reconnect()
        assert [page.find("#n").text, page.find("#loaded").text] == ["1", "7"]
        assert log == Counter(restored=1)
        await page.click("button")
        assert page.find("#n").text == "2"


async def test_a_second_loss_finds_the_state_of_the_second_view() -> None:
    app = application()
    async with LiveClient(app) as client:
        page = await client.open("/")
        for expected in ("1", "2", "3"):
            await page.click("button")
            await lose_view(app, page)
            await page.reconnect()
            assert page.find("#n").text == expected


async def test_the_browser_carries_a_small_state_if_there_is_no_store() -> None:
    app = application()
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.click("button")
        await app.app_context.kept_states.flush()
        app.app_context.kept_states._store = MemoryStateStore()  # that of another worker
        await page.settle()
        await page.drop()
        for process in tuple(app.app_context.processes):
            process.drop_kept()
            process.stop()
        await page.reconnect()
        assert page.find("#n").text == "1"


async def test_a_first_load_gets_nothing() -> None:
    app = application()
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.click("button")
        await lose_view(app, page)
        second = await client.open("/")
        assert second.find("#n").text == "0"


async def test_a_state_that_is_too_large_is_named_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    app = application(security=SecurityConfig(max_kept_bytes=10))
    async with LiveClient(app) as client:
        page = await client.open("/")
        await lose_view(app, page)
        await page.reconnect()
        assert page.find("#n").text == "0"
    assert "max_kept_bytes=10" in caplog.text
    assert "Board" in caplog.text
