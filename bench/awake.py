"""A load generator that never sleeps.

A process that waits in the kernel has to be woken, and the kernel does that within the *sender's* system call: the
slower a server, the more often the generator sleeps, and the more the server would pay for having waited for. Clients
elsewhere cost a server nothing of the kind. So, while a sample is taken, the generator looks at its sockets again and
again.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator


class Turns:
    """Turns of the event loop in which there need not have been anything to do."""

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
async def awake() -> AsyncIterator[Turns]:
    """The event loop does not sleep within this block."""
    turns = Turns()
    try:
        yield turns
    finally:
        turns.stop()


async def idle_turn() -> float:
    """CPU seconds of one turn with nothing to do."""
    async with awake() as turns:
        start = time.process_time()
        await asyncio.sleep(0.02)
        return (time.process_time() - start) / max(1, turns.count)
