"""The order in which a stopping worker ends its connections, with connections that note what is done to them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pyview import PyView, SecurityConfig
from pyview.transport.close_codes import CloseReason
from pyview.transport.drain import Drain, Pace
from tests.asgi import eventually

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"


class FakeConnection:
    """A connection with a state to keep. `keeping` is called when it is stored."""

    def __init__(
        self, worker: "Worker", keeping: Callable[["FakeConnection"], Awaitable[Any]] | None = None
    ) -> None:
        self.busy = False
        self.unsaved = True
        self.follows: bool | None = None
        """True if its client connects again when it is asked, None if it cannot be asked."""
        self.stored = 0
        self.asked_at = self.closed_at = 0.0
        self._gone = False
        self._worker = worker
        self._keeping = keeping

    async def run(self) -> None: ...

    def check_timeouts(self, now: float) -> float:
        return now

    async def keep(self) -> None:
        self.stored += 1
        self.unsaved = False
        if self._keeping is not None:
            await self._keeping(self)

    def ask_to_reconnect(self) -> bool:
        if self.follows is None:
            return False
        self.asked_at = asyncio.get_running_loop().time()
        if self.follows:
            self._gone = True
            self._worker.app._open_connections.monitor.remove(self)
        return True

    def end(self, reason: CloseReason) -> None:
        assert reason.code == 1012
        if self._gone:
            return
        self.closed_at = asyncio.get_running_loop().time()
        self._worker.app._open_connections.monitor.remove(self)


class Worker:
    """An application with fake connections, and its drain."""

    def __init__(self, **limits: Any) -> None:
        self.app = PyView(secret=SECRET, security=SecurityConfig(**limits))
        self.connections: list[FakeConnection] = []
        self.drain = Drain(
            self.app._open_connections,
            self.app._detached_views,
            lambda: self.app.app_context,
            self.app._long_poll.forwarding_stopped,
            lambda: 0,
        )

    def connect(
        self, count: int = 1, keeping: Callable[[FakeConnection], Awaitable[Any]] | None = None
    ) -> FakeConnection:
        for _ in range(count):
            self.connections.append(FakeConnection(self, keeping))
            self.app._open_connections.monitor.add(self.connections[-1])
        return self.connections[-1]

    async def drained(self) -> float:
        """Drain, and return the seconds that it took."""
        now = asyncio.get_running_loop().time
        begun = now()
        await self.drain.begin()
        assert len(self.app._open_connections.monitor) == 0
        return now() - begun


async def test_connections_close_a_few_at_a_time() -> None:
    worker = Worker(drain_rate=200)
    worker.connect(60)
    await worker.drained()
    ends = [connection.closed_at for connection in worker.connections]
    assert ends == sorted(ends)
    assert ends[-1] - ends[0] > 0.2
    assert {connection.stored for connection in worker.connections} == {1}


async def test_a_low_rate_does_not_exceed_the_drain_timeout(caplog: pytest.LogCaptureFixture) -> None:
    worker = Worker(drain_rate=1, drain_timeout=3)
    worker.connect(200)
    assert await worker.drained() < 3
    assert not [message for message in caplog.messages if "are left" in message]


def test_a_batch_that_was_late_is_made_up_for_in_several_steps() -> None:
    clock = [0.0]
    pace = Pace(500, lambda: clock[0])
    sizes = []
    for passed in (0.02, 0.02, 0.08, 0.02, 0.5, 0.02, 0.02):
        clock[0] += passed
        sizes.append(pace.due())
    assert sizes == [10, 10, 40, 10, 40, 40, 40]


def test_one_at_least_is_due() -> None:
    pace = Pace(0.001, lambda: 0.0)
    assert [pace.due() for _ in range(3)] == [1, 1, 1]


async def test_one_that_handles_an_event_closes_after_it_and_after_the_others() -> None:
    worker = Worker()
    slow = worker.connect()
    slow.busy = True
    worker.connect(20)
    draining = asyncio.create_task(worker.drained())
    await eventually(lambda: all(other.closed_at for other in worker.connections if other is not slow))
    assert (slow.closed_at, slow.stored) == (0.0, 0)
    slow.busy = False
    await draining
    assert slow.stored == 1


async def test_one_that_goes_on_for_too_long_is_closed_in_time() -> None:
    worker = Worker(drain_timeout=0.5)
    endless = worker.connect()
    endless.busy = True
    assert 0.3 < await worker.drained() < 10


async def test_what_changes_while_it_is_stored_is_stored_again_once() -> None:
    async def click(connection: FakeConnection) -> None:
        await asyncio.sleep(0)
        connection.unsaved = True

    worker = Worker()
    changing = worker.connect(keeping=click)
    await worker.drained()
    assert changing.stored == 2


async def test_a_store_that_does_not_answer_is_waited_for_once(caplog: pytest.LogCaptureFixture) -> None:
    async def hang(connection: FakeConnection) -> None:
        await asyncio.sleep(3600)

    worker = Worker(drain_rate=500)
    worker.connect(100, keeping=hang)
    with caplog.at_level(logging.WARNING, "pyview"):
        await worker.drained()
    assert len([message for message in caplog.messages if "kept states are not stored" in message]) == 1
    assert 0 < sum(connection.stored for connection in worker.connections) < 100


async def test_a_client_connects_again_by_itself_or_its_connection_is_closed() -> None:
    worker = Worker()
    ours, deaf, other = worker.connect(), worker.connect(), worker.connect()
    ours.follows, deaf.follows = True, False
    await worker.drained()
    assert (ours.asked_at > 0, ours.closed_at) == (True, 0.0)
    assert deaf.closed_at - deaf.asked_at >= 1
    assert other.closed_at < deaf.closed_at


async def test_no_time_is_left_to_clients_that_have_gone() -> None:
    worker = Worker()
    worker.connect(3)
    for connection in worker.connections:
        connection.follows = True
    assert await worker.drained() < 0.9


async def test_an_event_that_comes_after_the_question_is_answered_before_the_close() -> None:
    worker = Worker()
    deaf = worker.connect()
    deaf.follows = False
    draining = asyncio.create_task(worker.drained())
    await eventually(lambda: deaf.asked_at)
    deaf.busy = True
    await asyncio.sleep(1.3)
    assert not deaf.closed_at
    deaf.busy = False
    await draining
    assert deaf.closed_at


async def test_a_hurry_ends_the_delay_and_the_wait_for_handlers() -> None:
    worker = Worker(drain_delay=3600, drain_timeout=3600)
    endless = worker.connect()
    endless.busy = True
    draining = worker.drain.begin(accepting=True)
    assert worker.drain.begun
    worker.drain.hurry()
    await asyncio.wait_for(draining, 10)
    assert endless.closed_at


async def test_there_is_no_delay_when_the_server_accepts_nothing_any_more() -> None:
    await asyncio.wait_for(Worker(drain_delay=3600).drained(), 10)
