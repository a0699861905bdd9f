"""Starting a coroutine inline: it is done if it does not wait, continues in a task if it does, and may fail."""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any

import pytest

from pyview.process.tasks import Begun, start, start_plain

Start = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None] | None]

either = pytest.mark.parametrize("start", [start, start_plain])


@either
async def test_a_coroutine_that_does_not_wait_is_done_when_start_returns(start: Start) -> None:
    done: list[str] = []

    async def quick() -> None:
        done.append("quick")

    assert start(quick()) is None
    assert done == ["quick"]


@either
async def test_a_coroutine_that_waits_continues_in_a_task(start: Start) -> None:
    gate = asyncio.Event()
    done: list[str] = []

    async def slow() -> None:
        await gate.wait()
        await asyncio.sleep(0)
        await asyncio.sleep(0.001)
        done.append("slow")

    task = start(slow())
    assert task is not None
    await asyncio.sleep(0.01)
    assert done == []
    gate.set()
    await task
    assert done == ["slow"]


@either
async def test_a_failure_is_raised_where_it_happens(start: Start) -> None:
    async def at_once() -> None:
        raise ValueError("at once")

    async def later() -> None:
        await asyncio.sleep(0)
        raise ValueError("later")

    with pytest.raises(ValueError, match="at once"):
        start(at_once())
    task = start(later())
    assert task is not None
    with pytest.raises(ValueError, match="later"):
        await task


@either
@pytest.mark.parametrize("turns", [0, 1, 3])
async def test_cancelling_reaches_the_coroutine(start: Start, turns: int) -> None:
    ended: list[str] = []

    async def slow() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cleaned up")

    task = start(slow())
    assert task is not None
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == ["cleaned up"]


async def test_it_is_one_task_from_the_first_step_on() -> None:
    seen: list[Any] = []

    async def slow() -> None:
        seen.append(asyncio.current_task())
        await asyncio.sleep(0)
        seen.append(asyncio.current_task())

    before = asyncio.current_task()
    task = start(slow())
    assert asyncio.current_task() is before
    assert task is not None
    await task
    assert seen == [task, task]


async def test_it_may_be_started_where_no_task_runs() -> None:
    ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def slow() -> None:
        await asyncio.sleep(0)
        ended.set_result("ended")

    asyncio.get_running_loop().call_soon(lambda: tasks.append(start(slow())))
    tasks: list[Any] = []
    assert await ended == "ended"


async def test_a_time_out_in_the_first_step_ends_the_right_task() -> None:
    ended: list[str] = []

    async def slow() -> None:
        try:
            async with asyncio.timeout(0.001):
                await asyncio.Event().wait()
        except TimeoutError:
            ended.append("timed out")

    task = start(slow())
    assert task is not None
    await task
    assert ended == ["timed out"]


async def test_a_task_group_in_the_first_step_waits_for_its_tasks() -> None:
    ended: list[str] = []

    async def part(name: str) -> None:
        await asyncio.sleep(0.001)
        ended.append(name)

    async def slow() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(part("first"))
            group.create_task(part("second"))
        ended.append("all")

    task = start(slow())
    assert task is not None
    await task
    assert ended == ["first", "second", "all"]


async def test_context_variables_that_it_sets_do_not_leak() -> None:
    name: ContextVar[str] = ContextVar("name", default="nobody")
    seen: list[str] = []

    async def slow() -> None:
        name.set("ada")
        await asyncio.sleep(0)
        seen.append(name.get())

    task = start(slow())
    assert task is not None
    await task
    assert (seen, name.get()) == (["ada"], "nobody")


async def test_the_frame_of_a_waiting_coroutine_can_be_read() -> None:
    """The log names the message whose handler takes too long."""

    async def waits(message: str) -> None:
        await gate.wait()

    gate = asyncio.Event()
    begun = Begun(waits("charge"))
    begun.begin()
    assert begun.cr_frame is not None
    assert begun.cr_frame.f_locals["message"] == "charge"
    task = asyncio.get_running_loop().create_task(begun)
    gate.set()
    await task
    assert begun.cr_frame is None
