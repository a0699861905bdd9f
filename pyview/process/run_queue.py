"""Calls that are due, such as the deliveries of a broadcast, served in turns of a few milliseconds.

A broadcast to a thousand views must not keep the event loop from reading sockets until the last of them has rendered.
One task serves a whole turn: it awaits each call, and nearly none of them has to wait. So a delivery costs no task, and
code in it still finds a current task, which time-outs and task groups need. A call that does wait keeps the task for
itself, and another task goes on with the calls behind it.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable
from contextvars import Context, copy_context
from operator import is_
from sys import getrefcount
from time import monotonic
from typing import Any, Protocol
from weakref import getweakrefcount


class Runnable(Protocol):
    def run(self, message: Any, task: asyncio.Task[None]) -> Awaitable[None] | None: ...


class RunQueue:
    """Calls that are due, first in, first out. A turn lasts `budget` seconds at most, then the event loop goes on."""

    def __init__(self, budget: float = 0.004) -> None:
        self._ready: deque[tuple[Runnable, Any]] = deque()
        self._budget = budget
        self._turn: Turn | None = None
        """The turn that serves what is ready. A turn whose call waits does not any more."""

    def add(self, runnable: Runnable, message: Any) -> None:
        """Call `runnable.run(message, task)` soon, and await what it returns in `task`; neither must raise."""
        self._ready.append((runnable, message))
        # A turn that was cancelled before it began serves nothing.
        if self._turn is None or self._turn.done():
            self._begin(copy_context())

    @property
    def idle(self) -> bool:
        return not self._ready

    async def served(self) -> None:
        """Wait until all calls that are due now have been made. A handler that awaits something is not waited for."""
        if self._ready:
            end = _End()
            self.add(end, None)
            await end.reached

    def _begin(self, context: Context) -> None:
        # Not by `create_task`: a task factory of the application might run it at once.
        self._turn = Turn(self._serve(), loop=asyncio.get_running_loop(), context=context)

    async def _serve(self) -> None:
        turn, context, ready = _current_turn(), copy_context(), self._ready
        if len(ready) > 1:
            asyncio.get_running_loop().call_soon(self._go_on, turn, context)
        end = monotonic() + self._budget
        references, weak_references, changes = getrefcount(turn), getweakrefcount(turn), turn.changes
        while True:
            runnable, message = ready.popleft()
            if not ready:
                # What is added from now on, perhaps while this call waits, gets a turn of its own.
                self._turn = None
            rest = runnable.run(message, turn)
            if rest is not None:
                await rest
            if self._turn is not turn:
                return
            # Written out and not in functions, because this runs after each delivery.
            now = copy_context()
            if (
                monotonic() > end
                or getrefcount(turn) != references
                or getweakrefcount(turn) != weak_references
                or turn.changes != changes
                or ((now or context) and not _is_same(now, context))
            ):
                self._begin(context.copy())
                return

    def _go_on(self, turn: "Turn", context: Context) -> None:
        """Serve the rest in another turn, if a call of this one waits or has failed."""
        if self._turn is turn:
            self._begin(context.copy())


class Turn(asyncio.Task[None]):
    """The task of one turn, which notices what its calls leave behind in it.

    Each call has to find a task as if it had been made for it. So a call that keeps a reference to the task, or changes
    it, is the last one of its turn.
    """

    changes = 0

    def add_done_callback(self, *args: Any, **kwargs: Any) -> None:
        self._changed()
        super().add_done_callback(*args, **kwargs)

    def cancel(self, msg: Any | None = None) -> bool:
        self._changed()
        return super().cancel(msg)

    def set_name(self, value: object) -> None:
        self._changed()
        super().set_name(value)

    def __setattr__(self, name: str, value: Any) -> None:
        self._changed()
        super().__setattr__(name, value)

    def _changed(self) -> None:
        super().__setattr__("changes", self.changes + 1)


def _current_turn() -> Turn:
    turn = asyncio.current_task()
    if not isinstance(turn, Turn):
        raise RuntimeError("expected to run in a turn")
    return turn


class _End:
    """Marks the end of what was ready when a publisher began to wait."""

    def __init__(self) -> None:
        self.reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def run(self, message: Any, task: asyncio.Task[None]) -> None:
        if not self.reached.done():  # the task that waits may have been cancelled
            self.reached.set_result(None)


def _is_same(context: Context, before: Context) -> bool:
    # Contexts are compared by `==`, at once if nothing was set. Equal values may be two objects that change.
    try:
        return context == before and (not context or all(map(is_, context.values(), before.values())))
    except Exception:  # of a value that cannot be compared, such as an array
        return False
