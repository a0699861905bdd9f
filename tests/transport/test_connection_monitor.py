"""One timer for all connections, none without any."""

import asyncio
import logging

import pytest

from pyview.transport.connections import ConnectionMonitor
from tests.asgi import eventually


async def test_every_connection_is_looked_at_at_every_beat() -> None:
    sweeper: ConnectionMonitor[str] = ConnectionMonitor(period=0.01)
    seen: list[tuple[str, float]] = []
    sweeper.on_tick(lambda connection, now: seen.append((connection, now)))
    sweeper.add("a")
    sweeper.add("b")
    await eventually(lambda: len(seen) >= 6)
    assert [name for name, _ in seen[:6]] == ["a", "b"] * 3
    assert abs(seen[-1][1] - asyncio.get_running_loop().time()) < 5
    sweeper.remove("a")
    sweeper.remove("b")


async def test_it_rests_while_nobody_is_there() -> None:
    sweeper: ConnectionMonitor[str] = ConnectionMonitor(period=0.01)
    seen: list[str] = []
    sweeper.on_tick(lambda connection, _: seen.append(connection))
    sweeper.add("a")
    sweeper.remove("a")
    sweeper.remove("a")
    await asyncio.sleep(0.03)
    assert seen == []
    sweeper.add("b")
    await eventually(lambda: seen)
    sweeper.remove("b")
    assert len(sweeper) == 0


async def test_connections_may_go_while_they_are_looked_at() -> None:
    sweeper: ConnectionMonitor[int] = ConnectionMonitor(period=0.01)
    sweeper.on_tick(lambda connection, _: sweeper.remove(connection))
    for number in range(10):
        sweeper.add(number)
    await eventually(lambda: not len(sweeper))


async def test_a_hook_that_fails_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    sweeper: ConnectionMonitor[str] = ConnectionMonitor(period=0.01)
    seen: list[str] = []

    def failing(connection: str, now: float) -> None:
        raise ValueError("no")

    sweeper.on_tick(failing)
    sweeper.on_tick(lambda connection, _: seen.append(connection))
    with caplog.at_level(logging.ERROR, "pyview"):
        sweeper.add("a")
        await eventually(lambda: len(seen) >= 2)
    sweeper.remove("a")
    assert "a look at an open socket failed" in caplog.messages
