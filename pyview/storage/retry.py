"""Repeat what a store did not take, until it does."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from pyview.storage.errors import StoreUnavailable

logger = logging.getLogger("pyview")

FIRST_PAUSE = 0.1  # seconds
LONGEST_PAUSE = 0.5  # seconds; a copied cookie may be good for as long once the store is back


class Retry:
    """Call `attempt` again and again, with growing pauses, until it succeeds.

    There is a task only from `begin` until then. `attempt` raises `StoreUnavailable` while the store is away.
    """

    def __init__(self, attempt: Callable[[], Awaitable[None]]) -> None:
        self._attempt = attempt
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Start to repeat it, on the running event loop. Nothing happens if that is under way."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._repeat())

    async def close(self) -> None:
        """Stop repeating it, whether or not it has succeeded."""
        task, self._task = self._task, None
        while task is not None and not task.done():
            # On Python 3.11 `asyncio.wait_for`, in a client of the store, may swallow a cancellation.
            task.cancel()
            await asyncio.wait([task], timeout=0.1)

    async def _repeat(self) -> None:
        pause, said = FIRST_PAUSE, ""
        while True:
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            try:
                return await self._attempt()
            except StoreUnavailable:
                pass  # the store has said so in the log, once
            except Exception as error:
                if repr(error) != said:
                    said = repr(error)
                    logger.exception("Writing what a store has missed failed; it is tried again and again")
            if self._task is not asyncio.current_task():
                return  # closed, and the cancellation was swallowed
