"""Tests of the mailbox: one message at a time, in order, at once when nothing else runs."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from pyview.process.mailbox import Mailbox
from pyview.process.run_queue import RunQueue
from tests.asgi import eventually

Handle = Callable[[int], Awaitable[None]]


class Log:
    """Handler of numbers that waits on an event for odd ones."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.gate = asyncio.Event()

    async def handle(self, message: int) -> None:
        self.lines.append(f"start {message}")
        if message % 2:
            await self.gate.wait()
        self.lines.append(f"end {message}")


class Box(Mailbox):
    """A mailbox for numbers."""

    def __init__(self, handle: Handle, queue: RunQueue, limit: int) -> None:
        super().__init__(queue, limit, {int: Box.number})
        self._handle_number = handle
        self.overflows = 0

    async def number(self, message: int) -> None:
        await self._handle_number(message)

    def _overflowed(self) -> None:
        self.overflows += 1


def mailbox(log: Log, limit: int = 10) -> Box:
    return Box(log.handle, RunQueue(), limit)


async def test_a_handler_that_does_not_wait_runs_in_the_callers_turn() -> None:
    log = Log()
    mailbox(log).post(2)
    assert log.lines == ["start 2", "end 2"]


async def test_messages_never_overlap_and_keep_their_order() -> None:
    log = Log()
    box = mailbox(log)
    for number in (1, 2, 3, 4):
        box.post(number)
    await asyncio.sleep(0.01)
    assert log.lines == ["start 1"]
    log.gate.set()
    await eventually(lambda: len(log.lines) == 8)
    assert log.lines == [f"{word} {number}" for number in (1, 2, 3, 4) for word in ("start", "end")]


async def test_post_soon_never_runs_in_the_callers_turn() -> None:
    log = Log()
    box = mailbox(log)
    box.post_soon(2)
    box.post_soon(4)
    assert log.lines == []
    await eventually(lambda: log.lines == ["start 2", "end 2", "start 4", "end 4"])


async def test_a_full_mailbox_says_so_and_keeps_what_it_has() -> None:
    log = Log()
    box = mailbox(log, limit=2)
    for number in (1, 2, 4):
        box.post(number)
    box.post(6)
    assert (box.overflows, box.waiting) == (1, 2)
    log.gate.set()
    await eventually(lambda: log.lines[-1] == "end 4")


@pytest.mark.parametrize("last", [[], [8]], ids=["silent", "with a last word"])
async def test_what_was_posted_for_later_is_dropped_at_the_end(last: list[int]) -> None:
    log = Log()
    box = mailbox(log)
    box.post_soon(2)
    box.post(4)
    box._shut()
    box.post_soon(6)
    for number in last:
        box.post(number)
    await asyncio.sleep(0.01)
    assert log.lines == [f"{word} {number}" for number in last for word in ("start", "end")]
    box.post(10)
    assert log.lines[-1] == "end 10"


async def test_a_cancelled_handler_leaves_a_usable_mailbox() -> None:
    log = Log()
    box = mailbox(log)
    box.post(1)
    await asyncio.sleep(0.01)
    box._interrupt()
    await asyncio.sleep(0.01)
    box.post(2)
    await eventually(lambda: log.lines == ["start 1", "start 2", "end 2"])


async def test_a_time_out_inside_a_handler_ends_that_handler_only() -> None:
    results: list[str] = []

    async def handle(message: int) -> None:
        try:
            async with asyncio.timeout(0.01):
                await asyncio.Event().wait()
        except TimeoutError:
            results.append("timed out")

    box = Box(handle, RunQueue(), 10)
    box.post(1)
    box.post(2)
    await eventually(lambda: results == ["timed out", "timed out"])


async def test_the_loop_breathes_while_many_mailboxes_run() -> None:
    """A broadcast to many slow-rendering views must not keep the loop from reading sockets."""
    queue = RunQueue(budget=0.002)
    done: list[int] = []

    async def handle(message: int) -> None:
        end = time.perf_counter() + 0.001
        while time.perf_counter() < end:
            pass
        done.append(message)

    for number in range(20):
        Box(handle, queue, 10).post_soon(number)
    done_at_each_turn = []
    while len(done) < 20:
        await asyncio.sleep(0)
        done_at_each_turn.append(len(done))
    assert done == list(range(20))
    assert len(set(done_at_each_turn)) > 3
