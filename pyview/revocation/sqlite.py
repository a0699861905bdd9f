"""Revocations shared by the workers of one host, in a SQLite file."""

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncGenerator, Callable, Collection
from functools import partial

from pyview.revocation.revocation import Revocation
from pyview.revocation.shared import News, SharedRevocations
from pyview.storage.outage import Outages
from pyview.storage.sqlite import SQLiteFile

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

    async def follow(self) -> AsyncGenerator[News, None]:
        followed, last = object(), 0
        while True:
            news, reached = await self._after(last)
            # Noted before anybody else can read: another file may take the place of this one at any time.
            found = self._file.identity
            if found is not followed and last > 0:
                last = 0
                continue
            whole, followed, last = found is not followed, found, reached
            yield News(news, whole)
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
