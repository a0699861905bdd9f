"""Revocations that several workers share: a log that all of them write and follow.

Revocations shared by the workers of one host, in a SQLite file.
"""

import asyncio
import logging
import math
import os
import sqlite3
import time
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from pyview.stores.backlog import Retry
from pyview.stores.outage import Outages, StoreUnavailable
from pyview.stores.revocations import Listener, Revocation, RevocationCache
from pyview.stores.sqlite import SQLiteFile

logger = logging.getLogger("pyview.security")

PAUSE = 0.25  # seconds before a log that was lost is followed again
AT_ONCE = 1000  # revocations learnt before the event loop gets a turn
LAST_ATTEMPT = 2.0  # seconds to write what is unsaved when the worker stops


@dataclass(frozen=True, slots=True)
class RevocationBatch:
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

    def follow(self) -> AsyncGenerator[RevocationBatch]:
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
        self._replica = RevocationCache(clock)
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

    async def _hear(self, news: RevocationBatch) -> None:
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


POLL = 0.5  # seconds
PAGE = 500  # rows read in one go: well below a millisecond
PURGE = 200  # expired rows removed by one write

# Ids are never used again, so what is new has a higher one; a changed row is a new row.
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS revocations ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, until REAL NOT NULL, not_before REAL)",
    "CREATE INDEX IF NOT EXISTS revocations_until ON revocations (until)",
)


class SQLiteRevocations(SharedRevocations):
    """Revocations in the file `path`, made when it is missing. `clock`: Unix time in seconds, when reading."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        clock: Callable[[], float] = time.time,
        outages: Outages | None = None,
    ) -> None:
        super().__init__(_SQLiteLog(SQLiteFile(path, SCHEMA, durable=True, outages=outages)), clock)


class _SQLiteLog:
    def __init__(self, file: SQLiteFile) -> None:
        self._file = file
        self.open = file.open
        self.close = file.close

    async def add(self, revocations: Collection[Revocation], now: float) -> None:
        def change(connection: sqlite3.Connection) -> None:
            for revocation in revocations:
                _merge(connection, revocation, now)
            _purge(connection, now)

        await self._file.write(change)

    async def find(self, keys: Collection[str]) -> list[Revocation]:
        wanted = tuple(keys)
        marks = ",".join("?" * len(wanted))
        query = f"SELECT key, until, not_before FROM revocations WHERE key IN ({marks})"  # noqa: S608

        def found(connection: sqlite3.Connection) -> list[Revocation]:
            return [Revocation(*row) for row in connection.execute(query, wanted)]

        return await self._file.read(found)

    async def follow(self) -> AsyncGenerator[RevocationBatch, None]:
        followed, last = object(), 0
        while True:
            news, reached = await self._after(last)
            # Noted before anybody else can read: another file may take the place of this one at any time.
            found = self._file.identity
            if found is not followed and last > 0:
                last = 0
                continue
            whole, followed, last = found is not followed, found, reached
            yield RevocationBatch(news, whole)
            await asyncio.sleep(POLL)

    async def _after(self, last: int) -> tuple[list[Revocation], int]:
        """What was added after row `last`, and the last row now."""
        news: list[Revocation] = []
        reached = last
        while True:
            rows = await self._file.read(partial(_page, reached))
            news.extend(Revocation(*row[1:]) for row in rows)
            reached = rows[-1][0] if rows else reached
            if len(rows) < PAGE:
                return news, reached
            await asyncio.sleep(0)


def _page(last: int, connection: sqlite3.Connection) -> list[tuple[int, str, float, float | None]]:
    query = "SELECT id, key, until, not_before FROM revocations WHERE id > ? ORDER BY id LIMIT ?"
    return connection.execute(query, (last, PAGE)).fetchall()


def _merge(connection: sqlite3.Connection, revocation: Revocation, now: float) -> None:
    query = "SELECT key, until, not_before FROM revocations WHERE key = ?"
    row = connection.execute(query, (revocation.key,)).fetchone()
    merged = revocation.joined(Revocation(*row) if row else None, now)
    if row != (merged.key, merged.until, merged.not_before):
        connection.execute(
            "INSERT OR REPLACE INTO revocations (key, until, not_before) VALUES (?, ?, ?)",
            (merged.key, merged.until, merged.not_before),
        )


def _purge(connection: sqlite3.Connection, now: float) -> None:
    connection.execute(
        "DELETE FROM revocations WHERE id IN (SELECT id FROM revocations WHERE until <= ? LIMIT ?)",
        (now, PURGE),
    )
