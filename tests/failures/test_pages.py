"""What pages get about a crash: developers the failure, users an error id and nothing else."""

import asyncio
import logging
import os
from pathlib import Path
from typing import Any

import pytest
from jinja2 import DictLoader, FileSystemLoader

from pyview import LiveComponent, LiveView, LiveViewSocket, PyView, SecurityConfig, live_render
from pyview.events import InfoEvent, event, info
from pyview.failures.failure import Failure
from pyview.process.failure_display import show_on_all_pages
from pyview.testing import LiveClient, Page
from pyview.uploads import TempFileWriter
from tests.asgi import eventually
from tests.frames import connect, join, load
from tests.frames import event as event_frame
from tests.transport.test_long_poll import opened
from tests.uploads.raw_client import raw_client
from tests.uploads.views import app_with, view_with

SECRET = "the card 4111-1111 of another user"
Socket = LiveViewSocket[dict[str, Any]]


class Button(LiveComponent[dict[str, Any]]):
    template = "button.html"

    async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
        raise RuntimeError(SECRET)


class Nested(LiveView[dict[str, Any]]):
    template = "nested.html"

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        raise RuntimeError(SECRET)


class Shop(LiveView[dict[str, Any]]):
    template = "shop.html"

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"zero": 1, "Button": Button, "nested": self.nested}

    def nested(self) -> Any:
        return live_render(Nested, id="nested")

    @event
    async def crash(self, payload: Any) -> None:
        raise RuntimeError(SECRET)

    @event
    async def template_fails(self, socket: Socket) -> None:
        socket.context["zero"] = 0

    @event
    async def tell(self, socket: Socket) -> None:
        await socket.send_info(InfoEvent("told", {"to": "all"}))

    @info("told")
    async def told(self) -> None:
        raise RuntimeError(SECRET)

    @event
    async def tick(self, socket: Socket) -> None:
        socket.schedule_info_once(InfoEvent("told", {"to": "all"}), 0.001)

    @event
    async def work(self, socket: Socket) -> None:
        socket.start_async("load", fail)

    async def handle_async(self, name: str, result: Any, socket: Socket) -> None:
        socket.context["zero"] = 2


class Join(LiveView[dict[str, Any]]):
    template = "nested.html"

    async def mount(self, socket: Socket, session: Any) -> None:
        if socket.connected:
            raise RuntimeError(SECRET)


class Params(Join):
    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {}

    async def handle_params(self, socket: Socket) -> None:
        if socket.connected:
            raise RuntimeError(SECRET)


class Broken(LiveView[dict[str, Any]]):
    async def mount(self, socket: Socket, session: Any) -> None:
        raise RuntimeError(SECRET)


async def fail() -> None:
    raise RuntimeError(SECRET)


TEMPLATES = {
    "shop.html": "<p>{{ 1 / zero }}</p>{{ live_component(Button, id=1) }}{{ nested() }}",
    "button.html": '<i><button phx-click="press" phx-target="{{ myself }}">press</button></i>',
    "nested.html": '<b><button id="inside" phx-click="press">inside</button></b>',
}


def make_app(**options: Any) -> PyView:
    app = PyView(templates=DictLoader(TEMPLATES), **options)
    for path, view in {"/": Shop, "/join": Join, "/params": Params, "/broken": Broken}.items():
        app.add_live_view(path, view)
    return app


def shown(page: Page) -> list[str]:
    """The failures that the page shows, as HTML."""
    return [payload["failure"]["html"] for name, payload in page.events if name == "pyview:failure"]


CRASHES = {
    "an event": (lambda page: page.push("crash", {"a": "b"}), "event &#39;crash&#39;", "a: &#39;b&#39;"),
    "a template": (
        lambda page: page.push("template_fails"),
        "event &#39;template_fails&#39;",
        "&lt;template&gt;:1",
    ),
    "an info": (lambda page: page.push("tell"), "info &#39;told&#39;", "to: &#39;all&#39;"),
    "a timer": (lambda page: page.push("tick"), "info &#39;told&#39;", ""),
    "async work": (lambda page: page.push("work"), "the async work &#39;load&#39;", "in fail</small>"),
    "a component": (lambda page: page.click("i button"), "event &#39;press&#39; of component", ""),
    "a nested view": (lambda page: page.click("#inside"), "Nested · event &#39;press&#39;", ""),
}


@pytest.mark.parametrize(("crash", "what", "more"), CRASHES.values(), ids=CRASHES.keys())
async def test_developers_see_what_has_crashed(crash: Any, what: str, more: str) -> None:
    async with LiveClient(make_app(debug=True), raise_crashes=False) as client:
        page = await client.open("/")
        await crash(page)
        await page.wait_for(lambda page: shown(page))
        (html,) = shown(page)
        assert what in html
        assert more in html
        assert "Error id <code>" in html


@pytest.mark.parametrize("crash", [crash for crash, _, _ in CRASHES.values()], ids=CRASHES.keys())
async def test_users_see_an_error_id_only(crash: Any, caplog: pytest.LogCaptureFixture) -> None:
    async with LiveClient(make_app(), raise_crashes=False) as client:
        page = await client.open("/")
        await crash(page)
        await eventually(lambda: "crashed (error id" in caplog.text)
        assert shown(page) == []


@pytest.mark.parametrize("path", ["/join", "/params"])
async def test_the_answer_to_a_join_has_its_failure(path: str) -> None:
    async with LiveClient(make_app(debug=True)) as client:
        page = await load(client, path)
        async with connect(client, page) as socket:
            status, answer = await join(socket, page)
    assert (status, answer["reason"]) == ("error", "join crashed")
    assert SECRET in answer["failure"]["html"]
    assert (answer["failure"]["scope"], answer["development"]["script"][:11]) == ("join", "development")


@pytest.mark.parametrize("path", ["/join", "/params"])
async def test_without_debug_it_has_the_error_id(path: str, caplog: pytest.LogCaptureFixture) -> None:
    async with LiveClient(make_app()) as client:
        page = await load(client, path)
        async with connect(client, page) as socket:
            status, answer = await join(socket, page)
    assert (status, sorted(answer)) == ("error", ["error_id", "reason"])
    assert f"join crashed (error id {answer['error_id']})" in caplog.text


async def test_nothing_of_an_exception_leaves_without_debug(caplog: pytest.LogCaptureFixture) -> None:
    async with LiveClient(make_app(), raise_server_exceptions=False) as client:
        page = await load(client, "/")
        async with connect(client, page) as socket:
            await join(socket, page)
            await socket.send_frame(event_frame(page, "5", "crash"))
            frame = await socket.receive_frame()
        polled = await load(client, "/")
        poller = await opened(client, polled)
        await poller.join(polled)
        await poller.send(event_frame(polled, "5", "crash"))
        frames = await poller.receive()
        http = await client.get("/broken", headers={"Accept": "text/html"})
    assert (frame[3], [*frame[4]]) == ("phx_error", ["error_id"])
    assert [(each[3], [*each[4]]) for each in frames] == [("phx_error", ["error_id"])]
    assert (http.status_code, SECRET in http.text) == (500, False)
    assert SECRET in caplog.text


class Full(TempFileWriter):
    async def write_chunk(self, data: bytes) -> None:
        raise OSError("the disk is full")


async def test_a_writer_of_an_upload_that_fails() -> None:
    app = app_with(view_with(writer=Full))
    app.debug = True
    async with LiveClient(app) as client, raw_client(client) as browser:
        await browser.join_upload(await browser.token(size=10), "7")
        await browser.socket.send_chunk("7", "8", "lvu:0", "chunk", b"x")
        frames = [await browser.next() for _ in range(2)]
    (html,) = [frame[4]["failure"]["html"] for frame in frames if frame[3] == "pyview:failure"]
    assert "the disk is full" in html
    assert "the writer of" in html


async def test_a_large_payload_is_cut() -> None:
    limits = SecurityConfig(max_frame=8 * 1024 * 1024)
    async with LiveClient(make_app(debug=True, security=limits)) as client:
        page = await load(client, "/")
        async with connect(client, page) as socket:
            await join(socket, page)
            await socket.send_frame(event_frame(page, "5", "crash", {"text": "x" * 5_000_000}))
            frame = await socket.receive_frame()
            assert (await socket.receive_frame())[3:] == ["phx_error", {}]
    assert frame[3] == "pyview:failure"
    assert "more characters" in frame[4]["failure"]["html"]
    assert len(str(frame)) < 100_000


async def test_the_payload_of_a_message_that_waited_unread() -> None:
    class Slow(Shop):
        @event
        async def wait(self) -> None:
            await asyncio.sleep(0.05)

    app = make_app(debug=True)
    app.add_live_view("/slow", Slow)
    async with LiveClient(app) as client:
        page = await load(client, "/slow")
        async with connect(client, page) as socket:
            await join(socket, page)
            await socket.send_frame(event_frame(page, "5", "wait"))
            await socket.send_frame(event_frame(page, "6", "crash", {"which": "second"}))
            frames = [await socket.receive_frame() for _ in range(3)]
    (html,) = [frame[4]["failure"]["html"] for frame in frames if frame[3] == "pyview:failure"]
    assert "event &#39;crash&#39;" in html
    assert "which: &#39;second&#39;" in html


@pytest.mark.parametrize(
    ("name", "payload", "kind"),
    [("nothing", {}, "Unknown event"), ("typed", {"number": "x"}, "Rejected payload")],
)
async def test_developers_see_an_event_that_no_handler_takes(name: str, payload: Any, kind: str) -> None:
    class Typed(Shop):
        @event
        async def typed(self, number: int) -> None:
            raise AssertionError(number)

    app = make_app(debug=True)
    app.add_live_view("/typed", Typed)
    async with LiveClient(app) as client:
        page = await load(client, "/typed")
        async with connect(client, page) as socket:
            await join(socket, page)
            await socket.send_frame(event_frame(page, "5", name, payload))
            frames = [await socket.receive_frame(), await socket.receive_frame()]
    assert [frame[3] for frame in frames] == ["pyview:failure", "phx_reply"]
    assert f'<span class="kind">{kind}</span>' in frames[0][4]["failure"]["html"]


async def test_an_unknown_editor_is_named_at_the_start(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PYVIEW_EDITOR", "emcas")
    async with LiveClient(make_app(debug=True)):
        assert "PYVIEW_EDITOR='emcas' is no editor that is known" in caplog.text


async def test_a_failure_of_the_application_on_all_pages() -> None:
    app = make_app(debug=True)
    failure = Failure.from_json(Failure.from_error(SyntaxError("invalid syntax")).as_json())
    async with LiveClient(app) as client:
        early = await client.open("/")
        show_on_all_pages(app.app_context, failure)
        await early.wait_for(lambda page: shown(page))
        late = await client.open("/")
        assert ">SyntaxError<" in shown(late)[0]
        show_on_all_pages(app.app_context, None)
        for page in (early, late):
            await page.wait_for(lambda page: ("pyview:mended", {"scope": "application"}) in page.events)
        assert shown(await client.open("/")) == []


async def test_a_failure_of_the_application_needs_debug() -> None:
    app = make_app()
    async with LiveClient(app) as client:
        page = await client.open("/")
        show_on_all_pages(app.app_context, Failure.from_error(ValueError(SECRET)))
        await page.settle()
        assert shown(page) == shown(await client.open("/")) == []


async def test_the_terminal_shows_a_crash_once(caplog: pytest.LogCaptureFixture) -> None:
    async with LiveClient(make_app(debug=True), raise_crashes=False) as client:
        page = await client.open("/")
        await page.push("crash")
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    text = logging.Formatter().format(record)
    assert text.startswith("Shop: event 'crash' crashed (error id ")
    assert f"RuntimeError: {SECRET} (" in text.splitlines()[0]
    assert "raise RuntimeError(SECRET)" in text
    assert text.splitlines()[-1].endswith("frames in pyview)")
    assert "Traceback" not in text


async def test_debug_level_shows_all_frames(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "pyview"):
        async with LiveClient(make_app(debug=True), raise_crashes=False) as client:
            page = await client.open("/")
            await page.push("crash")
    assert "Traceback (most recent call last)" in caplog.text
    assert str(Path("pyview", "process", "mailbox.py")) in caplog.text


async def test_the_version_of_a_failure_changes_with_its_files_and_is_for_developers(tmp_path: Path) -> None:
    template = tmp_path / "page.html"
    template.write_text("{{ 1 / 0 }}")
    for debug, status in ((False, 404), (True, 200)):
        app = PyView(debug=debug, templates=FileSystemLoader(tmp_path))
        app.add_live_view("/", type("Page", (LiveView,), {"template": "page.html"}))
        async with LiveClient(app, raise_server_exceptions=False) as client:
            assert (await client.get("/live/failure-version")).status_code == 404
            failed = await client.get("/", headers={"Accept": "text/html"})
            assert failed.status_code == 500
            version = await client.get("/live/failure-version")
            assert version.status_code == status
            if debug:
                assert f'data-version="{version.text}"' in failed.text
                os.utime(template, (1, 1))
                assert (await client.get("/live/failure-version")).text != version.text
