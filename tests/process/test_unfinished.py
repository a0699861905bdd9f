"""Tests of handlers that go on after their page has left: for a limited time, in a limited number."""

import asyncio
import threading
from typing import Any

import pytest

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.config import SecurityConfig as Limits
from pyview.events.info_event import InfoEvent
from pyview.process.unfinished import Unfinished
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, Page
from tests.asgi import eventually
from tests.frames import connect, event, join, load

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
Socket = LiveViewSocket[dict[str, Any]]


class Stage:
    """An application whose handler waits for an event, with a log of what ran."""

    def __init__(self, **limits: Any) -> None:
        stage = self
        self.happened: list[str] = []
        self.gate = asyncio.Event()
        self.thread_gate = threading.Event()

        class Charge(LiveView[dict[str, Any]]):
            template = LiveTemplate.from_string("<p>{{ n }}</p>", "charge.html")

            async def mount(self, socket: Socket, session: Any) -> None:
                socket.context = {"n": 0}

            async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
                await stage.charge(socket)

            async def disconnect(self, socket: Socket) -> None:
                stage.happened.append("disconnect")

        class InThread(Charge):
            def handle_event(self, event: str, payload: Any, socket: Socket) -> None:  # type: ignore[override]
                stage.happened.append("begins")
                stage.thread_gate.wait(20)
                stage.happened.append("booked")

        class Listener(LiveView[dict[str, Any]]):
            template = LiveTemplate.from_string("<p>{{ news }}</p>", "listener.html")

            async def mount(self, socket: Socket, session: Any) -> None:
                socket.context = {"news": ""}
                await socket.subscribe("charges")

            async def handle_info(self, event: InfoEvent, socket: Socket) -> None:
                socket.context["news"] = event.payload

        self.app = PyView(secret=SECRET, security=SecurityConfig(**{"reconnect_grace": 0, **limits}))
        self.app.add_live_view("/", Charge)
        self.app.add_live_view("/thread", InThread)
        self.app.add_live_view("/listener", Listener)

    async def charge(self, socket: Socket) -> None:
        self.happened.append("begins")
        try:
            await self.gate.wait()
            await socket.push_event("booked", {})
            await socket.broadcast("charges", "booked")
        except asyncio.CancelledError:
            self.happened.append("cancelled")
            raise
        self.happened.append("booked")

    def release_one(self) -> None:
        """Let the waiting handler go on, and make the next one wait."""
        self.gate.set()
        self.gate = asyncio.Event()

    async def begun(self, client: LiveClient, path: str = "/") -> tuple[Page, "asyncio.Task[Any]"]:
        """Open a page whose handler is running."""
        before = self.happened.count("begins")
        page = await client.open(path)
        pushed = asyncio.create_task(page.push("charge"))
        await eventually(lambda: self.happened.count("begins") > before)
        return page, pushed


def crashes(pushed: "list[asyncio.Task[Any]]") -> None:
    for each in pushed:
        each.cancel()


@pytest.mark.parametrize("ending", ["close", "drop", "navigate"])
async def test_a_handler_ends_by_itself_when_its_reader_leaves(ending: str) -> None:
    stage = Stage()
    async with LiveClient(stage.app) as client:
        listener = await client.open("/listener")
        page, pushed = await stage.begun(client)
        pushed.cancel()
        if ending == "navigate":
            await page.navigate("/listener")
        else:
            await getattr(page, ending)()
        await eventually(lambda: len(stage.app.app_context.unfinished) == 1)
        stage.gate.set()
        await eventually(lambda: stage.happened == ["begins", "booked", "disconnect"])
        assert len(stage.app.app_context.unfinished) == 0
        await listener.wait_for("p", text="booked")


async def test_one_that_goes_on_for_too_long_is_cancelled_and_named(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage(handler_grace=0.05)
    async with LiveClient(stage.app) as client:
        page, pushed = await stage.begun(client)
        pushed.cancel()
        await page.close()
        await eventually(lambda: stage.happened == ["begins", "cancelled", "disconnect"])
    (line,) = [message for message in caplog.messages if "was cancelled" in message]
    assert "Charge: event 'charge' was cancelled, 0.05 s after" in line
    assert stage.app.app_context.processes == set()


async def test_one_that_had_to_wait_for_another_is_named_as_well(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage = Stage(handler_grace=0.05)
    async with LiveClient(stage.app) as client:
        page = await load(client, "/")
        socket = await connect(client, page).connect()
        await join(socket, page)
        await socket.send_frame(event(page, "7", "third"))
        await socket.send_frame(event(page, "8", "fourth"))
        await eventually(lambda: stage.happened.count("begins") == 1)
        stage.release_one()
        await eventually(lambda: stage.happened.count("begins") == 2)
        await socket.close()
        await eventually(lambda: "cancelled" in stage.happened)
    (line,) = [message for message in caplog.messages if "was cancelled" in message]
    assert "Charge: event 'fourth' was cancelled" in line


async def test_a_stop_waits_for_handlers_and_says_goodbye_after_them() -> None:
    stage = Stage()
    async with LiveClient(stage.app, lifespan=False) as client:
        async with stage.app.router.lifespan_context(stage.app):
            _, pushed = await stage.begun(client)
            asyncio.get_running_loop().call_later(0.7, stage.gate.set)
        assert stage.happened == ["begins", "booked", "disconnect"]
        crashes([pushed])


async def test_a_stop_cuts_short_those_that_had_more_time(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage(drain_timeout=0.5)
    async with LiveClient(stage.app, lifespan=False) as client:
        async with stage.app.router.lifespan_context(stage.app):
            left, one = await stage.begun(client)
            await left.close()
            _, other = await stage.begun(client)
        assert stage.happened.count("cancelled") == stage.happened.count("disconnect") == 2
        assert not [message for message in caplog.messages if "are left" in message]
        crashes([one, other])


async def test_one_address_has_a_bounded_number_of_them() -> None:
    stage = Stage(max_unfinished_handlers_per_address=2)
    async with LiveClient(stage.app) as client, LiveClient(stage.app, client=("9.9.9.9", 1)) as other:
        pushed = []
        for _ in range(4):
            page, push = await stage.begun(client)
            await page.close()
            pushed.append(push)
        page, push = await stage.begun(other)
        await page.close()
        await eventually(lambda: stage.happened.count("cancelled") == 2)
        stage.gate.set()
        await eventually(lambda: stage.happened.count("booked") == 3)
        crashes([*pushed, push])


class Process:
    """A view whose handler does not end by itself."""

    def __init__(self, client: str) -> None:
        self.client = client
        self.cut: list[float] = []

    def cut_off(self, seconds: float) -> None:
        self.cut.append(seconds)


async def test_there_is_a_bounded_number_in_all() -> None:
    unfinished = Unfinished(Limits(max_unfinished_handlers=3))
    processes = [Process(f"client {number}") for number in range(5)]
    for process in processes:
        unfinished.add(process)
    await eventually(lambda: [process.cut for process in processes] == [[], [], [], [0.5], [0.5]])
    for process in processes:
        unfinished.discard(process)
        unfinished.discard(process)
    assert (len(unfinished), unfinished._counts, unfinished._clients) == (0, {}, {})


async def test_a_thread_is_waited_for() -> None:
    stage = Stage(handler_grace=0.01)
    async with LiveClient(stage.app) as client:
        page, pushed = await stage.begun(client, "/thread")
        pushed.cancel()
        page.abort()
        await eventually(lambda: len(stage.app.app_context.unfinished) == 0)
        assert stage.happened == ["begins"]
        stage.thread_gate.set()
        await eventually(lambda: stage.happened == ["begins", "booked", "disconnect"])


async def test_a_mount_that_is_under_way_ends_by_itself_and_nothing_comes_after_it() -> None:
    happened: list[str] = []
    gate = asyncio.Event()

    class Slow(LiveView[dict[str, Any]]):
        template = LiveTemplate.from_string("<p></p>", "slow.html")

        async def mount(self, socket: Socket, session: Any) -> None:
            if socket.connected:
                happened.append("begins")
                await gate.wait()
                happened.append("mounted")

        async def handle_params(self, url: Any, params: Any, socket: Socket) -> None:
            if socket.connected:
                happened.append("params")

        async def disconnect(self, socket: Socket) -> None:
            happened.append("disconnect")

    app = PyView(secret=SECRET)
    app.add_live_view("/", Slow)
    async with LiveClient(app) as client:
        page = await load(client, "/")
        socket = await connect(client, page).connect()
        await socket.send_frame(page.join("4"))
        await eventually(lambda: happened == ["begins"])
        await socket.close()
        gate.set()
        await eventually(lambda: happened == ["begins", "mounted", "disconnect"])
        assert (app.app_context.processes, len(app.app_context.unfinished)) == (set(), 0)
