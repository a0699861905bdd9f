"""Run a coroutine at once; it becomes a waiting task only if it has to wait.

Most handlers never wait, and a turn of the event loop costs more than they do. Python 3.12 can run a task's first step
at once (`eager_start`), with the right current task, so that timeouts and task groups inside work. Python 3.11 cannot:
there the functions do the same that asyncio documents for event loop implementers.
"""

import asyncio
import sys
from collections.abc import Awaitable, Coroutine, Generator
from contextvars import copy_context
from types import CoroutineType, FrameType
from typing import Any

if sys.version_info >= (3, 12):

    def start(coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
        """Run `coroutine` up to its first wait. Return None if it has ended, else the task, which the caller keeps."""
        loop = asyncio.get_running_loop()
        task = asyncio.Task(coroutine, loop=loop, eager_start=True)
        if not task.done():
            return task
        # Raises in the caller what the coroutine has raised: no task is left that could report it.
        task.result()
        return None

else:

    def start(coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
        """Run `coroutine` up to its first wait. Return None if it has ended, else the task, which the caller keeps."""
        loop = asyncio.get_running_loop()
        begun = Begun(coroutine)
        task = loop.create_task(begun)
        caller = asyncio.current_task(loop)
        if caller is not None:
            # asyncio allows one current task, and the handler must not find that of its caller.
            asyncio._leave_task(loop, caller)
        asyncio._enter_task(loop, task)
        try:
            begun.begin()
        finally:
            asyncio._leave_task(loop, task)
            if caller is not None:
                asyncio._enter_task(loop, caller)
        return None if begun.ended else task


class Begun(Coroutine[Any, Any, None]):
    """A coroutine whose first step is taken before its task takes it.

    The task's own first step gets what the coroutine waits for. When there was nothing to wait for, the task ends at
    once, in a later turn, unseen.
    """

    __slots__ = ("_awaited", "_context", "_coroutine", "_waits", "ended")

    def __init__(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self._coroutine = coroutine
        self._context = copy_context()
        self._awaited: Any = None
        self._waits = False
        self.ended = False

    def begin(self) -> None:
        """Take the first step. Raises what the coroutine raises."""
        try:
            self.waits_for(self._context.run(self._coroutine.send, None))
        except StopIteration:
            self.ended = True
        except BaseException:
            self.ended = True
            raise

    def waits_for(self, awaited: Any) -> None:
        """Note that the first step was taken and yielded `awaited`, which the task gets with its own first step."""
        self._awaited = awaited
        self._waits = True

    @property
    def cr_frame(self) -> FrameType | None:
        """The frame of the coroutine, as coroutines have it; None when it has ended."""
        return getattr(self._coroutine, "cr_frame", None)

    @property
    def cr_await(self) -> Any:
        """The object that the coroutine waits for, as coroutines have it."""
        return getattr(self._coroutine, "cr_await", None)

    def send(self, value: Any) -> Any:
        if self.ended:
            raise StopIteration
        if self._waits:
            self._waits = False
            awaited, self._awaited = self._awaited, None
            return awaited
        # Each step in the same context, so that context variables of the first step are still set.
        return self._context.run(self._coroutine.send, value)

    def throw(self, *error: Any) -> Any:
        if self.ended:
            raise StopIteration
        self._waits = False
        return self._context.run(self._coroutine.throw, *error)

    def close(self) -> None:
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, None]:
        return self._coroutine.__await__()


def local(coroutine: Any, name: str) -> Any:
    """Return the value of a variable of a waiting coroutine; None if it has no such variable or has ended."""
    frame = getattr(coroutine, "cr_frame", None)
    return None if frame is None else frame.f_locals.get(name)


async def _awaited(awaitable: Awaitable[None]) -> None:
    await awaitable


def start_plain(awaitable: Awaitable[None]) -> asyncio.Task[None] | None:
    """`start` for code that never asks which task it runs in, such as a server's `send`: a third of the cost.

    The first step runs in the caller's task, so time-outs and task groups must not be entered in it.
    """
    # The `send` of Granian returns a future of its own.
    coroutine = awaitable if type(awaitable) is CoroutineType else _awaited(awaitable)
    try:
        awaited = coroutine.send(None)
    except StopIteration:
        return None
    begun = Begun(coroutine)
    begun.waits_for(awaited)
    return asyncio.get_running_loop().create_task(begun)
