"""Sessions shared by the workers of one host, in a SQLite file."""

import os
import sqlite3
from functools import partial

from pyview.stores.outage import Outages
from pyview.stores.sessions import KeyTaken, Record
from pyview.stores.sqlite import SQLiteFile

PURGE = 100  # sessions that are over, removed when a new one comes

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS sessions ("
    " key TEXT PRIMARY KEY, data BLOB NOT NULL, user TEXT NOT NULL, created_at REAL NOT NULL,"
    " last_seen_at REAL NOT NULL, expires_at REAL NOT NULL, idle_timeout REAL NOT NULL,"
    " version INTEGER NOT NULL, dies_at REAL NOT NULL)",
    "CREATE INDEX IF NOT EXISTS sessions_user ON sessions (user) WHERE user <> ''",
    "CREATE INDEX IF NOT EXISTS sessions_dies_at ON sessions (dies_at)",
)
SELECT = "SELECT key, data, user, created_at, last_seen_at, expires_at, idle_timeout, version FROM sessions"
LOAD = f"{SELECT} WHERE key = ? AND dies_at > ?"
LIST = f"{SELECT} WHERE user = ? AND user <> '' AND dies_at > ? ORDER BY last_seen_at DESC"
INSERT = "INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
SEEN = (
    "last_seen_at = max(last_seen_at, :now),"
    " dies_at = min(expires_at, max(last_seen_at, :now) + idle_timeout)"
)
TOUCH = f"UPDATE sessions SET {SEEN} WHERE key = :key AND dies_at > :now"  # noqa: S608
SAVE = (
    f"UPDATE sessions SET data = :data, version = version + 1, {SEEN}"  # noqa: S608
    " WHERE key = :key AND version = :version AND dies_at > :now"
)
DELETE = "DELETE FROM sessions WHERE key = ?"


class SQLiteSessionStore:
    """Sessions in the file `path`, made when it is missing."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._file = SQLiteFile(path, SCHEMA, durable=False)

    def share_outages(self, outages: Outages) -> None:
        """Log an outage together with the other stores of `outages`."""
        self._file.share_outages(outages)

    async def start(self) -> None:
        await self._file.open()

    async def close(self) -> None:
        await self._file.close()

    async def load(self, key: str, now: float) -> Record | None:
        return await self._file.read(partial(_load, key, now))

    async def create(self, record: Record) -> None:
        await self._file.write(partial(_insert, record))

    async def save(self, key: str, data: bytes, version: int, now: float) -> bool:
        values = {"key": key, "data": data, "version": version, "now": now}
        return await self._file.write(lambda connection: connection.execute(SAVE, values).rowcount > 0)

    async def rotate(self, key: str, version: int, record: Record) -> bool:
        return await self._file.write(partial(_rotate, key, version, record))

    async def touch(self, key: str, now: float) -> bool:
        values = {"key": key, "now": now}
        return await self._file.write(lambda connection: connection.execute(TOUCH, values).rowcount > 0)

    async def delete(self, key: str) -> None:
        await self._file.write(lambda connection: connection.execute(DELETE, (key,)))

    async def delete_user(self, user: str, keep: str = "") -> list[str]:
        return await self._file.write(partial(_delete_user, user, keep))

    async def list_user(self, user: str, now: float) -> list[Record]:
        return await self._file.read(partial(_list_user, user, now))


def _load(key: str, now: float, connection: sqlite3.Connection) -> Record | None:
    row = connection.execute(LOAD, (key, now)).fetchone()
    return None if row is None else Record(*row)


def _list_user(user: str, now: float, connection: sqlite3.Connection) -> list[Record]:
    return [Record(*row) for row in connection.execute(LIST, (user, now))]


def _insert(record: Record, connection: sqlite3.Connection) -> None:
    if _load(record.key, record.last_seen_at, connection) is not None:
        raise KeyTaken
    connection.execute(INSERT, (*_columns(record), record.dies_at))
    connection.execute(
        "DELETE FROM sessions WHERE key IN (SELECT key FROM sessions WHERE dies_at <= ? LIMIT ?)",
        (record.last_seen_at, PURGE),
    )


def _rotate(key: str, version: int, record: Record, connection: sqlite3.Connection) -> bool:
    old = _load(key, record.last_seen_at, connection)
    if old is None or old.version != version:
        return False
    _insert(record, connection)
    connection.execute(DELETE, (key,))
    return True


def _columns(record: Record) -> tuple[str, bytes, str, float, float, float, float, int]:
    return (
        record.key,
        record.data,
        record.user,
        record.created_at,
        record.last_seen_at,
        record.expires_at,
        record.idle_timeout,
        record.version,
    )


def _delete_user(user: str, keep: str, connection: sqlite3.Connection) -> list[str]:
    # Read first: RETURNING is newer than some SQLite libraries that Python runs with.
    rows = connection.execute(
        "SELECT key FROM sessions WHERE user = ? AND user <> '' AND key <> ?", (user, keep)
    ).fetchall()
    connection.executemany(DELETE, rows)
    return [key for (key,) in rows]
