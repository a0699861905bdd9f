"""Tests of the run queue: many calls share one task, and no call can tell."""

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import pytest

from pyview.process.run_queue import RunQueue
from tests.asgi import eventually

language = ContextVar("language", default="en")


class Call:
    """A call that awaits a function of its message."""

    def __init__(self, function: Callable[[Any], Awaitable[None]]) -> None:
        self._function = function

    def run(self, message: Any, task: asyncio.Task[None]) -> Awaitable[None]:
        return self._function(message)


def task() -> asyncio.Task[Any]:
    current = asyncio.current_task()
    assert current is not None
    return current


async def names_of_tasks(count: int, mark: Callable[[], object]) -> list[str]:
    """Return the names of the tasks in which `count` calls run that each leave a `mark`."""
    names: list[str] = []

    async def call(message: int) -> None:
        names.append(task().get_name())
        mark()

    queue = RunQueue(budget=60)
    for number in range(count):
        queue.add(Call(call), number)
    await eventually(lambda: len(names) == count)
    return names


async def test_calls_that_do_not_wait_share_one_task() -> None:
    names = await names_of_tasks(50, lambda: None)
    assert len(set(names)) == 1


async def test_a_timeout_that_was_not_needed_leaves_nothing_behind() -> None:
    seen: list[str] = []

    async def call(message: int) -> None:
        async with asyncio.timeout(10), asyncio.TaskGroup():
            seen.append(task().get_name())

    queue = RunQueue(budget=60)
    for number in range(20):
        queue.add(Call(call), number)
    await eventually(lambda: len(seen) == 20)
    assert len(set(seen)) == 1


kept: list[Any] = []


@pytest.mark.parametrize(
    "mark",
    [
        lambda: kept.append(task()),
        lambda: kept.append(weakref.ref(task())),
        lambda: kept.append(weakref.proxy(task(), kept.append)),
        lambda: task().add_done_callback(lambda done: None),
        lambda: task().set_name("mine"),
        lambda: task().cancel(),
        lambda: setattr(task(), "user", "ada"),
        lambda: language.set("de"),
    ],
    ids=[
        "reference",
        "weak reference",
        "proxy",
        "callback",
        "name",
        "cancel",
        "attribute",
        "context variable",
    ],
)
async def test_a_call_that_marks_its_task_is_its_last_one(mark: Callable[[], object]) -> None:
    kept.clear()
    seen: list[tuple[Any, ...]] = []

    def look_and_mark() -> None:
        seen.append((language.get(), hasattr(task(), "user"), task().cancelling()))
        mark()

    names = await names_of_tasks(5, look_and_mark)
    assert len(set(names)) == 5
    assert seen == [("en", False, 0)] * 5
    kept.clear()


class Incomparable:
    """A value that raises when it is compared, as an array does."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        raise ValueError("ambiguous")


async def test_a_context_variable_that_cannot_be_compared_is_no_error() -> None:
    errors: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: errors.append(context))
    variable = ContextVar[Incomparable]("variable")
    first, before = Incomparable(), []

    def look_and_set() -> None:
        before.append(variable.get() is first)
        variable.set(Incomparable())

    variable.set(first)
    names = await names_of_tasks(5, look_and_set)
    await asyncio.sleep(0)
    gc.collect()
    assert before == [True] * 5
    assert len(set(names)) == 5
    assert not errors


async def test_calls_behind_one_that_waits_go_on_in_another_task() -> None:
    log: list[tuple[int, str]] = []
    gate = asyncio.Event()

    async def call(message: int) -> None:
        log.append((message, task().get_name()))
        if message == 1:
            language.set("fr")
            await gate.wait()
            log.append((message, task().get_name()))
            assert language.get() == "fr"

    queue = RunQueue(budget=60)
    for number in range(4):
        queue.add(Call(call), number)
    await eventually(lambda: len(log) == 4)
    assert [number for number, _ in log] == [0, 1, 2, 3]
    assert language.get() == "en"
    gate.set()
    await eventually(lambda: len(log) == 5)
    names = dict(log)
    assert log[1] == log[4], "it keeps its task"
    assert names[2] == names[3] != names[1]


async def test_a_call_that_waits_alone_does_not_hold_up_later_ones() -> None:
    done: list[int] = []
    gate = asyncio.Event()

    async def call(message: int) -> None:
        if message == 0:
            await gate.wait()
        done.append(message)

    queue = RunQueue()
    queue.add(Call(call), 0)
    await asyncio.sleep(0)
    queue.add(Call(call), 1)
    await eventually(lambda: done == [1])
    gate.set()
    await eventually(lambda: done == [1, 0])


async def test_a_timeout_cancels_the_call_that_waits_and_no_other() -> None:
    ended: list[str] = []

    async def call(message: int) -> None:
        try:
            async with asyncio.timeout(0.01 if message == 1 else 10):
                await asyncio.sleep(0 if message != 1 else 60)
        except TimeoutError:
            ended.append(f"{message} timed out")
        else:
            ended.append(f"{message} ended")

    queue = RunQueue()
    for number in range(3):
        queue.add(Call(call), number)
    await eventually(lambda: len(ended) == 3)
    assert sorted(ended) == ["0 ended", "1 timed out", "2 ended"]


async def test_calls_behind_one_that_raises_go_on() -> None:
    done: list[int] = []
    errors: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: errors.append(context))

    async def call(message: int) -> None:
        if message == 1:
            raise ZeroDivisionError
        done.append(message)

    queue = RunQueue()
    for number in range(4):
        queue.add(Call(call), number)
    await eventually(lambda: done == [0, 2, 3])
    queue.add(Call(call), 5)
    await eventually(lambda: done == [0, 2, 3, 5])


async def test_a_turn_that_is_cancelled_before_it_begins_loses_no_call() -> None:
    done: list[int] = []

    async def call(message: int) -> None:
        done.append(message)

    queue = RunQueue()
    others = asyncio.all_tasks()
    queue.add(Call(call), 0)
    for turn in asyncio.all_tasks() - others:
        turn.cancel()
    await asyncio.sleep(0)
    queue.add(Call(call), 1)
    await eventually(lambda: done == [0, 1])
