"""Keys that may be used once, shared by the workers of one host in a SQLite file.

The contract of what can be had once.

Keys that may be used once, within one process.
"""

import os
import sqlite3
import time
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Protocol

from pyview.stores.outage import Outages
from pyview.stores.sqlite import SQLiteFile


class OnceStore(Protocol):
    """Used on one event loop, between `start` and `close`. Times are Unix times in seconds."""

    async def start(self) -> None:
        """Raises `StoreUnavailable` when the store cannot be reached; may be called again then."""

    async def close(self) -> None:
        """Let go of everything."""

    async def claim(self, key: str, until: float) -> bool:
        """True for the first to claim `key`, False for everybody else until `until`.

        `until`: when nobody would accept any more what `key` stands for. Raises `StoreUnavailable` when nobody can
        say who was first: refuse then. Raises `ValueError` for a time that is no number, or has passed.
        """


def checked(key: str, until: float, now: float) -> float:
    """Seconds until `until`. Raises `ValueError` unless it lies ahead, or for an empty key."""
    if not key:
        raise ValueError("claim expected a key, got an empty one")
    if not now < until < float("inf"):
        raise ValueError(f"claim({key!r}) expected a Unix time after {now}, got until={until!r}")
    return until - now


class MemoryClaims:
    """Known to this worker alone: each of several workers grants a claim once. `clock`: Unix time in seconds."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._claimed: set[str] = set()
        self._expiring: list[tuple[float, str]] = []

    async def start(self) -> None:
        """Nothing to reach."""

    async def close(self) -> None:
        """Nothing to let go of."""

    async def claim(self, key: str, until: float) -> bool:
        now = self._clock()
        checked(key, until, now)
        self._forget_expired(now)
        if key in self._claimed:
            return False
        self._claimed.add(key)
        heappush(self._expiring, (until, key))
        return True

    def _forget_expired(self, now: float) -> None:
        while self._expiring and self._expiring[0][0] <= now:
            self._claimed.discard(heappop(self._expiring)[1])


PURGE = 200  # expired rows removed by one claim

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS claims (key TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS claims_until ON claims (until)",
)
CLAIM = (
    "INSERT INTO claims (key, until) VALUES (?, ?) "
    "ON CONFLICT (key) DO UPDATE SET until = excluded.until WHERE claims.until <= ?"
)
FORGET = "DELETE FROM claims WHERE key IN (SELECT key FROM claims WHERE until <= ? LIMIT ?)"


class SQLiteClaims:
    """Keys in the file `path`, made when it is missing. `clock`: Unix time in seconds."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        clock: Callable[[], float] = time.time,
        outages: Outages | None = None,
    ) -> None:
        self._file = SQLiteFile(path, SCHEMA, durable=False, outages=outages)
        self._clock = clock
        self.start = self._file.open
        self.close = self._file.close

    async def claim(self, key: str, until: float) -> bool:
        now = self._clock()
        checked(key, until, now)

        def change(connection: sqlite3.Connection) -> bool:
            granted = connection.execute(CLAIM, (key, until, now)).rowcount == 1
            connection.execute(FORGET, (now, PURGE))
            return granted

        return await self._file.write(change)
