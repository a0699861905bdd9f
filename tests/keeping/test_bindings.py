"""A kept state is worth something to its own page only, once, and for its time."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from pyview import Keep, LiveView, LiveViewSocket, PyView
from pyview.stores import MemoryStateStore, SQLiteStateStore, StateEntry
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from pyview.testing.kept import KeptViews
from pyview.testing.page import Page
from tests.asgi import eventually
from tests.keeping.desk import Desk, Relay, shown, worker
from tests.stores.fixtures import Clock


@asynccontextmanager
async def left_behind(app: PyView) -> AsyncIterator[tuple[LiveClient, Page]]:
    """Yield a browser and a page whose state is stored and whose view is gone."""
    async with LiveClient(app) as client:
        await client.get("/in/ann")
        page = await client.open("/")
        await page.click("button")
        await lose(app, page)
        yield client, page


async def lose(app: PyView, page: Page) -> None:
    await app.app_context.kept_states.flush()
    await page.drop()
    for process in tuple(app.app_context.processes):
        process.stop()
    await app.app_context.kept_states.flush()


@pytest.fixture(params=["shared", "token"])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> PyView:
    return worker(SQLiteStateStore(tmp_path / "state.db") if request.param == "shared" else None)


async def test_its_own_page_gets_it(app: PyView) -> None:
    async with left_behind(app) as (_, page):
        await page.reconnect()
        assert shown(page) == ["1", "7"]


async def test_another_load_of_the_same_bytes_gets_nothing(app: PyView) -> None:
    async with left_behind(app) as (_, page):
        page._tab.state.load_mark = "another tab"
        await page.reconnect()
        assert shown(page) == ["0", "7"]


async def test_it_is_used_once(app: PyView) -> None:
    async with left_behind(app) as (_, page):
        replayed = dict(page._tab.state.kept._by_topic)
        await page.reconnect()
        app.app_context.kept_states.drop(*(process.keeper for process in app.app_context.processes))
        await lose(app, page)
        page._tab.state.kept._by_topic = replayed
        await page.reconnect()
        assert shown(page) == ["0", "7"]


@pytest.mark.parametrize("shared", [True, False])
async def test_it_expires(shared: bool, tmp_path: Path) -> None:
    store = SQLiteStateStore(tmp_path / "state.db") if shared else MemoryStateStore()
    async with left_behind(worker(store, keep_seconds=0.01)) as (_, page):
        await asyncio.sleep(0.02)
        await page.reconnect()
        assert shown(page) == ["0", "7"]


async def test_another_user_in_the_same_browser_loads_the_page_again(app: PyView) -> None:
    async with left_behind(app) as (client, page):
        await client.get("/in/bob")
        await page.reconnect()
        assert shown(page) == ["0", "7"]


async def test_after_a_sign_out_and_a_new_sign_in_of_the_same_user_it_is_gone(app: PyView) -> None:
    async with left_behind(app) as (client, page):
        await client.get("/out")
        await client.get("/in/ann")
        await page.reconnect()
        assert shown(page) == ["0", "7"]


async def test_another_application_with_the_same_secret_and_store_finds_nothing(tmp_path: Path) -> None:
    stores = [SQLiteStateStore(tmp_path / "state.db") for _ in range(2)]
    async with (
        left_behind(worker(stores[0], app_id="one")) as (_, page),
        LiveClient(worker(stores[1], app_id="two")) as other,
    ):
        stolen = dict(page._tab.state.kept._by_topic)
        theirs = await other.open("/")
        theirs._tab.state.kept._by_topic = stolen
        theirs._tab.state.load_mark = page._tab.state.load_mark
        await theirs.drop()
        await theirs.reconnect()
        assert shown(theirs) == ["0", "7"]


class Forgetful(MemoryStateStore):
    """The memory of a worker that has been restarted."""

    async def take(self, key: str) -> bytes | None:
        return None


async def test_a_forged_token_is_worth_nothing() -> None:
    app = worker(Forgetful())
    async with left_behind(app) as (_, page):
        ((topic, kept),) = page._tab.state.kept._by_topic.items()
        foreign = await _token_of_another_page()
        for token in (kept.token[:-4] + "AAAA", kept.token[::-1], "x" * 9000, foreign, "gAAAAA"):
            page._tab.state.kept._by_topic[topic] = type(kept)(kept.joins, token)
            await page.reconnect()
            assert shown(page)[0] == "0"
            page._tab.state.kept._by_topic[topic] = type(kept)(kept.joins, kept.token)
            app.app_context.kept_states.drop(*(process.keeper for process in app.app_context.processes))
            await page.drop()
            for process in tuple(app.app_context.processes):
                process.stop()


async def _token_of_another_page() -> str:
    app = worker()
    async with left_behind(app) as (_, page):
        (kept,) = page._tab.state.kept._by_topic.values()
        return kept.token


async def test_numbers_that_no_page_sends_are_ignored(app: PyView) -> None:
    async with left_behind(app) as (_, page):
        for joins in (True, -1, 0, 10**9, 1.5, "1", [1], None):
            page._tab.state.kept = _Lying({"_joins": joins, "_kept": 3, "_worker": {}, "_received": "x"})
            await page.reconnect()
            assert shown(page)[0] in ("0", "1")


class _Lying(KeptViews):
    def __init__(self, fields: dict[str, Any]) -> None:
        super().__init__()
        self._fields = fields

    def params(self, topic: str) -> dict[str, Any]:
        return self._fields


async def test_a_sign_out_deletes_the_stored_states(tmp_path: Path) -> None:
    store = MemoryStateStore()
    app = worker(store)
    async with LiveClient(app) as client:
        await client.get("/in/ann")
        page = await client.open("/")
        await page.click("button")
        await app.app_context.kept_states.flush()
        assert len(store) == 1
        await client.get("/out")
        await eventually(lambda: not len(store))
        assert page.find("#n").text == "1"


async def test_a_page_that_says_goodbye_leaves_nothing(app: PyView) -> None:
    store = app.state_store = MemoryStateStore()
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.click("button")
        await app.app_context.kept_states.flush()
        assert len(store) == 1
        await page.close()
        await app.app_context.kept_states.flush()
        assert not len(store)


async def test_what_is_stored_shows_nothing(tmp_path: Path) -> None:
    async with left_behind(worker(SQLiteStateStore(tmp_path / "state.db"))):
        raw = b"".join(file.read_bytes() for file in tmp_path.iterdir())
        assert re.search(rb"gAAAA", raw)
        assert b"Desk" not in raw
        assert b'"n"' not in raw


async def test_a_state_that_is_too_large_is_named_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    app = worker(max_kept_bytes=10)
    async with left_behind(app) as (_, page):
        await page.reconnect()
        assert shown(page) == ["0", "7"]
    assert "Desk: its kept state of" in caplog.text
    assert "SecurityConfig(max_kept_bytes=10)" in caplog.text


async def test_all_states_of_a_worker_are_bounded(caplog: pytest.LogCaptureFixture) -> None:
    app = worker(max_kept_bytes_in_all=250)
    async with LiveClient(app) as client:
        for _ in range(5):
            await client.open("/")
        await app.app_context.kept_states.flush()
        assert app.app_context.kept_states._bytes <= 250
    assert "max_kept_bytes_in_all=250" in caplog.text


async def test_an_idle_page_keeps_its_state_stored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clock = Clock()
    relay = Relay(*(worker(SQLiteStateStore(tmp_path / "state.db", clock)) for _ in range(2)))
    async with relay.running() as client:
        page = await client.open("/")
        await page.click("button")
        states = relay.current.app_context.kept_states
        await states.flush()
        loop = asyncio.get_running_loop()
        time = loop.time
        clock.now += 200
        with monkeypatch.context() as later:
            later.setattr(loop, "time", lambda: time() + 200)
            states.refresh()
            await states.flush()
        clock.now += 200
        await relay.move(page, 1)
        assert shown(page) == ["1", "7"]


async def test_a_view_that_keeps_nothing_asks_and_stores_nothing() -> None:
    class Plain(Desk, keep=False): ...

    store = MemoryStateStore()
    app = worker(store, view=Plain)
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.click("button")
        (process,) = app.app_context.processes
        assert process.keeper is None
        await app.app_context.kept_states.flush()
        assert not len(store)
        assert page._tab.state.kept.params(page._tab.state.view.channel.topic) == {}  # type: ignore[union-attr]


class Pad(LiveView[dict[str, str]], keep=("text",)):
    template = LiveTemplate.from_string(
        '<p>{{ text }}</p><button phx-click="write" phx-value-text="short">a</button>'
        f'<button phx-click="write" phx-value-text="{"long " * 100}">b</button>',
        "pad.html",
    )

    async def mount(self, socket: LiveViewSocket[dict[str, str]], session: Any) -> None:
        socket.context = {"text": "empty"}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[dict[str, str]]) -> None:
        socket.context["text"] = payload["text"]


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize(("last", "expected"), [("b", "empty"), ("a", "short")])
async def test_a_state_that_is_too_large_for_a_while_comes_back_as_it_is_now(
    shared: bool, last: str, expected: str, tmp_path: Path
) -> None:
    store = SQLiteStateStore(tmp_path / "state.db") if shared else MemoryStateStore()
    app = worker(store, Pad, max_kept_bytes=300)
    async with LiveClient(app) as client:
        page = await client.open("/")
        for text in ("a", "b", last):
            await page.click("button", text)
            await app.app_context.kept_states.flush()
        await lose(app, page)
        await page.reconnect()
        assert page.find("p").text == expected


async def test_a_state_that_is_given_back_is_stored_for_its_own_time() -> None:
    class Patient(Desk, keep=Keep("n", hours=2)): ...

    class Recording(MemoryStateStore):
        seconds = 0.0

        async def put(self, entries: Sequence[StateEntry]) -> None:
            self.seconds = entries[-1].seconds
            await super().put(entries)

    store = Recording()
    app = worker(store, Patient)
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.click("button")
        states = app.app_context.kept_states
        await states.flush()
        (process,) = app.app_context.processes
        assert process.keeper is not None
        states.give_back(process.mount_context, process.keeper.snapshot(60))
        store.seconds = 0.0
        await states.flush()
        assert store.seconds == 2 * 3600
