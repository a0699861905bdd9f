"""Failures in the log: once each, from the application's code on, with a limit per client and minute."""

import logging
import re
from typing import Any

import pytest
from jinja2 import Environment
from starlette.testclient import TestClient

from pyview import LiveView, LiveViewSocket, PyView
from pyview.events.info_event import InfoEvent
from pyview.observability.error_ids import CrashLog, is_logged
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from tests.asgi import eventually
from tests.frames import connect, event, join, load

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
Socket = LiveViewSocket[dict[str, Any]]


class Fragile(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string("<p></p>", "fragile.html")

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        if event == "timer":
            socket.schedule_info_once(InfoEvent("tick"))
        elif event == "work":
            socket.start_async("work", self.fail)
        else:
            raise ValueError("handler")

    async def handle_info(self, event: InfoEvent, socket: Socket) -> None:
        raise ValueError("timer")

    async def handle_async(self, name: str, result: Any, socket: Socket) -> None:
        raise ValueError("task")

    async def fail(self) -> None:
        raise ValueError("work")


class FailsAtOnce(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string("<p></p>", "fragile.html")

    async def mount(self, socket: Socket, session: Any) -> None:
        raise ValueError("mount")


def fragile() -> PyView:
    app = PyView(secret=SECRET)
    app.add_live_view("/", Fragile)
    app.add_live_view("/fails", FailsAtOnce)
    return app


def raised() -> Exception:
    """An exception that a template of the application has raised."""
    try:
        Environment(autoescape=True).from_string("{{ 1 / 0 }}").render()
    except ZeroDivisionError as error:
        return error
    raise AssertionError


@pytest.fixture
def crashes() -> CrashLog:
    return CrashLog(logging.getLogger("tests.crashes"))


def test_each_client_gets_few_tracebacks_then_lines_then_a_count(
    crashes: CrashLog, caplog: pytest.LogCaptureFixture
) -> None:
    numbers = [crashes.log("1.1.1.1", "View", "a handler", raised()) for _ in range(100)]
    crashes.log("2.2.2.2", "View", "a handler", raised())
    *records, other = caplog.records
    assert [bool(record.exc_info) for record in records] == [True] * 10 + [False] * 50
    assert other.exc_info
    assert all(number in record.getMessage() for number, record in zip(numbers[:60], records, strict=True))
    assert re.search(
        r"View: a handler crashed \(error id \w{8}\): ZeroDivisionError at .*, line \d+",
        caplog.messages[59],
    )
    caplog.clear()
    crashes.flush()
    assert caplog.messages == ["1.1.1.1: 40 more crashes, left out"]


def test_a_traceback_begins_with_the_code_of_the_application(
    crashes: CrashLog, caplog: pytest.LogCaptureFixture
) -> None:
    error = raised()
    crashes.log("1.1.1.1", "View", "a handler", error)
    trace = caplog.records[0].exc_info[2]  # type: ignore[index]
    assert trace is not None
    assert trace.tb_frame.f_code.co_filename == __file__
    assert is_logged(error)
    assert not is_logged(ValueError())


async def test_debug_level_logs_the_frames_of_the_framework(caplog: pytest.LogCaptureFixture) -> None:
    for level, first in ((logging.INFO, "test_error_ids.py"), (logging.DEBUG, "pyview")):
        caplog.clear()
        with caplog.at_level(level, "pyview"):
            async with LiveClient(fragile(), raise_crashes=False) as client:
                page = await client.open("/")
                await page.push("crash")
        (record,) = [record for record in caplog.records if record.exc_info]
        trace = record.exc_info[2]  # type: ignore[index]
        assert trace is not None
        assert first in trace.tb_frame.f_code.co_filename


async def test_no_client_can_flood_the_log_with_tracebacks(caplog: pytest.LogCaptureFixture) -> None:
    app = fragile()
    async with LiveClient(app) as client:
        page = await load(client, "/")
        socket = await connect(client, page).connect()
        for number in range(100):
            assert (await join(socket, page, str(number)))[0] == "ok"
            await socket.send_frame(event(page, "x", "crash", join_ref=str(number)))
            assert (await socket.receive_frame())[3] == "phx_error"
        lines = [record for record in caplog.records if "crashed" in record.getMessage()]
        assert len([record for record in lines if record.exc_info]) == 10
        assert len(lines) == 60
        await socket.close()
    assert "127.0.0.1: 40 more crashes, left out" in caplog.messages


@pytest.mark.parametrize(("event", "crashed"), [("timer", "a handler"), ("work", "the async work 'work'")])
async def test_timers_and_work_count_as_well(
    event: str, crashed: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = fragile()
    async with LiveClient(app, raise_crashes=False) as client:
        page = await client.open("/")
        for _ in range(15):
            await page.push(event)
            await page.settle()
        await eventually(lambda: sum(crashed in message for message in caplog.messages) == 15)
    assert len([record for record in caplog.records if record.exc_info]) == 10


async def test_a_failure_is_logged_once_and_still_raised_in_tests(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with LiveClient(fragile()) as client:
        with pytest.raises(ValueError, match="mount"):
            await client.get("/fails")
    with TestClient(fragile()) as starlettes, pytest.raises(ValueError, match="mount"):
        starlettes.get("/fails")
    assert [record.name for record in caplog.records if record.exc_info] == ["pyview", "pyview"]


@pytest.mark.parametrize("name", ["uvicorn.error", "hypercorn.error"])
async def test_the_server_does_not_log_it_again(name: str, caplog: pytest.LogCaptureFixture) -> None:
    server = logging.getLogger(name)
    async with LiveClient(fragile()) as client:
        try:
            await client.get("/fails")
        except ValueError as error:
            server.error("Exception in ASGI application\n", exc_info=error)
        try:
            raise ValueError("of another logger")
        except ValueError as error:
            server.error("Exception in ASGI application\n", exc_info=error)
    (record,) = [record for record in caplog.records if record.name == name]
    assert "another logger" in str(record.exc_info)
