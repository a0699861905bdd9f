"""Keys that may be used once: the contract, in memory, and in a SQLite file that the workers of one host share."""

import os
import sqlite3
import time
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Protocol

from pyview.stores.health import HealthRegistry
from pyview.stores.sqlite import SQLiteFile


class OnceStore(Protocol):
    """Grants each key once among all workers, such as the id of a token that must not be used twice.

    Use it on one event loop, between `start` and `close`. Times are Unix times in seconds.
    """

    async def start(self) -> None:
        """Open the store. Raises `StoreUnavailable` if it cannot be reached; call it again then."""

    async def close(self) -> None:
        """Close connections and files."""

    async def claim(self, key: str, until: float) -> bool:
        """Return True for the first claim of `key`, False for every later one until `until`.

        `until`: time from which on what `key` stands for is not accepted any more, so that the key may be forgotten.
        Raises `StoreUnavailable` if the store cannot answer: refuse then. Raises `ValueError` for an empty key and for
        a time that is not a number or has passed.
        """


def seconds_until(key: str, until: float, now: float) -> float:
    """Return the seconds until `until`. Raises `ValueError` if it has passed or `key` is empty."""
    if not key:
        raise ValueError("claim expected a key, got an empty one")
    if not now < until < float("inf"):
        raise ValueError(f"claim({key!r}) expected a Unix time after {now}, got until={until!r}")
    return until - now


class MemoryOnceStore:
    """Once-store of a single process: each of several workers would grant a key once.

    `clock`: Unix time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._claimed: set[str] = set()
        # A heap by time: as long as no key has expired, a claim looks at its first element only.
        self._expiring: list[tuple[float, str]] = []

    async def start(self) -> None:
        """Do nothing: the store is this process."""

    async def close(self) -> None:
        """Do nothing: keys stay until they expire."""

    async def claim(self, key: str, until: float) -> bool:
        now = self._clock()
        seconds_until(key, until, now)
        while self._expiring and self._expiring[0][0] <= now:
            self._claimed.discard(heappop(self._expiring)[1])
        if key in self._claimed:
            return False
        self._claimed.add(key)
        heappush(self._expiring, (until, key))
        return True


PURGE = 200  # expired rows that one claim removes, so that the file stays small without a task of its own

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS claims (key TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS claims_until ON claims (until)",
)
CLAIM = (
    # One statement decides which of two workers was first: a SELECT before an INSERT would let both through.
    "INSERT INTO claims (key, until) VALUES (?, ?) "
    "ON CONFLICT (key) DO UPDATE SET until = excluded.until WHERE claims.until <= ?"
)
FORGET = "DELETE FROM claims WHERE key IN (SELECT key FROM claims WHERE until <= ? LIMIT ?)"


class SQLiteOnceStore:
    """Once-store in the file `path`, which is created if it is missing.

    `clock`: Unix time in seconds. `health`: shared with other stores in the same file.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        clock: Callable[[], float] = time.time,
        health: HealthRegistry | None = None,
    ) -> None:
        self._file = SQLiteFile(path, SCHEMA, durable=False, health=health)
        self._clock = clock
        self.share_health = self._file.share_health
        self.start = self._file.open
        self.close = self._file.close

    async def claim(self, key: str, until: float) -> bool:
        now = self._clock()
        seconds_until(key, until, now)

        def change(connection: sqlite3.Connection) -> bool:
            # In one transaction: of two workers that claim the key at the same time, SQLite runs one after the other.
            granted = connection.execute(CLAIM, (key, until, now)).rowcount == 1
            connection.execute(FORGET, (now, PURGE))
            return granted

        return await self._file.write(change)
