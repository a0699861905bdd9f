"""Timers keep their interval, skip turns that the view could not handle, and end with their view."""

import asyncio

import pytest

from pyview.background.timers import Timer, Timers
from tests.asgi import eventually


async def test_once_fires_once() -> None:
    rung: list[str] = []
    timers = Timers(lambda timer: rung.append(timer.event))
    timers.once("now", 0.0)
    timers.once("later", 0.02)
    await eventually(lambda: rung == ["now", "later"])


async def test_a_turn_is_skipped_while_the_last_event_waits() -> None:
    rung: list[Timer] = []
    timers = Timers(rung.append)
    timer = timers.every("tick", 0.01)
    await eventually(lambda: rung)
    for _ in range(3):  # fires no more, however many intervals have passed, until the first event was handled
        await asyncio.sleep(0.01)
        assert len(rung) == 1
    timer.waiting = False
    await eventually(lambda: len(rung) == 2)
    timers.cancel()


async def test_cancel_stops_all_timers() -> None:
    rung: list[Timer] = []
    timers = Timers(rung.append)
    timers.every("tick", 0.01)
    timers.once("one", 0.01)
    timers.cancel()
    await asyncio.sleep(0.03)
    assert rung == []


@pytest.mark.parametrize("seconds", [0, -1])
async def test_an_interval_is_above_zero(seconds: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Timers(lambda timer: None).every("tick", seconds)
