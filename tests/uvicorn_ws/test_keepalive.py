"""The times of pings, on a clock that the test turns."""

import asyncio
from collections.abc import Callable

import pytest

from pyview.uvicorn_ws.keepalive import Keepalive

STEP = 1.0
INTERVAL = 16 * STEP


class Clock:
    """The part of an event loop that has the time. It calls each timer `late` seconds after it is due."""

    def __init__(self, late: float) -> None:
        self.late = late
        self.now = 100.0
        self.timers: list[tuple[float, Callable[[], object]]] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, call: Callable[[], object]) -> object:
        self.timers.append((when, call))
        return object()

    def run_until(self, end: float) -> None:
        while self.timers and self.timers[0][0] + self.late <= end:
            when, call = self.timers.pop(0)
            self.now = max(self.now, when + self.late)
            call()
        self.now = end


class Connection:
    """A connection that notes its pings."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.pings: list[float] = []
        self.timed_out = False

    def ping(self, frame: bytes) -> None:
        self.pings.append(self._clock.now)

    def ping_timed_out(self) -> bool:
        self.timed_out = True
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(late=STEP / 4)
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: clock)
    return clock


def test_late_timers_do_not_add_up(clock: Clock) -> None:
    keepalive, connection = Keepalive(INTERVAL, None), Connection(clock)
    keepalive.add(connection)
    clock.run_until(100 + 100 * INTERVAL + STEP)
    due = [100 + INTERVAL * number for number in range(1, 101)]
    assert connection.pings == [pytest.approx(time + clock.late) for time in due]


def test_steps_that_a_pause_of_the_process_has_missed_are_not_made_up_for(clock: Clock) -> None:
    keepalive = Keepalive(INTERVAL, None)
    connections = [Connection(clock) for _ in range(16)]
    for connection in connections:
        keepalive.add(connection)
        clock.run_until(clock.now + STEP)
    pinged = sum(len(connection.pings) for connection in connections)
    clock.now += 10 * INTERVAL
    clock.run_until(clock.now + STEP / 2)
    assert sum(len(connection.pings) for connection in connections) - pinged < 4


def test_a_connection_that_does_not_answer_ends_a_step_after_the_timeout_at_the_latest(clock: Clock) -> None:
    keepalive, connection = Keepalive(INTERVAL, 3 * STEP), Connection(clock)
    keepalive.add(connection)
    clock.run_until(100 + INTERVAL + 2.9 * STEP)
    assert connection.pings
    assert not connection.timed_out
    clock.run_until(100 + INTERVAL + 4.5 * STEP)
    assert connection.timed_out


def test_the_timer_stops_with_the_last_connection(clock: Clock) -> None:
    keepalive, connection = Keepalive(INTERVAL, None), Connection(clock)
    slot = keepalive.add(connection)
    keepalive.remove(connection, slot)
    clock.run_until(200)
    assert not clock.timers
    keepalive.add(connection)
    assert len(clock.timers) == 1
