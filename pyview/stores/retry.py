"""Writes that a store has missed: repeated until the store accepts them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from pyview.stores.health import StoreUnavailable
from pyview.stores.spool import SPOOLS, Spool, Spools

logger = logging.getLogger("pyview")

FIRST_PAUSE = 0.1  # seconds
LONGEST_PAUSE = 0.5  # seconds; for that long a signed-out cookie may still work once the store is back


class Retry:
    """Calls `attempt` with growing pauses until it succeeds.

    There is a task only from `begin` until the success. `attempt` raises `StoreUnavailable` while the store is lost.
    """

    def __init__(self, attempt: Callable[[], Awaitable[None]]) -> None:
        self._attempt = attempt
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Start the attempts on the running event loop. Does nothing if they are already running."""
        if not self.running:
            self._task = asyncio.get_running_loop().create_task(self._repeat())

    @property
    def running(self) -> bool:
        """True while attempts are made."""
        return self._task is not None and not self._task.done()

    async def close(self) -> None:
        """Stop the attempts, successful or not."""
        task, self._task = self._task, None
        while task is not None and not task.done():
            # On Python 3.11 `asyncio.wait_for`, in a client of the store, may swallow a cancellation.
            task.cancel()
            await asyncio.wait([task], timeout=0.1)

    async def _repeat(self) -> None:
        pause, logged = FIRST_PAUSE, ""
        while True:
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            try:
                return await self._attempt()
            except StoreUnavailable:
                pass  # `StoreHealth` has logged it once
            except Exception as error:
                if repr(error) != logged:
                    logged = repr(error)
                    logger.exception("writing to a store after an outage failed; trying again")
            if self._task is not asyncio.current_task():
                return  # closed: the Redis client has swallowed the cancellation


MOST = 10_000  # keys; a client can send any number of them while it is unknown which of them exist
LAST_ATTEMPT = 2.0  # seconds, when the worker stops


class Backlog:
    """Sign-outs that a store has missed.

    `forget(key)` deletes one key in the store, and raises `StoreUnavailable` while the store is lost. `name`: the keys
    in the log, as a plural noun.
    """

    def __init__(self, forget: Callable[[str], Awaitable[None]], name: str) -> None:
        self._forget = forget
        self._name = name
        self._keys: dict[str, None] = {}  # an ordered set: the oldest sign-out is written first
        self._retry = Retry(self._write)
        self._spool: Spool | None = None
        self._full = False

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    async def keep_in(self, spool: Spool) -> None:
        """Record keys in `spool` from now on, and write those that ended workers have left there."""
        self._spool = spool
        for key in await spool.take_over():
            if isinstance(key, str) and len(self._keys) < 2 * MOST:
                self._keys[key] = None
        if self._keys:
            self._retry.begin()
        else:  # the files are empty
            await spool.clear()

    async def add(self, key: str, *, exists: bool) -> None:
        """Delete `key` as soon as the store answers, by this worker or by the next one of this host.

        `exists`: the store has had it a moment ago. Such keys have space of their own, which invented ones cannot fill.
        """
        self._retry.begin()
        if key in self._keys:  # a cookie may be sent many times
            return
        if len(self._keys) >= (2 * MOST if exists else MOST):
            self._log_full()
            return
        self._keys[key] = None
        if self._spool is not None:
            await self._spool.add(key)

    def _log_full(self) -> None:
        if not self._full:
            self._full = True
            logger.error("more than %d %s wait for their store: dropping others", MOST, self._name)

    async def close(self) -> None:
        """Try once more, then leave the keys to the next worker, or give up without a spool."""
        await self._retry.close()
        if self._keys:
            with suppress(StoreUnavailable, TimeoutError):
                async with asyncio.timeout(LAST_ATTEMPT):
                    await self._write()
        if self._keys:
            log_unwritten(len(self._keys), self._name, self._spool)
            self._keys.clear()
        if self._spool is not None:
            self._spool.close()

    async def _write(self) -> None:
        written = 0
        while self._keys:
            written += await self._write_keys()
            await self._clear_spool()
        self._full = False
        logger.warning("wrote %d %s from the outage of their store", written, self._name)

    async def _write_keys(self) -> int:
        written = 0
        while self._keys:  # more keys may be added while these are written
            key = next(iter(self._keys))
            await self._forget(key)
            self._keys.pop(key, None)  # only now: after a failure the key is still there
            written += 1
            # A SQLite store answers without a real wait, which would block the event loop.
            await asyncio.sleep(0)
        return written

    async def _clear_spool(self) -> None:
        if self._spool is not None:
            await self._spool.clear()
            await self._spool.add(*self._keys)  # those that were added meanwhile


def log_unwritten(number: int, name: str, spool: Spool | None) -> None:
    """Log what becomes of the sign-outs that a worker has not written until its end."""
    if spool is not None and spool.complete:
        logger.warning("%d %s wait in %s for the next worker of this host", number, name, spool.place)
    else:
        logger.error("%d %s are lost: their store was unavailable until the worker stopped", number, name)


def spool_of(scope: Mapping[str, Any], kind: str) -> Spool | None:
    """Return a spool of the application that starts, None in an application other than PyView."""
    spools = scope.get(SPOOLS)
    return spools.of(kind) if isinstance(spools, Spools) else None
