"""Start a coroutine now; it becomes a waiting task only if it really has to wait.

Most handlers never wait, and a turn of the event loop costs more than they do. Python 3.12 can run a task's first step
at once (`eager_start`), with the right current task, so that time-outs and task groups inside work. Python 3.11 cannot:
there every start costs a turn of the loop.
"""

import asyncio
import sys
from collections.abc import Coroutine, Generator
from types import coroutine as generator_based
from typing import Any

if sys.version_info >= (3, 12):

    def start(coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
        """Run `coroutine` up to its first wait. None when it has ended; else the task, for the caller to keep."""
        loop = asyncio.get_running_loop()
        task = asyncio.Task(coroutine, loop=loop, eager_start=True)
        if not task.done():
            return task
        task.result()
        return None

else:

    def start(coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
        """Run `coroutine` as a task; the caller keeps it, since the loop holds tasks weakly."""
        return asyncio.get_running_loop().create_task(coroutine)


def start_plain(coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
    """`start` for code that never asks which task it runs in, such as a server's `send`: a third of the cost.

    The first step runs in the caller's task, so time-outs and task groups must not be entered in it.
    """
    try:
        awaited = coroutine.send(None)
    except StopIteration:
        return None
    return asyncio.get_running_loop().create_task(_continued(coroutine, awaited))


async def _continued(coroutine: Coroutine[Any, Any, None], awaited: Any) -> None:
    await _go_on(coroutine, awaited)


@generator_based
def _go_on(coroutine: Coroutine[Any, Any, None], awaited: Any) -> Generator[Any, Any, None]:
    """Wait for what the first step waits for, then drive the rest; a future handed over unwaited stays valid."""
    try:
        while True:
            try:
                value = yield awaited
            except BaseException as error:
                awaited = coroutine.throw(error)
            else:
                awaited = coroutine.send(value)
    except StopIteration:
        return
