"""Tests that a burst of the application's own messages closes no page, and that no message is lost."""

import asyncio
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.events.info_event import InfoEvent
from pyview.process.run_queue import RunQueue
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from tests.asgi import eventually

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
TOPIC = "numbers"
Socket = LiveViewSocket[dict[str, Any]]


class Stage:
    """Views that receive numbers and can send many of them from one handler."""

    def __init__(self, **limits: Any) -> None:
        stage = self
        self.received: list[list[int]] = []
        self.gate = asyncio.Event()
        self.most_waiting = 0

        class Numbers(LiveView[dict[str, Any]]):
            template = LiveTemplate.from_string("<p>{{ last }}</p>", "numbers.html")

            async def mount(self, socket: Socket, session: Any) -> None:
                self.numbers: list[int] = []
                socket.context = {"last": -1}
                if socket.connected:
                    stage.received.append(self.numbers)
                    await socket.subscribe(TOPIC)

            async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
                if event == "broadcast":
                    await asyncio.sleep(0)
                    for number in range(payload["times"]):
                        await socket.broadcast(TOPIC, number)
                        stage.note_counts()
                elif event == "pause":
                    await asyncio.sleep(0.01)
                elif event == "timers":
                    for number in range(payload["times"]):
                        socket.schedule_info_once(InfoEvent(TOPIC, number))
                elif event == "stick":
                    await stage.gate.wait()

            async def handle_info(self, event: InfoEvent, socket: Socket) -> None:
                self.numbers.append(event.payload)
                socket.context["last"] = event.payload

        self.app = PyView(secret=SECRET, security=SecurityConfig(**limits))
        self.app.add_live_view("/", Numbers)

    def note_counts(self) -> None:
        waiting = max(process.waiting for process in self.app.app_context.processes)
        self.most_waiting = max(self.most_waiting, waiting)

    def all_heard(self, times: int) -> bool:
        return all(numbers == list(range(times)) for numbers in self.received)


@pytest.mark.parametrize("times", [1100, 8000])
async def test_a_loop_of_broadcasts_reaches_every_subscriber_in_order(times: int) -> None:
    stage = Stage()
    async with LiveClient(stage.app, timeout=60) as client:
        pages = [await client.open("/") for _ in range(4)]
        await pages[0].push("broadcast", {"times": times})
        await eventually(lambda: stage.all_heard(times), within=60)
        for page in pages:
            await page.wait_for("p", text=str(times - 1))
        assert [page.crashes for page in pages] == [0] * 4
    assert len(stage.received) == 4, "no view has mounted again"


async def test_a_burst_of_timers_closes_no_page() -> None:
    stage = Stage()
    async with LiveClient(stage.app, timeout=60) as client:
        page = await client.open("/")
        await page.push("timers", {"times": 1100})
        await page.wait_for(lambda page: len(stage.received[0]) == 1100)
        assert sorted(stage.received[0]) == list(range(1100))
        assert page.crashes == 0


async def test_a_publisher_gives_way_before_much_waits_for_a_view_that_keeps_up() -> None:
    stage = Stage()
    async with LiveClient(stage.app, timeout=60) as client:
        await client.open("/")
        app = stage.app
        for number in range(5000):
            await app.pubsub.broadcast(TOPIC, number)
            stage.note_counts()
        await eventually(lambda: stage.all_heard(5000), within=60)
    assert stage.most_waiting < 100


async def test_a_view_that_waits_keeps_what_was_broadcast_meanwhile() -> None:
    stage = Stage()
    async with LiveClient(stage.app, timeout=60) as client:
        stuck, other = await client.open("/"), await client.open("/")
        waiting = asyncio.create_task(stuck.push("stick"))
        await other.push("broadcast", {"times": 3000})
        stage.gate.set()
        await waiting
        await eventually(lambda: stage.all_heard(3000), within=60)
    assert len(stage.received) == 2


async def test_a_browser_may_still_click_while_a_burst_waits() -> None:
    """Messages of the application do not count against those of the browser."""
    stage = Stage(max_mailbox=4)
    async with LiveClient(stage.app, timeout=60) as client:
        stuck, other = await client.open("/"), await client.open("/")
        waiting = asyncio.create_task(stuck.push("stick"))
        await other.push("broadcast", {"times": 100})
        click = asyncio.create_task(stuck.push("click"))
        await asyncio.sleep(0)
        stage.gate.set()
        await asyncio.gather(waiting, click)
        assert stuck.crashes == 0


async def test_clicks_are_counted_alone_and_still_bounded() -> None:
    stage = Stage(max_mailbox=4)
    async with LiveClient(stage.app, timeout=60, raise_crashes=False) as client:
        page = await client.open("/")
        clicks = [asyncio.create_task(page.push("stick")) for _ in range(6)]
        await page.wait_for(lambda page: page.crashes == 1)
        stage.gate.set()
        await asyncio.gather(*clicks, return_exceptions=True)


async def test_memory_has_a_bound_for_a_view_that_never_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    """It is mounted again with the newest state: a view that skipped messages would show wrong data."""
    stage = Stage(max_internal_messages=500)
    async with LiveClient(stage.app, timeout=60, raise_crashes=False) as client:
        stuck, other = await client.open("/"), await client.open("/")
        waiting = asyncio.create_task(stuck.push("stick"))
        await asyncio.sleep(0)
        for number in range(600):
            await stage.app.pubsub.broadcast(TOPIC, number)
        await stuck.wait_for(lambda page: page.crashes == 1 and len(stage.received) == 3)
        assert other.crashes == 0
        stage.gate.set()
        await asyncio.gather(waiting, return_exceptions=True)
    (line,) = [message for message in caplog.messages if "wait for it" in message]
    assert "500 messages of the application" in line


async def test_the_size_of_what_waits_has_a_bound() -> None:
    stage = Stage(max_internal_bytes=4 * 1024 * 1024)
    async with LiveClient(stage.app, timeout=60, raise_crashes=False) as client:
        stuck, other = await client.open("/"), await client.open("/")
        waiting = asyncio.create_task(stuck.push("stick"))
        await asyncio.sleep(0)
        # A few large messages among small ones.
        for number in range(1000):
            await stage.app.pubsub.broadcast(TOPIC, "x" * (4000 if number % 8 == 0 else 10))
        assert stuck.crashes == 0
        for _ in range(1000):
            await stage.app.pubsub.broadcast(TOPIC, "x" * 10_000)
        await stuck.wait_for(lambda page: page.crashes == 1 and len(stage.received) == 3)
        assert other.crashes == 0
        stage.gate.set()
        await asyncio.gather(waiting, return_exceptions=True)


async def test_a_burst_from_a_task_and_from_a_thread_waits_for_the_views() -> None:
    stage = Stage()
    async with LiveClient(stage.app, timeout=60) as client:
        await client.open("/")

        def publish() -> None:
            for number in range(2000, 4000):
                anyio.from_thread.run(stage.app.pubsub.broadcast, TOPIC, number)

        async def in_task() -> None:
            for number in range(2000):
                await stage.app.pubsub.broadcast(TOPIC, number)
                stage.note_counts()

        await asyncio.create_task(in_task())
        await anyio.to_thread.run_sync(publish)
        await eventually(lambda: stage.all_heard(4000), within=60)
    assert stage.most_waiting < 100
    assert len(stage.received) == 1


async def test_a_handler_may_send_itself_more_than_may_wait_for_a_view_that_never_goes_on() -> None:
    stage = Stage(max_internal_messages=500)
    async with LiveClient(stage.app, timeout=60) as client:
        page = await client.open("/")
        await page.push("broadcast", {"times": 2000})
        await page.push("pause")
        await page.push("broadcast", {"times": 2000})
        await page.wait_for(lambda page: stage.received == [[*range(2000), *range(2000)]])
        assert page.crashes == 0


async def test_what_is_ready_now_has_run_when_a_publisher_goes_on() -> None:
    queue = RunQueue(budget=0)
    ran: list[int] = []

    class One:
        def run(self, message: int, task: asyncio.Task[None]) -> None:
            ran.append(message)
            if message < 10:
                queue.add(self, message + 100)

    one = One()
    for number in range(20):
        queue.add(one, number)
    await queue.served()
    assert ran[:20] == list(range(20))
    await queue.served()
    assert len(ran) == 30
    await asyncio.wait_for(queue.served(), 1)
