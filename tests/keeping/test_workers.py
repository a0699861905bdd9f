"""Workers that share a store: a page that reaches another one goes on with what it kept."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pyview import LiveComponent, LiveView, live_render
from pyview.keeping import Keep
from pyview.stores import MemoryStateStore, SQLiteStateStore, StateStore
from pyview.stores.states import StateEntry
from pyview.stores.states_redis import RedisStateStore
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, LocalFile, ViewCrashed
from tests.asgi import eventually, settled
from tests.keeping.desk import Desk, Relay, shown, worker
from tests.stores.fixtures import own_valkey, valkey
from tests.stores.valkey import ValkeyProcess

__all__ = ["own_valkey", "valkey"]


@pytest.fixture(params=["sqlite", "valkey"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], StateStore]:
    if request.param == "sqlite":
        return lambda: SQLiteStateStore(tmp_path / "state.db")
    server: ValkeyProcess = request.getfixturevalue("valkey")
    return lambda: RedisStateStore(server.url, prefix=f"{tmp_path.name}:")


async def test_a_page_goes_from_worker_to_worker(store: Callable[[], StateStore]) -> None:
    relay = Relay(*(worker(store()) for _ in range(3)))
    async with relay.running() as client:
        page = await client.open("/")
        for number in range(1, 7):
            await page.click("button")
            await relay.move(page, number % 3)
            assert shown(page) == [str(number), "7"]


async def nothing(_: Any) -> None:
    """Stand for the writes of a worker that was killed."""


async def test_a_killed_worker_has_stored_what_is_a_second_old(
    store: Callable[[], StateStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = Relay(worker(store()), worker(store()))
    async with relay.running() as client:
        page = await client.open("/")
        await page.click("button")
        await eventually(lambda: not relay.workers[0].app_context.kept_states.pending)
        monkeypatch.setattr(relay.current.state_store, "put", nothing)
        await page.click("button")
        await relay.move(page, 1)
        assert shown(page) == ["1", "7"]


class SlowStateStore(SQLiteStateStore):
    """A store that writes when the `gate` is open."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.gate = asyncio.Event()
        self.written = 0

    async def put(self, entries: Sequence[StateEntry]) -> None:
        await self.gate.wait()
        await super().put(entries)
        self.written += len(entries)


async def test_a_page_that_asks_its_old_worker_finds_the_last_state_in_the_store(tmp_path: Path) -> None:
    store = SlowStateStore(tmp_path / "state.db")
    app = worker(store)
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.click("button")
        (process,) = app.app_context.processes
        process.stop()
        asked = asyncio.create_task(app.app_context.kept_states.take_own(["its key"]))
        await settled(asked.done)
        assert not asked.done()
        store.gate.set()
        assert await asked is None
        assert store.written == 1


async def test_the_old_view_does_not_overwrite_the_new_one(store: Callable[[], StateStore]) -> None:
    relay = Relay(worker(store()), worker(store()))
    old, new = relay.workers
    async with relay.running() as client:
        page = await client.open("/")
        await page.click("button")
        await relay.move(page, 1)
        await page.click("button")
        await new.app_context.kept_states.flush()
        (ghost,) = old.app_context.processes
        ghost.socket.context["n"] = 99
        await old.app_context.kept_states.save([ghost.keeper])
        await relay.move(page, 1)
        assert shown(page) == ["2", "8"]  # at its own worker: the view itself
        for process in tuple(new.app_context.processes):
            process.stop()
        await page.drop()
        await relay.workers[1].app_context.kept_states.flush()
        await page.reconnect()
        assert shown(page) == ["2", "7"]


async def test_an_answer_that_was_lost_costs_no_state(store: Callable[[], StateStore]) -> None:
    relay = Relay(worker(store()), worker(store()), worker(store()))
    async with relay.running() as client:
        page = await client.open("/")
        await page.click("button")
        kept = dict(page._tab.state.kept._by_topic)
        await relay.move(page, 1)
        # The page never got the answer of the second worker, so it sends what it sent there.
        page._tab.state.kept._by_topic = kept
        await relay.move(page, 2)
        assert shown(page) == ["1", "7"]


async def test_a_view_that_fails_starts_afresh() -> None:
    class Failing(Desk):
        async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
            if socket.context["n"]:
                raise RuntimeError("broken by its own state")
            await super().handle_event(event, payload, socket)

    app = worker(view=Failing)
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.click("button")
        await app.app_context.kept_states.flush()
        with pytest.raises(ViewCrashed):
            await page.click("button")
        assert shown(page) == ["0", "7"]


async def test_a_mount_that_navigates_away_restores_nothing(tmp_path: Path) -> None:
    class Closed(Desk):
        closed = False

        async def mount(self, socket: Any, session: Any) -> None:
            await super().mount(socket, session)
            if Closed.closed:
                await socket.redirect("/elsewhere")

    app = worker(SQLiteStateStore(tmp_path / "state.db"), view=Closed)
    app.add_live_view("/elsewhere", Desk)
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.click("button")
        await app.app_context.kept_states.flush()
        Closed.closed = True
        await client.restart()
        assert page.path == "/elsewhere"
        assert shown(page) == ["0", "7"]


PARTS = """<p id="n">{{ n }}</p><button id="own" phx-click="inc">+</button>
{{ live_render(inner, id="inner") }}{{ live_render(inner, id="sticky", sticky=True) }}"""


class Inner(LiveView[dict[str, Any]], keep=True):
    template = LiveTemplate.from_string(
        '<b class="m">{{ m }}</b><button class="more" phx-click="more">+</button>', "i.html"
    )

    async def mount(self, socket: Any, session: Any) -> None:
        socket.context = {"m": 0}

    async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
        socket.context["m"] += 1


class Outer(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string(PARTS, "o.html")

    async def mount(self, socket: Any, session: Any) -> None:
        socket.context = {"n": 0, "inner": Inner, "live_render": live_render}

    async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
        socket.context["n"] += 1


async def test_nested_and_sticky_views_keep_their_own(tmp_path: Path) -> None:
    relay = Relay(*(worker(SQLiteStateStore(tmp_path / "state.db"), view=Outer) for _ in range(2)))
    async with relay.running() as client:
        page = await client.open("/")
        await page.click("#own")
        for button in page.find_all(".more"):
            await page.click(button)
        await page.click(page.find_all(".more")[0])
        await relay.move(page, 1)
        assert page.find("#n").text == "0"  # the view around them keeps nothing
        assert sorted(each.text for each in page.find_all(".m")) == ["1", "2"]


class Feed(LiveView[dict[str, Any]], keep=Keep("n", streams=("rows",))):
    template = LiveTemplate.from_string(
        '<button phx-click="add">+</button>'
        '<ul id="rows" phx-update="stream">'
        '{% for id, row in streams.rows %}<li id="{{ id }}">{{ row.id }}</li>{% endfor %}</ul>'
        '<ol id="notes" phx-update="stream">{% for id, row in streams.notes %}<li id="{{ id }}">{{ row.id }}</li>'
        "{% endfor %}</ol>",
        "feed.html",
    )

    async def mount(self, socket: Any, session: Any) -> None:
        socket.context = {"n": 0}
        socket.stream("rows", [{"id": 0}])
        socket.stream("notes", [{"id": 0}])

    async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
        socket.context["n"] += 1
        socket.stream_insert("rows", {"id": socket.context["n"]})
        socket.stream_insert("notes", {"id": socket.context["n"]})


async def test_items_of_a_named_stream_stay_in_the_page_and_others_are_read_again(tmp_path: Path) -> None:
    relay = Relay(*(worker(SQLiteStateStore(tmp_path / "state.db"), view=Feed) for _ in range(2)))
    async with relay.running() as client:
        page = await client.open("/")
        await page.click("button")
        await relay.move(page, 1)
        assert [each.text for each in page.find_all("#rows li")] == ["0", "1"]
        assert [each.text for each in page.find_all("#notes li")] == ["0"]
        await page.click("button")
        assert [each.text for each in page.find_all("#rows li")] == ["0", "1", "2"]
        page._tab.state.view.channel.received -= 1  # type: ignore[union-attr]  # it has missed a message
        await relay.move(page, 0)
        assert [each.text for each in page.find_all("#rows li")] == ["0"]


class Files(LiveView[dict[str, Any]], keep=()):
    template = LiveTemplate.from_string(
        '<form id="up" phx-change="chosen" phx-submit="send">{{ live_file_input(files) }}</form>'
        "{% for entry in files.entries %}<u>{{ entry.name }} {{ entry.progress }}</u>{% endfor %}<p>{{ sent }}</p>",
        "files.html",
    )

    async def mount(self, socket: Any, session: Any) -> None:
        files = socket.allow_upload("files", accept="any", auto_upload=True, max_entries=2)
        socket.context = {"files": files, "sent": ""}

    async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
        if event == "send":
            texts = await socket.consume_uploaded_entries("files", lambda meta, _: meta.path.read_text())
            socket.context["sent"] = ",".join(texts)


async def test_a_file_that_has_arrived_is_there_at_another_worker_and_gone_with_its_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    relay = Relay(*(worker(SQLiteStateStore(tmp_path / "state.db"), view=Files) for _ in range(2)))
    async with relay.running() as client:
        page = await client.open("/")
        await page.choose("#up input", LocalFile("a.txt", b"hello"))
        await relay.workers[0].app_context.kept_states.flush()
        await page.drop()
        for process in tuple(relay.workers[0].app_context.processes):
            process.stop()
        await eventually(lambda: not relay.workers[0].app_context.processes)
        relay.current = relay.workers[1]
        await page.reconnect()
        assert page.find("u").text == "a.txt 100"
        await page.submit("#up")
        assert page.find("p").text == "hello"
        await page.choose("#up input", LocalFile("b.txt", b"left behind"))
        await relay.workers[1].app_context.kept_states.flush()
        await page.close()
        await eventually(lambda: not list(tmp_path.glob("pyview-upload-*")))


async def test_a_file_that_is_gone_is_dropped(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    relay = Relay(*(worker(SQLiteStateStore(tmp_path / "state.db"), view=Files) for _ in range(2)))
    async with relay.running() as client:
        page = await client.open("/")
        await page.choose("#up input", LocalFile("a.txt", b"hello"))
        (process,) = relay.workers[0].app_context.processes
        (upload,) = process.uploads().registry
        Path(upload.completed[0].path).unlink()
        await relay.move(page, 1)
        assert not page.find_all("u")
    assert "'files' is not there any more" in caplog.text


async def test_hundreds_of_views_are_stored_in_few_writes(tmp_path: Path) -> None:
    class Counting(MemoryStateStore):
        writes = 0

        async def put(self, entries: Any) -> None:
            Counting.writes += 1
            await super().put(entries)

    app = worker(Counting(), max_kept_token=0, max_sockets_per_session=0)
    async with LiveClient(app) as client:
        pages = [await client.open("/") for _ in range(60)]
        await asyncio.gather(*(page.click("button") for page in pages))
        before = Counting.writes
        await app.app_context.kept_states.flush()
        await app.app_context.kept_states.flush()
        assert Counting.writes - before <= 20
        before = Counting.writes
        for page in pages:
            await page.heartbeat()
        await app.app_context.kept_states.save(process.keeper for process in app.app_context.processes)
        assert Counting.writes == before  # nothing has changed


class Menu(LiveComponent[dict[str, Any]], keep=("open",)):
    template = LiveTemplate.from_string(
        '<div><b class="open">{{ open }} {{ label }} {{ mended }}</b>'
        '<i class="toggle" phx-click="toggle" phx-target="{{ myself }}">?</i></div>',
        "menu.html",
    )

    async def mount(self, socket: Any, assigns: Any) -> None:
        socket.context = {"open": False, "label": "", "mended": False}

    async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
        socket.context["open"] = not socket.context["open"]

    def restored(self, socket: Any) -> None:
        socket.context["mended"] = True


class Menus(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string(
        '{% for id in ids %}{{ live_component(menu, id=id, label="new") }}{% endfor %}'
        '<button phx-click="more">+</button>',
        "menus.html",
    )

    async def mount(self, socket: Any, session: Any) -> None:
        socket.context = {"ids": [1], "menu": Menu}

    async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
        socket.context["ids"] = [1, 2]


async def test_components_keep_their_own_in_a_view_that_keeps_nothing(tmp_path: Path) -> None:
    relay = Relay(*(worker(SQLiteStateStore(tmp_path / "state.db"), view=Menus) for _ in range(2)))

    def menus() -> list[str]:
        return [each.text for each in page.find_all(".open")]

    async with relay.running() as client:
        page = await client.open("/")
        await page.click("button")
        for toggle in page.find_all(".toggle"):
            await page.click(toggle)
        assert menus() == ["True new False", "True new False"]
        await relay.move(page, 1)
        assert menus() == ["True new True"]
        # Its state waits for the second one, also over another loss.
        await relay.move(page, 0)
        await page.click("button")
        assert menus() == ["True new True", "True new True"]


async def test_a_component_of_the_first_page_keeps_its_own(tmp_path: Path) -> None:
    relay = Relay(*(worker(SQLiteStateStore(tmp_path / "state.db"), view=Menus) for _ in range(2)))
    async with relay.running() as client:
        page = await client.open("/")
        await page.click(".toggle")
        await relay.move(page, 1)
        assert page.find(".open").text == "True new True"


class LateMenu(Menus):
    """Shows its first component after the join."""

    async def mount(self, socket: Any, session: Any) -> None:
        socket.context = {"ids": [], "menu": Menu}


async def test_a_view_begins_to_keep_with_its_first_component(tmp_path: Path) -> None:
    relay = Relay(*(worker(SQLiteStateStore(tmp_path / "state.db"), view=LateMenu) for _ in range(2)))
    async with relay.running() as client:
        page = await client.open("/")
        await page.click("button")
        await page.click(page.find_all(".toggle")[1])
        await relay.move(page, 1)
        await page.click("button")
        assert [each.text for each in page.find_all(".open")] == ["False new True", "True new True"]


async def test_a_state_that_makes_a_join_fail_comes_back_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Fragile(Desk):
        template = LiveTemplate.from_string(
            '<p id="n">{{ 1 // (5 - n) }}</p><p id="loaded">{{ loaded }}</p><button phx-click="set">+</button>',
            "fragile.html",
        )

        async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
            socket.context["n"] = 3

        async def restored(self, socket: Any) -> None:
            socket.context["n"] += 2

    relay = Relay(*(worker(SQLiteStateStore(tmp_path / "state.db"), view=Fragile) for _ in range(2)))
    async with relay.running() as client:
        page = await client.open("/")
        await page.click("button")
        await relay.move(page, 1)
        await page.settle()
        assert shown(page) == ["0", "7"]
    assert caplog.text.count("ZeroDivisionError: ") == 1


async def test_restored_may_lead_elsewhere(tmp_path: Path) -> None:
    class Closing(Desk):
        async def restored(self, socket: Any) -> None:
            await socket.push_navigate("/elsewhere")

    store = MemoryStateStore()
    app = worker(store, view=Closing)
    app.add_live_view("/elsewhere", Desk)
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.click("button")
        await client.restart()
        assert page.path == "/elsewhere"
        assert shown(page) == ["0", "7"]
        await app.app_context.kept_states.flush()
        assert len(store) == 1  # that of the other view


async def test_temporary_names_are_loaded_again(tmp_path: Path) -> None:
    class Lines(LiveView[dict[str, Any]], keep=True):
        template = LiveTemplate.from_string(
            '<p>{{ n }}</p>{% for line in lines %}<i>{{ line }}</i>{% endfor %}<button phx-click="x">+</button>',
            "lines.html",
        )

        async def mount(self, socket: Any, session: Any) -> None:
            socket.context = {"n": 0, "lines": ["loaded"]}
            socket.temporary(lines=())

        async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
            socket.context["n"] += 1

    app = worker(view=Lines)
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.click("button")
        await page.drop()
        await page.reconnect()  # its view could not render these names once more, so it starts again
        assert (page.find("p").text, page.find("i").text) == ("1", "loaded")


async def test_flash_and_title_come_along_and_the_title_of_a_new_version_counts(tmp_path: Path) -> None:
    class Titled(Desk):
        template = LiveTemplate.from_string(
            '<p id="n">{{ n }}</p><p id="loaded">{{ flash.get("info", "") }}</p>'
            '<button phx-click="inc">+</button><i phx-click="name">t</i>',
            "titled.html",
        )
        title = "Old"

        async def mount(self, socket: Any, session: Any) -> None:
            await super().mount(socket, session)
            socket.live_title = Titled.title

        async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
            await super().handle_event(event, payload, socket)
            socket.put_flash("info", event)
            if event == "name":
                socket.live_title = "1 unread"

    app = worker(view=Titled)
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.click("button")
        Titled.title = "New"
        await client.restart()
        assert (shown(page), page.title) == (["1", "inc"], "New")
        await page.click("i")
        await client.restart()
        assert (shown(page), page.title) == (["2", "name"], "1 unread")
