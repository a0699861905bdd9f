"""Revocations that several workers share through a log that all of them write and follow."""

import asyncio
import logging
import math
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from pyview.stores.health import HealthRegistry, StoreUnavailable
from pyview.stores.retry import Retry, log_unwritten
from pyview.stores.revocations import Listener, Revocation, RevocationCache, revocation_of
from pyview.stores.spool import Spool

logger = logging.getLogger("pyview.security")

PAUSE = 0.25  # seconds before the log is followed again after a failure
CHUNK = 1000  # revocations added to the cache before the event loop gets a turn
LAST_ATTEMPT = 2.0  # seconds for writing unsaved revocations when the worker stops


@dataclass(frozen=True, slots=True)
class RevocationBatch:
    """Revocations read from a log. `whole`: these are all that the log has."""

    revocations: list[Revocation]
    whole: bool = False


Announce = Callable[[Revocation], Awaitable[None]]


class RevocationLog(Protocol):
    """Storage of shared revocations. Every method except `share_health` raises `StoreUnavailable`."""

    @property
    def share_health(self) -> Callable[[HealthRegistry], None]: ...

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def add(self, revocations: Collection[Revocation], now: float) -> None:
        """Merge the revocations with the stored ones; those expired at `now` may be dropped."""

    async def find(self, keys: Collection[str]) -> list[Revocation]:
        """Return the stored revocations of `keys`."""

    def follow(self) -> AsyncGenerator[RevocationBatch]:
        """Yield one whole batch, then the additions of every worker within a second, or an empty batch if there are
        none."""
        ...


class SharedRevocations:
    """`Revocations` on a log: `revoked` asks the log, `known_revoked` a copy of it in this worker.

    No revocation that this worker knows is lost with the store: those that the log has not accepted, or no longer has,
    are written as soon as it is back, also when this worker does not follow the log.
    """

    def __init__(self, log: RevocationLog, clock: Callable[[], float] = time.time) -> None:
        self._log = log
        self._clock = clock
        self._cache = RevocationCache(clock)
        self._unsaved: dict[str, Revocation] = {}
        self._retry = Retry(self._save_late)
        self._announce: Announce | None = None
        self._spool: Spool | None = None
        self._spooled: dict[str, Revocation] = {}
        self._follower: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._complete_at = -math.inf

    async def start(self) -> None:
        await self._log.open()

    def share_health(self, health: HealthRegistry) -> None:
        """Log an outage once for all stores in the same place that share `health`. Call it before `start`."""
        self._log.share_health(health)

    def announce_with(self, announce: Announce | None) -> None:
        """Call `announce` for each revocation of this worker, before the log has it: it may reach the others sooner."""
        self._announce = announce

    def learn(self, revocation: Revocation) -> None:
        """Apply a revocation that another worker has announced."""
        self._cache.add(revocation)

    async def keep_in(self, spool: Spool) -> None:
        """Record sign-outs that the log has missed in `spool`, and write those that ended workers have left there."""
        self._spool = spool
        for entry in await spool.take_over():
            revocation = revocation_of(entry)
            if revocation is None:
                logger.error("a malformed sign-out of an earlier worker was dropped")
            elif revocation.until > self._clock():
                self._cache.add(revocation)
                self._add_unsaved(revocation)
        self._spooled.update(self._unsaved)
        if self._unsaved:
            self._retry.begin()
        else:  # the files have none that still counts
            await spool.clear()

    async def close(self) -> None:
        self._cache.remove_listeners()
        self._stop_following()
        while self._tasks:
            # On Python 3.11 `asyncio.wait_for`, in a client of the store, may swallow a cancellation.
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks, timeout=0.1)
        await self._retry.close()
        if self._unsaved:
            try:
                async with asyncio.timeout(LAST_ATTEMPT):
                    await self._save_late()
            except (StoreUnavailable, TimeoutError):
                log_unwritten(len(self._unsaved), "sign-outs", self._spool)
        if self._spool is not None:
            self._spool.close()
        await self._log.close()

    async def revoke(self, key: str, until: float, not_before: float | None = None) -> None:
        revocation = Revocation(key, until, not_before)
        if revocation.until <= self._clock():
            return
        # First here, then in the log: if the log is lost, this worker still refuses the session.
        self._cache.add(revocation)
        self._add_unsaved(revocation)
        is_lost = self._retry.running
        async with self._retried():
            if self._announce is not None:
                await self._announce(revocation)
            if is_lost:
                # The attempts that are running write this one too, and its user need not wait.
                raise StoreUnavailable("the sign-out is written as soon as the store is back")
            await self._save()

    async def revoked(self, keys: Mapping[str, float]) -> bool:
        if self._cache.revoked(keys):
            return True
        for revocation in await self._log.find(keys):
            self._cache.add(revocation)
        return self._cache.revoked(keys)

    def known_revoked(self, keys: Mapping[str, float]) -> bool:
        return self._cache.revoked(keys)

    def staleness(self) -> float:
        return time.monotonic() - self._complete_at

    def subscribe(self, listener: Listener) -> None:
        self._cache.subscribe(listener)
        if self._follower is None:
            task = self._follower = asyncio.get_running_loop().create_task(self._follow())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def unsubscribe(self, listener: Listener) -> None:
        self._cache.unsubscribe(listener)
        if not self._cache.has_listeners:
            self._stop_following()

    def _stop_following(self) -> None:
        follower, self._follower = self._follower, None
        if follower is not None:
            follower.cancel()

    async def _follow(self) -> None:
        while self._is_following():
            try:
                await self._follow_once()
            except StoreUnavailable:
                pass  # `StoreHealth` has logged it once
            except Exception:
                logger.exception("following the revocations failed; trying again")
            await asyncio.sleep(PAUSE)

    async def _follow_once(self) -> None:
        async with aclosing(self._log.follow()) as log:
            async for batch in log:
                await self._apply(batch)
                if not self._is_following():
                    return

    def _is_following(self) -> bool:
        return self._follower is asyncio.current_task()

    async def _apply(self, batch: RevocationBatch) -> None:
        for start in range(0, len(batch.revocations), CHUNK):
            for revocation in batch.revocations[start : start + CHUNK]:
                self._cache.add(revocation)
            await asyncio.sleep(0)
        self._complete_at = time.monotonic()
        if batch.whole:
            self._add_unsaved_missing_from(batch.revocations)
        if self._unsaved:
            async with self._retried():
                await self._save()

    def _add_unsaved_missing_from(self, revocations: Iterable[Revocation]) -> None:
        # A server that was restarted without its data may have lost revocations that its workers still know.
        stored = {revocation.key: revocation for revocation in revocations}
        for revocation in self._cache:
            found = stored.get(revocation.key)
            # Nearly always the same object. There may be a hundred thousand: compare the fields only if it is not.
            if found is not revocation and (found is None or found.merged(revocation) != found):
                self._add_unsaved(revocation)

    def _add_unsaved(self, revocation: Revocation) -> None:
        kept = self._unsaved.get(revocation.key)
        self._unsaved[revocation.key] = revocation.replacing(kept, self._clock())

    @asynccontextmanager
    async def _retried(self) -> AsyncIterator[None]:
        try:
            yield
        # Also if the request is cancelled meanwhile: its user has been signed out.
        except BaseException as error:
            self._retry.begin()
            if isinstance(error, StoreUnavailable):
                await self._record_unsaved()
            raise

    async def _record_unsaved(self) -> None:
        """Write the sign-outs that the log has missed to the disk: this worker may end before the log is back."""
        if self._spool is None:
            return
        # By identity: after an outage that lost the data of the server, there may be a hundred thousand.
        missing = [one for key, one in self._unsaved.items() if self._spooled.get(key) is not one]
        for start in range(0, len(missing), CHUNK):
            chunk = missing[start : start + CHUNK]
            self._spooled.update((revocation.key, revocation) for revocation in chunk)
            await self._spool.add(*(revocation.as_json() for revocation in chunk))

    async def _save_late(self) -> None:
        late = len(self._unsaved)
        try:
            await self._log.open()
            await self._save()
        except StoreUnavailable:
            await self._record_unsaved()
            raise
        if late:
            logger.warning("wrote %d sign-outs from the outage of the revocation store", late)

    async def _save(self) -> None:
        now = self._clock()
        self._unsaved = {key: kept for key, kept in self._unsaved.items() if kept.until > now}
        saving = tuple(self._unsaved.values())
        await self._log.add(saving, now)
        for revocation in saving:
            # During the write, the same key may have been revoked again: that revocation is not saved yet.
            if self._unsaved.get(revocation.key) == revocation:
                del self._unsaved[revocation.key]
        if self._spooled and self._spool is not None:
            self._spooled.clear()
            await self._spool.clear()
            await self._record_unsaved()
