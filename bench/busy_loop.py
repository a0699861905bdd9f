"""Keep the event loop of the load generator busy, so that it never sleeps in the kernel.

The kernel wakes a sleeping process within the *sender's* system call. The slower a server is, the more often the
generator sleeps, and the server would pay for waking it. Clients on other machines do not cost a server that time. So
the generator polls its sockets all the time while a sample is taken.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator


class Turns:
    """Counter of the turns of the event loop, including idle ones."""

    def __init__(self) -> None:
        self.count = 0
        self._loop = asyncio.get_running_loop()
        self._next = self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        self.count += 1
        self._next = self._loop.call_soon(self._turn)

    def stop(self) -> None:
        self._next.cancel()


@contextlib.asynccontextmanager
async def busy_loop() -> AsyncIterator[Turns]:
    """Keep the event loop from sleeping within this block."""
    turns = Turns()
    try:
        yield turns
    finally:
        turns.stop()


async def idle_turn() -> float:
    """Return the CPU seconds of an idle turn."""
    async with busy_loop() as turns:
        start = time.process_time()
        await asyncio.sleep(0.02)
        return (time.process_time() - start) / max(1, turns.count)
