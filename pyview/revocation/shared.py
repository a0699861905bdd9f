"""Revocations that several workers share: a log that all of them write and follow."""

import asyncio
import logging
import math
import time
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from pyview.revocation.base import Listener
from pyview.revocation.replica import Replica
from pyview.revocation.revocation import Revocation
from pyview.storage.errors import StoreUnavailable
from pyview.storage.retry import Retry

logger = logging.getLogger("pyview.security")

PAUSE = 0.25  # seconds before a log that was lost is followed again
AT_ONCE = 1000  # revocations learnt before the event loop gets a turn
LAST_ATTEMPT = 2.0  # seconds to write what is unsaved when the worker stops


@dataclass(frozen=True, slots=True)
class News:
    """Revocations found in a log. `whole`: these are all that it holds."""

    revocations: list[Revocation]
    whole: bool = False


class RevocationLog(Protocol):
    """Where shared revocations are kept. Everything raises `StoreUnavailable`."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def add(self, revocations: Collection[Revocation], now: float) -> None:
        """Merge them into what is there; those expired at `now` may be dropped."""

    async def find(self, keys: Collection[str]) -> list[Revocation]:
        """What is there of `keys`."""

    def follow(self) -> AsyncGenerator[News]:
        """First all that the log holds, then what is added, by whomever: news within a second, or empty news
        to say that there is none."""
        ...


class SharedRevocations:
    """Asks the log for what must be certain, and keeps a copy of it for what must be quick.

    Nothing that this worker knows is lost with the store: what the log has not taken, or no longer has, is
    written as soon as it is back, also when no task follows the log here.
    """

    def __init__(self, log: RevocationLog, clock: Callable[[], float] = time.time) -> None:
        self._log = log
        self._clock = clock
        self._replica = Replica(clock)
        self._unsaved: dict[str, Revocation] = {}
        self._retry = Retry(self._save_late)
        self._following: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._complete_at = -math.inf

    async def start(self) -> None:
        await self._log.open()

    async def close(self) -> None:
        self._replica.deafen()
        self._stop_following()
        while self._tasks:
            # On Python 3.11 `asyncio.wait_for`, in a client of the store, may swallow a cancellation.
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks, timeout=0.1)
        await self._retry.close()
        if self._unsaved:
            await self._save_for_the_last_time()
        await self._log.close()

    async def _save_for_the_last_time(self) -> None:
        try:
            async with asyncio.timeout(LAST_ATTEMPT):
                await self._save_late()
        except (StoreUnavailable, TimeoutError):
            logger.error(
                "%d sign-outs are lost: the store of revocations was still away at the end",
                len(self._unsaved),
            )

    async def revoke(self, key: str, until: float, not_before: float | None = None) -> None:
        revocation = Revocation(key, until, not_before)
        if revocation.until <= self._clock():
            return
        self._replica.add(revocation)
        self._keep(revocation)
        await self._save_or_retry()

    async def revoked(self, keys: Mapping[str, float]) -> bool:
        if self._replica.revoked(keys):
            return True
        for revocation in await self._log.find(keys):
            self._replica.add(revocation)
        return self._replica.revoked(keys)

    def known_revoked(self, keys: Mapping[str, float]) -> bool:
        return self._replica.revoked(keys)

    def behind(self) -> float:
        return time.monotonic() - self._complete_at

    def subscribe(self, listener: Listener) -> None:
        self._replica.subscribe(listener)
        if self._following is None:
            task = self._following = asyncio.get_running_loop().create_task(self._follow())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def unsubscribe(self, listener: Listener) -> None:
        self._replica.unsubscribe(listener)
        if not self._replica.heard:
            self._stop_following()

    def _stop_following(self) -> None:
        following, self._following = self._following, None
        if following is not None:
            following.cancel()

    async def _follow(self) -> None:
        while self._is_following():
            try:
                await self._follow_once()
            except StoreUnavailable:
                pass  # the store has said so in the log, once
            except Exception:
                logger.exception("Following the revocations failed; beginning again")
            await asyncio.sleep(PAUSE)

    async def _follow_once(self) -> None:
        async with aclosing(self._log.follow()) as log:
            async for news in log:
                await self._hear(news)
                if not self._is_following():
                    return

    def _is_following(self) -> bool:
        return self._following is asyncio.current_task()

    async def _hear(self, news: News) -> None:
        await self._learn(news.revocations)
        self._complete_at = time.monotonic()
        if news.whole:
            self._keep_what_is_missing_in(news.revocations)
        if self._unsaved:
            await self._save_or_retry()

    async def _learn(self, revocations: list[Revocation]) -> None:
        for start in range(0, len(revocations), AT_ONCE):
            for revocation in revocations[start : start + AT_ONCE]:
                self._replica.add(revocation)
            await asyncio.sleep(0)

    def _keep_what_is_missing_in(self, revocations: Iterable[Revocation]) -> None:
        # A server that was restarted may have forgotten what its workers still know.
        stored = {revocation.key: revocation for revocation in revocations}
        for revocation in self._replica:
            found = stored.get(revocation.key)
            # Nearly always the very same: there may be a hundred thousand.
            if found is not revocation and (found is None or found.merged(revocation) != found):
                self._keep(revocation)

    def _keep(self, revocation: Revocation) -> None:
        kept = self._unsaved.get(revocation.key)
        self._unsaved[revocation.key] = revocation.joined(kept, self._clock())

    async def _save_or_retry(self) -> None:
        try:
            await self._save()
        except BaseException:  # a request that is cancelled meanwhile has signed its user out, too
            self._retry.begin()
            raise

    async def _save_late(self) -> None:
        await self._log.open()
        late = len(self._unsaved)
        await self._save()
        if late:
            logger.warning("%d sign-outs from the time without the store of revocations are written", late)

    async def _save(self) -> None:
        now = self._clock()
        self._unsaved = {key: kept for key, kept in self._unsaved.items() if kept.until > now}
        saving = tuple(self._unsaved.values())
        await self._log.add(saving, now)
        for revocation in saving:
            # Another revocation of the same key may have come meanwhile.
            if self._unsaved.get(revocation.key) == revocation:
                del self._unsaved[revocation.key]
