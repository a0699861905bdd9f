"""Counters of the login throttle in the SQLite file that the workers of one host share."""

import os
import sqlite3
import time
from collections.abc import Callable
from typing import Final

from limits.aio.storage import Storage

from pyview.stores.health import StoreUnavailable
from pyview.stores.sqlite import SQLiteFile

SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS attempts (key TEXT PRIMARY KEY, count INTEGER NOT NULL, until REAL NOT NULL) "
    "WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS attempts_until ON attempts (until)",
)
# One statement, so that workers that count at the same time lose no attempt. A window that is over begins again.
COUNT: Final = (
    "INSERT INTO attempts (key, count, until) VALUES (:key, max(:amount, 0), :until) ON CONFLICT (key) DO UPDATE SET "
    "count = CASE WHEN attempts.until <= :now THEN excluded.count ELSE max(attempts.count + :amount, 0) END, "
    "until = CASE WHEN attempts.until <= :now THEN excluded.until ELSE attempts.until END"
)
FIND: Final = "SELECT count, until FROM attempts WHERE key = ? AND until > ?"
CLEAR: Final = "DELETE FROM attempts WHERE key = ?"
FORGET: Final = "DELETE FROM attempts WHERE key IN (SELECT key FROM attempts WHERE until <= ? LIMIT ?)"
PURGE: Final = 200
"""Ended windows that one attempt removes, so that the file stays small without a task of its own."""


class SQLiteCounters(Storage):
    """A storage of the library `limits`, for fixed windows. The file is created if it is missing.

    `clock`: Unix time in seconds.
    """

    STORAGE_SCHEME = None

    def __init__(self, path: str | os.PathLike[str], clock: Callable[[], float] = time.time) -> None:
        super().__init__(wrap_exceptions=True)
        self._file = SQLiteFile(path, SCHEMA, durable=False)
        self._clock = clock

    @property
    def base_exceptions(self) -> type[Exception]:
        return StoreUnavailable

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count `amount` in the window of `key`, which ends `expiry` seconds after its beginning. Return the count.

        A negative amount takes attempts back; a count is never below zero, so that none is saved up for later.
        """
        now = self._clock()
        values = {"key": key, "amount": amount, "until": now + expiry, "now": now}

        def count(connection: sqlite3.Connection) -> int:
            connection.execute(COUNT, values)
            connection.execute(FORGET, (now, PURGE))
            return int(connection.execute(FIND, (key, now)).fetchone()[0])

        await self._file.open()
        return await self._file.write(count)

    async def get(self, key: str) -> int:
        """Return the count of the window, 0 if there is none."""
        return (await self._find(key))[0]

    async def get_expiry(self, key: str) -> float:
        """Return the Unix time at which the window ends."""
        return (await self._find(key))[1]

    async def clear(self, key: str) -> None:
        """Remove a window."""
        await self._file.open()
        await self._file.write(lambda connection: connection.execute(CLEAR, (key,)))

    async def check(self) -> bool:
        """Return True if the file can be used. Raises `StorageError`."""
        await self._file.open()
        return True

    async def reset(self) -> int:
        """Remove all windows. Return their number."""
        await self._file.open()
        return await self._file.write(lambda connection: connection.execute("DELETE FROM attempts").rowcount)

    async def aclose(self) -> None:
        """Close the file. It is opened again by the next attempt."""
        await self._file.close()

    async def _find(self, key: str) -> tuple[int, float]:
        now = self._clock()
        await self._file.open()
        found = await self._file.read(lambda connection: connection.execute(FIND, (key, now)).fetchone())
        return (int(found[0]), float(found[1])) if found else (0, now)
