"""The timeouts of all open connections are checked by one periodic check, and by none without connections."""

import asyncio
import logging
import math
from collections.abc import Callable

import pytest

from pyview.background.periodic import PeriodicChecks
from pyview.transport.close_codes import CloseReason
from pyview.transport.connections import ConnectionMonitor
from tests.asgi import eventually


class FakeConnection:
    """A connection that notes when its timeouts were checked, and asks for the next check after `pause` seconds."""

    busy = unsaved = False

    def __init__(self, checked: Callable[["FakeConnection", float], object], pause: float = 0.0) -> None:
        self._checked = checked
        self._pause = pause

    async def run(self) -> None: ...
    async def keep(self) -> None: ...
    def ask_to_reconnect(self) -> bool:
        return False

    def check_timeouts(self, now: float) -> float:
        self._checked(self, now)
        return now + self._pause

    def end(self, reason: CloseReason) -> None: ...


@pytest.fixture
def periodic() -> PeriodicChecks:
    return PeriodicChecks()


@pytest.fixture
def monitor(periodic: PeriodicChecks) -> ConnectionMonitor:
    return ConnectionMonitor(periodic, period=0.01)


async def test_a_connection_is_checked_again_when_it_asks_for_that(monitor: ConnectionMonitor) -> None:
    seen: list[str] = []
    often = FakeConnection(lambda *_: seen.append("often"))
    rarely = FakeConnection(lambda *_: seen.append("rarely"), pause=0.2)
    never = FakeConnection(lambda *_: seen.append("never"), pause=math.inf)
    for connection in (often, rarely, never):
        monitor.add(connection)
    await eventually(lambda: seen.count("rarely") >= 3)
    assert seen.count("often") >= 10
    assert seen.count("never") == 1
    for connection in (often, rarely, never):
        monitor.remove(connection)
    assert not monitor._slots


async def test_connections_without_a_pause_are_checked_in_every_period(monitor: ConnectionMonitor) -> None:
    seen: list[tuple[FakeConnection, float]] = []
    first, second = (FakeConnection(lambda *check: seen.append(check)) for _ in range(2))
    monitor.add(first)
    monitor.add(second)
    await eventually(lambda: len(seen) >= 6)
    assert [connection for connection, _ in seen[:6]] == [first, second] * 3
    assert abs(seen[-1][1] - asyncio.get_running_loop().time()) < 5
    monitor.remove(first)
    monitor.remove(second)


async def test_nothing_is_registered_without_connections(
    monitor: ConnectionMonitor, periodic: PeriodicChecks
) -> None:
    seen: list[FakeConnection] = []
    connection = FakeConnection(lambda connection, _: seen.append(connection))
    monitor.add(connection)
    assert len(periodic) == 1
    monitor.remove(connection)
    monitor.remove(connection)
    assert len(periodic) == len(monitor) == 0
    monitor.add(connection)
    await eventually(lambda: seen)
    monitor.remove(connection)


async def test_connections_may_close_while_they_are_checked(monitor: ConnectionMonitor) -> None:
    for _ in range(10):
        monitor.add(FakeConnection(lambda connection, _: monitor.remove(connection)))
    await eventually(lambda: not len(monitor))


async def test_a_check_that_fails_stops_no_other(
    monitor: ConnectionMonitor, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[FakeConnection] = []

    def failing(connection: FakeConnection, now: float) -> None:
        raise ValueError("no")

    broken, sound = FakeConnection(failing), FakeConnection(lambda connection, _: seen.append(connection))
    with caplog.at_level(logging.ERROR, "pyview"):
        monitor.add(broken)
        monitor.add(sound)
        await eventually(lambda: len(seen) >= 2)
    monitor.remove(broken)
    monitor.remove(sound)
    assert "checking the timeouts of a connection failed" in caplog.messages
