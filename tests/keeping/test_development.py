"""In development every view keeps everything over a restart with edited code."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import new_class
from typing import Any, NamedTuple, TypedDict

import pytest
from pydantic import BaseModel

from pyview import LiveComponent, LiveView, LiveViewSocket, live_render
from pyview.changesets import change_set
from pyview.components import ComponentSocket
from pyview.forms import Form
from pyview.stores import SQLiteStateStore
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, ViewCrashed
from pyview.testing.page import Page
from tests.keeping.desk import Relay, worker

Socket = LiveViewSocket[Any]


def view(
    make: Callable[[], Any], template: str, change: Callable[[Socket, str], Any] | None = None, **more: Any
) -> Any:
    """Return a version of the view `Edited`: `make` makes the context, `change(socket, event)` handles events."""

    async def mount(self: Any, socket: Socket, session: Any) -> None:
        socket.context = make()
        if "mounted" in more:
            more["mounted"](socket)

    async def handle_event(self: Any, event: str, payload: Any, socket: Socket) -> None:
        if change is not None:
            change(socket, event)

    names = {name: value for name, value in more.items() if name not in ("mounted", "keep")}
    body = {
        "template": LiveTemplate.from_string(f'{template}<button phx-click="go">go</button>', "edited.html"),
        "mount": mount,
        "handle_event": handle_event,
        **names,
    }
    keep = {"keep": more["keep"]} if "keep" in more else {}
    made: Any = new_class("Edited", (LiveView,), keep, lambda space: space.update(body))
    made.__module__, made.__qualname__ = __name__, "Edited"
    return made


@asynccontextmanager
async def edited(folder: Path, *views: Any, development: bool = True) -> AsyncIterator[tuple[Page, Relay]]:
    """Yield a page of the first view, and a relay that leads to the applications with the others."""
    stores = [SQLiteStateStore(folder / "state.db") for _ in views]
    apps = [worker(store, one, development=development) for store, one in zip(stores, views, strict=True)]
    relay = Relay(*apps)
    async with relay.running() as client:
        yield await client.open("/"), relay


def increment(socket: Socket, _: str) -> None:
    socket.context["n"] += 1


COUNT = view(lambda: {"n": 0}, '<p id="n">{{ n }}</p>', increment)


async def test_a_view_that_says_nothing_keeps_its_state(tmp_path: Path) -> None:
    async with edited(tmp_path, COUNT, COUNT, COUNT) as (page, relay):
        for number in (1, 2):
            await page.click("button")
            await relay.move(page, number)
            assert page.find("#n").text == str(number)


async def test_another_application_of_the_same_class_keeps_nothing(tmp_path: Path) -> None:
    async with edited(tmp_path, COUNT, COUNT):
        pass  # the class has been in development
    async with edited(tmp_path, COUNT, COUNT, development=False) as (page, relay):
        await page.click("button")
        (process,) = relay.current.app_context.processes
        assert process.keeper is None
        await relay.move(page, 1)
        assert page.find("#n").text == "0"


async def test_a_class_that_says_no_keeps_nothing(tmp_path: Path) -> None:
    quiet = view(lambda: {"n": 0}, '<p id="n">{{ n }}</p>', increment, keep=False)
    async with edited(tmp_path, quiet, quiet) as (page, relay):
        await page.click("button")
        await relay.move(page, 1)
        assert page.find("#n").text == "0"


async def test_what_no_handler_has_changed_is_what_the_edited_mount_makes(tmp_path: Path) -> None:
    before = view(lambda: {"n": 0, "boats": ["Heron"]}, '<p id="n">{{ n }} {{ boats | join }}</p>', increment)
    after = view(
        lambda: {"n": 5, "boats": ["Swan"], "new": "!"},
        '<p id="n">{{ n }} {{ boats | join }} {{ new }}</p>',
        increment,
    )
    async with edited(tmp_path, before, after) as (page, relay):
        await page.click("button")
        await relay.move(page, 1)
        assert page.find("#n").text == "1 Swan !"


async def test_what_handle_params_has_made_of_the_address_is_made_again(tmp_path: Path) -> None:
    def version(title: str) -> Any:
        async def handle_params(self: Any, url: Any, params: Any, socket: Socket) -> None:
            socket.context["rows"] = f"{title} {params.get('page', '1')}"

        async def patch(self: Any, event: str, payload: Any, socket: Socket) -> None:
            socket.context["n"] += 1
            await socket.push_patch("/", {"page": 2})

        more: Any = {"handle_params": handle_params, "handle_event": patch}
        return view(lambda: {"n": 0, "rows": ""}, "<p>{{ rows }} {{ n }}</p>", **more)

    async with edited(tmp_path, version("old"), version("new")) as (page, relay):
        await page.click("button")
        assert page.find("p").text == "old 2 1"
        await relay.move(page, 1)
        assert page.find("p").text == "new 2 1"


async def test_a_name_in_keep_stays_though_no_handler_has_changed_it(tmp_path: Path) -> None:

    def version(text: str) -> Any:
        return view(lambda: {"n": 0, "text": text}, "<p>{{ text }}</p>", increment, keep=("text",))

    before, after = version("old"), version("new")
    async with edited(tmp_path, before, after) as (page, relay):
        await relay.move(page, 1)
        assert page.find("p").text == "old"


async def test_a_value_that_mount_makes_as_another_type_now_is_that_of_mount(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = view(lambda: {"n": 0, "m": 0}, '<p id="n">{{ n }}</p>', both)
    after = view(lambda: {"n": "zero", "m": 0}, '<p id="n">{{ n.upper() }} {{ m }}</p>', both)
    async with edited(tmp_path, before, after) as (page, relay):
        await page.click("button")
        await relay.move(page, 1)
        assert page.find("#n").text == "ZERO 1"
    (line,) = [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]
    assert line.startswith("Edited: 'n' does not fit the edited code, so mount's value is used:")


def both(socket: Socket, event: str) -> None:
    socket.context["n"] += 1
    socket.context["m"] += 1


class Row(NamedTuple):
    name: str
    day: date


@dataclass(frozen=True)
class Item:
    name: str
    price: Decimal
    tags: tuple[str, ...] = ()


class Person(BaseModel):
    name: str
    age: int = 0


VALUES: dict[str, Any] = {
    "text": "é",
    "number": 1.5,
    "pair": (1, [2, {"$": 3}]),
    "by_number": {1: "one", 2: {"two"}},
    "raw": b"\xff\x00",
    "row": Row("a", date(2026, 11, 28)),
    "items": [Item("cup", Decimal("1.10"), ("blue",))],
    "person": Person(name="Ann", age=3),
}


async def test_values_without_annotations_come_back_as_they_were(tmp_path: Path) -> None:
    def fill(socket: Socket, _: str) -> None:
        socket.context.update(VALUES)

    filled = view(lambda: dict.fromkeys(VALUES), "<p>{{ text }}</p>", fill)
    async with edited(tmp_path, filled, filled) as (page, relay):
        await page.click("button")
        await relay.move(page, 1)
        (process,) = relay.current.app_context.processes
        assert process.socket.context == VALUES
        assert type(process.socket.context["pair"]) is tuple


async def test_what_cannot_be_kept_is_made_again_without_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def make() -> dict[str, Any]:
        return {"n": 0, "database": object(), "done": asyncio.Event(), "call": make, "lines": iter(())}

    handles = view(make, '<p id="n">{{ n }}</p>', increment)
    async with edited(tmp_path, handles, handles) as (page, relay):
        await page.click("button")
        await relay.move(page, 1)
        assert page.find("#n").text == "1"
        (process,) = relay.current.app_context.processes
        assert isinstance(process.socket.context["done"], asyncio.Event)
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]


@dataclass
class Plain:
    n: int = 0


@dataclass(frozen=True)
class Frozen:
    n: int = 0
    made: list[str] = field(default_factory=list, init=False)


class Model(BaseModel):
    n: int = 0


class Custom:
    def __init__(self) -> None:
        self.n = 0
        self._hidden = object()


class Typed(TypedDict):
    n: int


@pytest.mark.parametrize("make", [Plain, Frozen, Model, Custom, lambda: Typed(n=0)])
async def test_contexts_of_every_kind(make: Callable[[], Any], tmp_path: Path) -> None:
    def change(socket: Socket, _: str) -> None:
        context = socket.context
        if isinstance(context, Frozen):
            socket.context = Frozen(context.n + 1)
        elif isinstance(context, dict):
            context["n"] += 1
        else:
            context.n += 1

    kind = view(make, '<p id="n">{{ n }}</p>', change)
    async with edited(tmp_path, kind, kind) as (page, relay):
        await page.click("button")
        await relay.move(page, 1)
        assert page.find("#n").text == "1"


async def test_forms_and_change_sets_keep_what_was_typed_and_its_errors(tmp_path: Path) -> None:
    def make() -> dict[str, Any]:
        return {"form": Form(Person), "changes": change_set(Person)}

    def change(socket: Socket, _: str) -> None:
        socket.context["form"] = socket.context["form"].change(
            {"name": "half", "age": "x", "_target": ["age"]}
        )
        socket.context["changes"].apply({"name": ["Ann"], "age": ["y"], "_target": ["age"]})

    text = (
        "<p>{{ form.name.value }}|{{ form.age.value }}|{{ form.age.errors | join }}</p>"
        "<i>{{ changes.changes.name }}|{{ changes.changes.age }}|{{ changes.errors.age }}</i>"
    )
    forms = view(make, text, change)
    async with edited(tmp_path, forms, forms) as (page, relay):
        await page.click("button")
        before = page.find("p").text, page.find("i").text
        await relay.move(page, 1)
        assert (page.find("p").text, page.find("i").text) == before
        assert "half|x|A whole number" in before[0]


# A state that does not fit as a whole


def fresh_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [text for each in caplog.records if "starts fresh" in (text := each.getMessage())]


async def test_a_state_that_the_edited_template_cannot_render_starts_fresh_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    after = view(lambda: {"n": 0}, '<p id="n">{{ 10 // (1 - n) }}</p>', increment)
    async with edited(tmp_path, COUNT, after, after) as (page, relay):
        await page.click("button")
        await relay.move(page, 1)
        assert page.find("#n").text == "10"
        (line,) = fresh_lines(caplog)
        assert line.startswith(
            "Edited: its state does not fit the edited code, so it starts fresh: ZeroDivisionError"
        )
        assert len(relay.current.app_context.processes) == 1
        await relay.move(page, 2)
        assert page.find("#n").text == "10"
        assert len(fresh_lines(caplog)) == 1


async def test_a_crash_of_restored_starts_fresh(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def restored(self: Any, socket: Socket) -> None:
        raise KeyError("gone")

    broken = view(lambda: {"n": 0}, '<p id="n">{{ n }}</p>', increment, restored=restored)
    async with edited(tmp_path, COUNT, broken) as (page, relay):
        await page.click("button")
        await relay.move(page, 1)
        assert page.find("#n").text == "0"
        assert len(fresh_lines(caplog)) == 1
        await page.click("button")
        assert page.find("#n").text == "1"


async def test_what_the_first_mount_has_begun_ends_when_the_view_starts_fresh(tmp_path: Path) -> None:
    ended = []

    async def disconnect(self: Any, socket: Socket) -> None:
        ended.append(socket.context["n"])

    def mounted(socket: Socket) -> None:
        socket.schedule_info("tick", 1000)

    after = view(
        lambda: {"n": 0},
        '<p id="n">{{ 10 // (1 - n) }}</p>',
        increment,
        mounted=mounted,
        disconnect=disconnect,
    )
    async with edited(tmp_path, COUNT, after) as (page, relay):
        await page.click("button")
        await relay.move(page, 1)
        assert ended == [1]
        (process,) = relay.current.app_context.processes
        assert process.timers is not None
        assert len(process.timers) == 1


async def fail_to_join(page: Page, relay: Relay) -> None:
    """Join once at a worker where the view fails. The script for developers does not load the page again then."""

    async def stay(view: Any, response: dict[str, Any]) -> None:
        assert response["reason"] == "join crashed"
        raise ViewCrashed("the page stays")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page._tab, "_reload", stay)
        with pytest.raises(ViewCrashed):
            await relay.move(page, 1)


async def test_the_next_save_mends_a_mount_that_fails_with_the_state_from_before(tmp_path: Path) -> None:
    def fail() -> Any:
        raise RuntimeError("not yet")

    broken = view(fail, "<p>{{ n }}</p>", increment)
    async with edited(tmp_path, COUNT, broken, COUNT) as (page, relay):
        await page.click("button")
        await fail_to_join(page, relay)
        await relay.move(page, 2)
        assert page.find("#n").text == "1"


async def test_the_next_save_mends_a_template_that_fails_with_any_state(tmp_path: Path) -> None:
    broken = view(lambda: {"n": 0}, "<p>{{ 1 // 0 }}</p>", increment)
    async with edited(tmp_path, COUNT, broken, COUNT) as (page, relay):
        await page.click("button")
        await fail_to_join(page, relay)
        await relay.move(page, 2)
        assert page.find("#n").text == "1"


async def test_a_handler_that_fails_costs_no_state(tmp_path: Path) -> None:
    def change(socket: Socket, _: str) -> None:
        socket.context["n"] += 1
        if socket.context["n"] == 3:
            raise RuntimeError("half done")

    broken = view(lambda: {"n": 0}, '<p id="n">{{ n }}</p>', change)
    async with edited(tmp_path, broken, COUNT) as (page, relay):
        await page.click("button")
        await page.click("button")
        for _ in range(2):
            with pytest.raises(ViewCrashed):
                await page.click("button")
            assert page.find("#n").text == "2"
        await relay.move(page, 1)
        await page.click("button")
        assert page.find("#n").text == "3"


# Views in views, components, streams


class Inner(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string('<b id="m">{{ m }}</b><i phx-click="more">+</i>', "inner.html")

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"m": 0}

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        socket.context["m"] += 1


class Part(LiveComponent[dict[str, Any]]):
    template = LiveTemplate.from_string(
        '<div><b id="open">{{ open }}</b><u phx-click="toggle" phx-target="{{ myself }}">?</u></div>',
        "part.html",
    )

    async def mount(self, socket: ComponentSocket[dict[str, Any]], assigns: Any) -> None:
        socket.context = {"open": False}

    async def handle_event(self, event: str, payload: Any, socket: ComponentSocket[dict[str, Any]]) -> None:
        socket.context["open"] = not socket.context["open"]


@pytest.mark.parametrize("development", [True, False])
async def test_nested_views_and_components(tmp_path: Path, development: bool) -> None:
    both = view(
        lambda: {"part": Part, "inner": Inner, "live_render": live_render},
        '{{ live_component(part, id="p") }}{{ live_render(inner, id="inner") }}',
    )
    async with edited(tmp_path, both, both, both, development=development) as (page, relay):
        await page.click("i")
        await page.click("u")
        for number in (1, 2):
            await relay.move(page, number)
            assert page.find("#open").text == str(development)
            assert page.find("#m").text == str(int(development))


async def test_items_of_streams_stay_as_long_as_the_template_is_the_same(tmp_path: Path) -> None:
    def add(socket: Socket, _: str) -> None:
        socket.context["n"] += 1
        socket.stream_insert("rows", {"id": socket.context["n"]})

    def mounted(socket: Socket) -> None:
        socket.stream("rows", [{"id": "first"}])

    text = (
        '<ol id="rows" phx-update="stream">'
        '{%% for id, it in streams.rows %%}<li id="{{ id }}">{{ it.id }}%s</li>{%% endfor %%}</ol>'
    )
    before, after = (view(lambda: {"n": 0}, text % mark, add, mounted=mounted) for mark in ("", "!"))
    async with edited(tmp_path, before, before, after) as (page, relay):
        await page.click("button")
        await relay.move(page, 1)
        assert [each.text for each in page.find_all("li")] == ["first", "1"]
        await page.click("button")
        await relay.move(page, 2)
        assert [each.text for each in page.find_all("li")] == ["first!"]


# Two pages, and users


async def test_two_tabs_do_not_get_each_others_state(tmp_path: Path) -> None:
    stores = [SQLiteStateStore(tmp_path / "state.db") for _ in range(2)]
    relay = Relay(*(worker(store, COUNT, development=True) for store in stores))
    async with relay.running() as client:
        pages = [await client.open("/") for _ in range(3)]
        for number, page in enumerate(pages):
            for _ in range(number):
                await page.click("button")
            await page.drop()
        await relay.workers[0].app_context.kept_states.flush()
        relay.current = relay.workers[1]
        for page in reversed(pages):
            await page.reconnect()
        assert [page.find("#n").text for page in pages] == ["0", "1", "2"]


async def test_a_signed_out_user_gets_no_state_back(tmp_path: Path) -> None:
    store = SQLiteStateStore(tmp_path / "state.db")
    app = worker(store, COUNT, development=True)
    async with LiveClient(app) as client:
        await client.get("/in/ann")
        page = await client.open("/")
        await page.click("button")
        await page.drop()
        await client.get("/out")
        await page.reconnect()
        assert page.find("#n").text == "0"


async def test_a_page_that_was_away_for_hours_finds_its_state(tmp_path: Path) -> None:
    limits: dict[str, Any] = {"keep_seconds": 0.001, "development": True}
    stores = [SQLiteStateStore(tmp_path / "state.db") for _ in range(2)]
    relay = Relay(*(worker(store, COUNT, **limits) for store in stores))
    async with relay.running() as client:
        page = await client.open("/")
        await page.click("button")
        await page.drop()
        await relay.workers[0].app_context.kept_states.flush()
        await asyncio.sleep(0.002)
        relay.current = relay.workers[1]
        await page.reconnect()
        assert page.find("#n").text == "1"
