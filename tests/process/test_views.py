"""Tests of the life of a view: what the browser receives, and that `disconnect` runs once."""

import asyncio
import contextlib
import gc
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, TypedDict
from weakref import WeakSet

import pytest
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig, is_connected
from pyview.events import InfoEvent
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, PageError, ViewCrashed
from tests.asgi import eventually
from tests.frames import connect, event, join, load

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"


def app_with(security: SecurityConfig | None = None, **views: type[LiveView[Any]]) -> PyView:
    app = PyView(secret=SECRET, security=security)
    for name, view in views.items():
        app.add_live_view(f"/{name}", view)
    return app


class Numbers(TypedDict):
    count: int


class Counter(LiveView[Numbers]):
    template = LiveTemplate.from_string(
        "<p id='count'>{{ count }}</p>"
        "<button phx-click='inc'>+</button><button phx-click='wait'>wait</button>"
        "<p id='flash'>{{ flash.get('info', '') }}</p>",
        "counter.html",
    )
    ended: list[int]

    def __init_subclass__(cls) -> None:
        cls.ended = []

    async def mount(self, socket: LiveViewSocket[Numbers], session: Any) -> None:
        socket.context = {"count": 0}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[Numbers]) -> Any:
        action = getattr(self, f"do_{event}")
        return await action(payload, socket)

    async def do_inc(self, payload: Any, socket: LiveViewSocket[Numbers]) -> None:
        socket.context["count"] += 1

    async def disconnect(self, socket: LiveViewSocket[Numbers]) -> None:
        self.ended.append(socket.context["count"])


class Other(LiveView[Numbers]):
    template = LiveTemplate.from_string("<p id='other'>{{ flash.get('info', '') }}</p>", "other.html")


@pytest.fixture
async def no_task_left() -> AsyncIterator[None]:
    """Fail when a test leaves a task behind."""
    yield
    await eventually(lambda: not left_tasks())


def left_tasks() -> list[str]:
    left = {task.get_coro().__qualname__ for task in asyncio.all_tasks()}  # type: ignore[union-attr]
    ours = ("no_task_left", "eventually")
    return [name for name in left if not name.startswith("TestRunner") and name not in ours]


async def test_mount_runs_for_http_and_again_for_the_socket() -> None:
    seen: list[bool] = []

    class View(Counter):
        async def mount(self, socket: LiveViewSocket[Numbers], session: Any) -> None:
            seen.append(is_connected(socket))
            await super().mount(socket, session)

    async with LiveClient(app_with(count=View)) as client:
        page = await client.open("/count")
        assert seen == [False, True]
        await page.click(text="+")
        assert page.find("#count").text == "1"
    assert View.ended == [1]


class Model(BaseModel):
    name: str = "model"


@dataclass
class Record:
    name: str = "record"
    tags: list[str] = field(default_factory=list)

    @property
    def shout(self) -> str:
        return self.name.upper()


@pytest.mark.parametrize("context", [{"name": "dict"}, Record(), Model(), None])
async def test_a_context_is_a_dict_a_dataclass_a_model_or_nothing(context: Any) -> None:
    class View(LiveView[Any]):
        template = LiveTemplate.from_string("<p>{{ name }}</p>", "named.html")

        async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
            if context is not None:
                socket.context = context

    async with LiveClient(app_with(named=View)) as client:
        page = await client.open("/named")
        expected = "" if context is None else context["name"] if isinstance(context, dict) else context.name
        assert page.find("p").text == expected


async def test_a_view_without_a_template_names_the_file_it_looked_for_and_shows_no_context() -> None:
    class Bare(LiveView[Any]):
        async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
            socket.context = {"token": "s3cret-value"}

    async with LiveClient(app_with(bare=Bare)) as client:
        page = await client.open("/bare")
        assert page.status == 200
        assert "test_views.html" in page.html
        assert "s3cret-value" not in page.html


async def test_a_returned_value_answers_the_hook() -> None:
    class View(Counter):
        async def do_ask(self, payload: Any, socket: LiveViewSocket[Numbers]) -> Any:
            return {"echo": payload}

    async with LiveClient(app_with(count=View)) as client:
        page = await client.open("/count")
        assert await page.push("ask", [1, {"a": None}]) == {"echo": [1, {"a": None}]}


async def test_a_crash_is_isolated_and_the_view_mounts_again(caplog: pytest.LogCaptureFixture) -> None:
    class View(Counter):
        async def do_boom(self, payload: Any, socket: LiveViewSocket[Numbers]) -> None:
            socket.context["count"] = 99
            raise ValueError("the value of the payload")

    async with LiveClient(app_with(count=View)) as client:
        page, neighbour = await client.open("/count"), await client.open("/count")
        await neighbour.click(text="+")
        with caplog.at_level(logging.ERROR, "pyview"):
            with pytest.raises(ViewCrashed):
                await page.push("boom", {})
            await page.settle()
        assert "error id" in caplog.text
        assert page.find("#count").text == "0"
        assert neighbour.find("#count").text == "1"
        await page.click(text="+")
        assert page.find("#count").text == "1"
        assert View.ended == [99]


async def test_events_and_broadcasts_of_one_view_never_overlap() -> None:
    class View(Counter):
        async def mount(self, socket: LiveViewSocket[Numbers], session: Any) -> None:
            await super().mount(socket, session)
            if is_connected(socket):
                await socket.subscribe("race")

        async def add(self, socket: LiveViewSocket[Numbers]) -> None:
            count = socket.context["count"]
            await asyncio.sleep(0.002)
            socket.context["count"] = count + 1

        async def do_add(self, payload: Any, socket: LiveViewSocket[Numbers]) -> None:
            await self.add(socket)

        async def handle_info(self, event: InfoEvent, socket: LiveViewSocket[Numbers]) -> None:
            await self.add(socket)

    app = app_with(count=View)
    async with LiveClient(app) as client:
        page = await client.open("/count")
        pushes = asyncio.create_task(_broadcast(app, 10))
        await page.push("add", {})
        await pushes
        await page.wait_for(lambda page: page.find("#count").text == "11")


async def _broadcast(app: PyView, times: int) -> None:
    for number in range(times):
        await app.pubsub.broadcast("race", number)


async def test_a_broadcast_reaches_every_subscriber_until_it_leaves() -> None:
    class View(Counter):
        async def mount(self, socket: LiveViewSocket[Numbers], session: Any) -> None:
            await super().mount(socket, session)
            await socket.subscribe("news")

        async def handle_info(self, event: InfoEvent, socket: LiveViewSocket[Numbers]) -> None:
            assert event.name == "news"
            socket.context["count"] = event.payload

        async def do_tell(self, payload: Any, socket: LiveViewSocket[Numbers]) -> None:
            await socket.broadcast("news", payload)

    app = app_with(count=View)
    async with LiveClient(app) as client:
        one, two = await client.open("/count"), await client.open("/count")
        await one.push("tell", 7)
        for page in (one, two):
            await page.wait_for(lambda page: page.find("#count").text == "7")
        await two.close()
        assert app.pubsub.subscribers("news") == 1  # type: ignore[attr-defined]
    assert app.pubsub.subscribers("news") == 0  # type: ignore[attr-defined]
    assert app.app_context.processes == set()


async def test_timers_ring_and_end_with_the_view(no_task_left: None) -> None:
    class View(Counter):
        async def mount(self, socket: LiveViewSocket[Numbers], session: Any) -> None:
            await super().mount(socket, session)
            socket.schedule_info(InfoEvent("tick"), 0.01)
            socket.schedule_info_once(InfoEvent("once"))

        async def handle_info(self, event: InfoEvent, socket: LiveViewSocket[Numbers]) -> None:
            socket.context["count"] += 100 if event.name == "once" else 1

    async with LiveClient(app_with(count=View)) as client:
        page = await client.open("/count")
        await page.wait_for(lambda page: int(page.find("#count").text) >= 103)
        await page.close()
        await eventually(lambda: View.ended)
        ended = View.ended[-1]
        await asyncio.sleep(0.03)
    assert View.ended == [ended]


@pytest.mark.parametrize(
    "end", ["close", "drop", "navigate", "crash", "redirect", "close_self", "push_navigate"]
)
async def test_disconnect_runs_exactly_once_however_a_view_ends(end: str, no_task_left: None) -> None:
    class View(Counter):
        async def do_crash(self, payload: Any, socket: LiveViewSocket[Numbers]) -> None:
            raise RuntimeError("crash")

        async def do_redirect(self, payload: Any, socket: LiveViewSocket[Numbers]) -> None:
            await socket.redirect("/other")

        async def do_push_navigate(self, payload: Any, socket: LiveViewSocket[Numbers]) -> None:
            await socket.push_navigate("/other")

        async def do_close_self(self, payload: Any, socket: LiveViewSocket[Numbers]) -> None:
            await socket.close()

    app = app_with(SecurityConfig(reconnect_grace=0), count=View, other=Other)
    async with LiveClient(app) as client:
        page = await client.open("/count")
        if end in ("close", "drop"):
            await getattr(page, end)()
        elif end == "navigate":
            await page.navigate("/other")
        else:
            await _push_quietly(page, end)
        await eventually(lambda: View.ended == [0])
        rejoined = end == "crash"
        left = 0 if end.startswith("close") or end == "drop" else 1
        await eventually(lambda: len(app.app_context.processes) == left)
    assert View.ended == ([0, 0] if rejoined else [0])
    assert app.app_context.processes == set()


async def _push_quietly(page: Any, event: str) -> None:
    with contextlib.suppress(ViewCrashed, PageError):
        await page.push(event, {})


async def test_flash_survives_a_navigation_and_a_redirect_and_ends_at_a_patch() -> None:
    class View(Counter):
        async def do_go(self, payload: Any, socket: LiveViewSocket[Numbers]) -> None:
            socket.put_flash("info", "saved")
            await (socket.push_navigate if payload == "navigate" else socket.redirect)("/other")

        async def do_say(self, payload: Any, socket: LiveViewSocket[Numbers]) -> None:
            socket.put_flash("info", "hello")

        async def handle_params(self, url: Any, params: Any, socket: LiveViewSocket[Numbers]) -> None:
            return

    async with LiveClient(app_with(count=View, other=Other)) as client:
        for how in ("navigate", "redirect"):
            page = await client.open("/count")
            await page.push("go", how)
            await page.settle()
            assert page.url.endswith("/other")
            assert page.find("#other").text == "saved", how
        page = await client.open("/count")
        await page.push("say", {})
        assert page.find("#flash").text == "hello"
        await page.patch("/count?x=1")
        assert page.find("#flash").text == ""


async def test_a_patch_runs_handle_params_before_the_reply() -> None:
    class View(Counter):
        async def do_next(self, payload: Any, socket: LiveViewSocket[Numbers]) -> None:
            await socket.push_patch("/count", {"page": 3})
            assert socket.context["count"] == 3

        async def handle_params(self, url: Any, params: Any, socket: LiveViewSocket[Numbers]) -> None:
            socket.context["count"] = int(params.get("page", "1"))

    async with LiveClient(app_with(count=View)) as client:
        page = await client.open("/count?page=2")
        assert page.find("#count").text == "2"
        await page.push("next", {})
        assert (page.find("#count").text, page.url) == ("3", "http://testserver/count?page=3")
        await page.back()
        assert page.find("#count").text == "2"


@pytest.mark.parametrize(
    "options", [{"path": "?page=3"}, {"params": {"page": 3}}, {"path": "?page=3", "replace": True}]
)
async def test_a_patch_without_a_path_stays_where_the_page_is(options: dict[str, Any]) -> None:
    class View(Counter):
        async def do_next(self, payload: Any, socket: LiveViewSocket[Numbers]) -> None:
            await socket.push_patch(**options)

        async def handle_params(self, url: Any, params: Any, socket: LiveViewSocket[Numbers]) -> None:
            if params.has("at_once"):
                await socket.push_patch(**options)
            socket.context["count"] = int(params.get("page", "1"))

    async with LiveClient(app_with(count=View)) as client:
        page = await client.open("/count?page=2&q=x")
        await page.push("next", {})
        assert (page.find("#count").text, page.url) == ("3", "http://testserver/count?page=3")
        assert (await client.open("/count?at_once=1")).url == "http://testserver/count?page=3"


@pytest.mark.parametrize("method", ["push_patch", "push_navigate", "replace_navigate", "redirect"])
@pytest.mark.parametrize("connected", [False, True])
async def test_a_first_render_may_send_the_browser_elsewhere(method: str, connected: bool) -> None:
    class View(Counter):
        async def handle_params(self, url: Any, params: Any, socket: LiveViewSocket[Numbers]) -> None:
            if is_connected(socket) is connected and not params.has("moved"):
                socket.put_flash("info", "moved")
                target = "/count?moved=1" if method == "push_patch" else "/other"
                await getattr(socket, method)(target)

    async with LiveClient(app_with(count=View, other=Other)) as client:
        page = await client.open("/count")
        await page.settle()
        if method == "push_patch":
            assert page.url.endswith("/count?moved=1")
        else:
            assert page.url.endswith("/other")
            assert page.find("#other").text == "moved"


@pytest.mark.parametrize(
    ("options", "status", "to"),
    [
        ({"path": "/other", "params": {"a": 1}}, 302, "/other?a=1"),
        ({"path": "/other", "status": 301}, 301, "/other"),
        ({"external": "https://example.org/a", "status": 307}, 307, "https://example.org/a"),
    ],
)
async def test_a_redirect_leads_inside_or_outside_with_its_status(
    options: dict[str, Any], status: int, to: str
) -> None:
    class View(Counter):
        async def handle_params(self, url: Any, params: Any, socket: LiveViewSocket[Numbers]) -> None:
            await socket.redirect(**options)

    class Later(Counter):
        async def do_go(self, payload: Any, socket: LiveViewSocket[Numbers]) -> None:
            await socket.redirect(**options)

    async with LiveClient(app_with(count=View, later=Later, other=Other)) as client:
        response = await client.get("/count")
        assert (response.status_code, response.headers["location"]) == (status, to)
        page = await load(client, "/later")
        async with connect(client, page) as socket:
            await join(socket, page)
            await socket.send_frame(event(page, "5", "go"))
            reply = (await socket.receive_frame())[4]["response"]
    assert reply == {"redirect": {"to": to, "status": status}}


async def test_title_and_pushed_events_reach_the_page() -> None:
    class View(Counter):
        async def do_tell(self, payload: Any, socket: LiveViewSocket[Numbers]) -> None:
            socket.live_title = "<News> & more"
            await socket.push_event("hello", {"n": 1, "who": Model()})
            await socket.push_event("bare")

    async with LiveClient(app_with(count=View)) as client:
        page = await client.open("/count")
        await page.push("tell", {})
        assert page.title == "<News> & more"
        assert page.events == [("hello", {"n": 1, "who": {"name": "model"}}), ("bare", {})]


async def test_an_http_error_in_a_connected_mount_is_shown_over_http() -> None:
    class Gone(Counter):
        async def mount(self, socket: LiveViewSocket[Numbers], session: Any) -> None:
            await super().mount(socket, session)
            if is_connected(socket):
                raise HTTPException(410)

    async with LiveClient(app_with(gone=Gone)) as client:
        page = await client.open("/gone")
        assert page.status == 410


async def test_typed_handlers_and_url_parameters() -> None:
    class Items(LiveView[Any]):
        template = LiveTemplate.from_string(
            "<p>{{ page }}</p><b>{{ item }}</b><i phx-click='pick' phx-value-item-id='7'>x</i>", "items.html"
        )

        async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
            socket.context = {"item": 0}

        async def handle_params(self, socket: LiveViewSocket[Any], page: int = 1) -> None:
            socket.context["page"] = page + 1

        async def handle_event(self, event: str, socket: LiveViewSocket[Any], item_id: int) -> None:
            socket.context["item"] = item_id + 1

    async with LiveClient(app_with(items=Items)) as client:
        page = await client.open("/items?page=4")
        assert page.find("p").text == "5"
        await page.click("i")
        assert page.find("b").text == "8"
        assert (await client.get("/items?page=four")).status_code == 400


@dataclass(frozen=True)
class Row:
    id: int


async def test_what_an_ended_view_showed_is_not_left_to_the_garbage_collector(no_task_left: None) -> None:
    """Pages are freed without the garbage collector, which looks at old objects last."""
    shown: WeakSet[Row] = WeakSet()

    class Rows(LiveView[dict[str, Any]]):
        template = LiveTemplate.from_string(
            "{% for row in rows %}<p>{{ row.id }}</p>{% endfor %}", "rows.html"
        )

        async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
            socket.context = {"rows": [Row(1), Row(2)]}
            shown.update(socket.context["rows"])

        async def disconnect(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
            socket.context = {}

    gc.collect()
    gc.disable()
    try:
        async with LiveClient(app_with(rows=Rows)) as client:
            page = await client.open("/rows")
            assert len(shown) == 2
            await page.close()
        assert len(shown) == 0
    finally:
        gc.enable()
