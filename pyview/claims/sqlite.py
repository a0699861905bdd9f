"""Claims shared by the workers of one host, in a SQLite file."""

import os
import sqlite3
import time
from collections.abc import Callable

from pyview.claims.base import checked
from pyview.storage.outage import Outages
from pyview.storage.sqlite import SQLiteFile

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
    """Claims in the file `path`, made when it is missing. `clock`: Unix time in seconds."""

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
