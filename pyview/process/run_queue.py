"""Mailboxes that have something to do, served in turns of a few milliseconds.

A broadcast to a thousand views must not keep the loop from reading sockets until the last of them has rendered.
"""

import asyncio
import time
from collections import deque
from typing import Any, Protocol


class Runnable(Protocol):
    def run(self, message: Any) -> None: ...


class _End:
    """Marks the end of what was ready when a publisher began to wait."""

    def __init__(self) -> None:
        self.reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def run(self, message: Any) -> None:
        if not self.reached.done():  # who waits may have been cancelled
            self.reached.set_result(None)


class RunQueue:
    """First in, first out. One turn lasts `budget` seconds at the most, then the loop has its own turn."""

    def __init__(self, budget: float = 0.004) -> None:
        self._ready: deque[tuple[Runnable, Any]] = deque()
        self._budget = budget
        self._scheduled = False

    def add(self, runnable: Runnable, message: Any) -> None:
        """Call `runnable.run(message)` soon; it must not raise."""
        self._ready.append((runnable, message))
        if not self._scheduled:
            self._schedule()

    @property
    def idle(self) -> bool:
        """True while nothing is ready."""
        return not self._ready

    async def served(self) -> None:
        """Wait until everything that is ready now has run. It never waits for a handler that waits for something."""
        if self._ready:
            end = _End()
            self.add(end, None)
            await end.reached

    def _schedule(self) -> None:
        self._scheduled = True
        asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._scheduled = False
        ready = self._ready
        end = time.monotonic() + self._budget
        while ready:
            runnable, message = ready.popleft()
            runnable.run(message)
            if time.monotonic() > end:
                break
        if ready and not self._scheduled:
            self._schedule()
