"""Starting a coroutine at once: what does not wait is done, what waits goes on, and both can fail."""

import asyncio

import pytest

from pyview.process.tasks import start_plain


async def test_what_does_not_wait_is_done_when_start_returns() -> None:
    done: list[str] = []

    async def quick() -> None:
        done.append("quick")

    assert start_plain(quick()) is None
    assert done == ["quick"]


async def test_what_waits_goes_on_in_a_task() -> None:
    gate = asyncio.Event()
    done: list[str] = []

    async def slow() -> None:
        await gate.wait()
        await asyncio.sleep(0)
        await asyncio.sleep(0.001)
        done.append("slow")

    task = start_plain(slow())
    assert task is not None
    await asyncio.sleep(0.01)
    assert done == []
    gate.set()
    await task
    assert done == ["slow"]


async def test_a_failure_is_raised_where_it_happens() -> None:
    async def at_once() -> None:
        raise ValueError("at once")

    async def later() -> None:
        await asyncio.sleep(0)
        raise ValueError("later")

    with pytest.raises(ValueError, match="at once"):
        start_plain(at_once())
    task = start_plain(later())
    assert task is not None
    with pytest.raises(ValueError, match="later"):
        await task


async def test_cancelling_reaches_the_coroutine() -> None:
    ended: list[str] = []

    async def slow() -> None:
        try:
            await asyncio.sleep(10)
        finally:
            ended.append("cleaned up")

    task = start_plain(slow())
    assert task is not None
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == ["cleaned up"]
