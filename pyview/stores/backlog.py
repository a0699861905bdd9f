"""Keys that a store has to forget as soon as it is back.

Repeat what a store did not take, until it does.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from pyview.stores.outage import StoreUnavailable

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


MOST = 10_000  # keys; anybody may bring some while the store cannot say whether they exist
LAST_ATTEMPT = 2.0  # seconds, when the worker stops


class Backlog:
    """Sign-outs that a store has missed. `forget(key)` has the store forget one; it raises `StoreUnavailable` while
    the store is away. `name` says in the log what the keys are, in the plural.
    """

    def __init__(self, forget: Callable[[str], Awaitable[None]], name: str) -> None:
        self._forget = forget
        self._name = name
        self._keys: dict[str, None] = {}
        self._retry = Retry(self._write)
        self._full = False

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, key: str) -> None:
        """Have `key` forgotten as soon as the store answers."""
        if len(self._keys) < MOST:
            self._keys[key] = None
        elif not self._full:
            self._full = True
            logger.error(
                "more than %d %s wait for their store: further ones are not written", MOST, self._name
            )
        self._retry.begin()

    async def close(self) -> None:
        """Try once more, then give up."""
        await self._retry.close()
        if not self._keys:
            return
        with suppress(StoreUnavailable, TimeoutError):
            async with asyncio.timeout(LAST_ATTEMPT):
                await self._write()
        if self._keys:
            logger.error("%d %s are lost: their store was still away at the end", len(self._keys), self._name)
            self._keys.clear()

    async def _write(self) -> None:
        written = 0
        # Others may come while these are written.
        while self._keys:
            key = next(iter(self._keys))
            await self._forget(key)
            self._keys.pop(key, None)
            written += 1
            await asyncio.sleep(0)  # a file is read without waiting
        self._full = False
        logger.warning("%d %s from the time without their store are written", written, self._name)
