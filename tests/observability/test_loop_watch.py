"""The log warns if the event loop was blocked, and names the application's code only if that blocked it."""

import asyncio
import gc
import re
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from pyview import LiveView, LiveViewSocket, PyView
from pyview.observability.loop_watch import Collections, LoopWatch
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from pyview.wire.message import decode
from tests.asgi import eventually


def busy(seconds: float = 1.0) -> None:
    """Block the event loop, which no handler may do."""
    time.sleep(seconds)


class Blocking(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string("<p></p>", "blocking.html")

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[dict[str, Any]]) -> None:
        if event == "block":
            busy()


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [message for message in caplog.messages if "event loop was blocked" in message]


async def test_a_handler_that_blocks_is_named_with_its_line(caplog: pytest.LogCaptureFixture) -> None:
    app = PyView()
    app.add_live_view("/", Blocking)
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.push("block")
        await page.push("block")
        await eventually(lambda: warnings_of(caplog))
    (line,) = warnings_of(caplog)
    assert re.search(
        r"for \d\.\d s or more, and every page with it, in busy \(.*test_loop_watch\.py, line 24\)", line
    )
    assert "make it a plain `def`" in line


async def test_a_handler_that_awaits_is_not_reported(caplog: pytest.LogCaptureFixture) -> None:
    with LoopWatch(late=0.3, pause=0.01).running():
        await asyncio.sleep(0.5)  # a handler that waits longer than `late`
    assert warnings_of(caplog) == []


def short() -> None:
    end = time.monotonic() + 0.001
    while time.monotonic() < end:
        pass


async def many_short_calls() -> None:
    """A burst: every call is short, and the loop gets no turn between them."""
    loop = asyncio.get_running_loop()
    for _ in range(1000):
        loop.call_soon(short)
    await asyncio.sleep(0)


async def library_code() -> None:
    """A second within the standard library, called by the loop itself."""
    asyncio.get_running_loop().call_soon(time.sleep, 1.0)
    await asyncio.sleep(0)


@pytest.mark.parametrize("work", [many_short_calls, library_code])
async def test_no_handler_is_blamed_for_many_short_calls_or_library_code(
    work: Callable[[], Any], caplog: pytest.LogCaptureFixture
) -> None:
    with LoopWatch(late=0.2, pause=0.01).running():
        await asyncio.sleep(0.03)  # the watch has sent its first request
        await work()
        await eventually(lambda: warnings_of(caplog))
    (line,) = warnings_of(caplog)
    assert "No single call of the application blocked it" in line
    assert "plain `def`" not in line


async def test_a_middleware_is_not_blamed_for_a_frame_that_takes_long_to_read(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PassingOn:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await self.app(scope, receive, send)

    app = PyView()
    app.add_live_view("/", Blocking)
    app.add_middleware(PassingOn)
    async with LiveClient(app) as client:
        page = await client.open("/")

        names: dict[str, Any] = {"time": time, "decode": decode}
        code = "def slowly(*arguments):\n    time.sleep(1)\n    return decode(*arguments)\n"
        exec(compile(code, "/usr/lib/python3/slow.py", "exec"), names)  # noqa: S102  code of a library
        monkeypatch.setattr("pyview.transport.frame_reader.decode", names["slowly"])
        await page.push("other")
        await eventually(lambda: warnings_of(caplog))
    (line,) = warnings_of(caplog)
    assert "No single call of the application blocked it" in line


async def test_garbage_collection_is_named(caplog: pytest.LogCaptureFixture) -> None:
    def collect() -> None:
        for note in gc.callbacks:
            note("start", {"generation": 2})
        time.sleep(0.5)
        for note in gc.callbacks:
            note("stop", {"generation": 2})

    with LoopWatch(late=0.2, pause=0.01).running():
        await asyncio.sleep(0.03)  # the watch has sent its first request
        collect()
        await eventually(lambda: warnings_of(caplog))
    (line,) = warnings_of(caplog)
    assert "garbage was collected for 0." in line
    assert "in collect" not in line


def test_only_full_collections_count() -> None:
    collections = Collections()
    with collections.counted():
        gc.collect(0)
        assert collections.seconds == 0
        gc.collect()
        assert collections.seconds > 0
    gc.collect()
    assert collections._note not in gc.callbacks


async def test_a_blocked_loop_is_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    with LoopWatch(late=0.1, pause=0.01).running():
        busy(0.3)
        await eventually(lambda: warnings_of(caplog))
        busy(0.3)
        await asyncio.sleep(0.1)  # the watch has noticed: it checks every 10 ms
    assert len(warnings_of(caplog)) == 1


async def test_its_thread_ends_with_the_application() -> None:
    watch = LoopWatch(pause=0.01)
    with watch.running():
        await asyncio.sleep(0.02)
    with watch.running():
        await asyncio.sleep(0.02)
    await eventually(lambda: "pyview-loop-watch" not in {thread.name for thread in threading.enumerate()})


async def test_an_application_that_stops_does_not_wait_for_its_watch() -> None:
    started = time.monotonic()
    with LoopWatch(late=30.0, pause=0.0).running():
        busy(0.2)  # until then the thread waits for the loop, which ends without another turn
    assert time.monotonic() - started < 20
