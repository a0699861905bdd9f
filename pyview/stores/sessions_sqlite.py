"""Sessions shared by the workers of one host, in a SQLite file."""

import os
import sqlite3
from dataclasses import astuple
from functools import partial

from pyview.stores.health import HealthRegistry
from pyview.stores.sessions import KeyTaken, Record
from pyview.stores.sqlite import SQLiteFile

PURGE = 100  # ended sessions that a new one removes, so that the file stays small without a task of its own

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
    """Sessions in the file `path`, which is created if it is missing.

    `health`: shared with other stores in the same file.
    """

    def __init__(self, path: str | os.PathLike[str], health: HealthRegistry | None = None) -> None:
        # A power cut may lose the last writes: users then sign in again. A sync to disk for every request would cost
        # more.
        self._file = SQLiteFile(path, SCHEMA, durable=False, health=health)

    def share_health(self, health: HealthRegistry) -> None:
        """Log an outage once for all stores in this file that share `health`."""
        self._file.share_health(health)

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
    connection.execute(INSERT, (*astuple(record), record.dies_at))
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


def _delete_user(user: str, keep: str, connection: sqlite3.Connection) -> list[str]:
    # Read first: Python also runs with SQLite libraries that do not know RETURNING.
    rows = connection.execute(
        "SELECT key FROM sessions WHERE user = ? AND user <> '' AND key <> ?", (user, keep)
    ).fetchall()
    connection.executemany(DELETE, rows)
    return [key for (key,) in rows]
