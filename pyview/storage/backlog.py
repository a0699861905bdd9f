"""Keys that a store has to forget as soon as it is back."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from pyview.storage.errors import StoreUnavailable
from pyview.storage.retry import Retry

logger = logging.getLogger("pyview.security")

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
