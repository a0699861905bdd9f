"""Revocations that the workers of one host share, in a SQLite file."""

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncGenerator, Callable, Collection
from functools import partial

from pyview.stores.health import HealthRegistry
from pyview.stores.revocations import Revocation
from pyview.stores.revocations_shared import RevocationBatch, SharedRevocations
from pyview.stores.sqlite import SQLiteFile

POLL = 0.5  # seconds
PAGE = 500  # rows of one read: less than a millisecond, during which the event loop waits
PURGE = 200  # expired rows that one write removes

# AUTOINCREMENT never uses an id again, and a changed row is inserted again: so a worker that follows the log reads
# only the rows above the last id that it has seen.
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS revocations ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, until REAL NOT NULL, not_before REAL)",
    "CREATE INDEX IF NOT EXISTS revocations_until ON revocations (until)",
)


class SQLiteRevocations(SharedRevocations):
    """Revocations in the file `path`, which is created if it is missing.

    `clock`: Unix time in seconds, for reading. `health`: shared with other stores in the same file.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        clock: Callable[[], float] = time.time,
        health: HealthRegistry | None = None,
    ) -> None:
        super().__init__(_SQLiteLog(SQLiteFile(path, SCHEMA, durable=True, health=health)), clock)


class _SQLiteLog:
    def __init__(self, file: SQLiteFile) -> None:
        self._file = file
        self.share_health = file.share_health
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
            added, reached = await self._after(last)
            # Read without a wait in between: another file may take the place of this one at any time.
            identity = self._file.identity
            if identity is not followed and last > 0:
                last = 0  # ids of the new file start again, so read it from its beginning
                continue
            whole, followed, last = identity is not followed, identity, reached
            yield RevocationBatch(added, whole)
            await asyncio.sleep(POLL)

    async def _after(self, last: int) -> tuple[list[Revocation], int]:
        """Return the revocations after the row `last`, and the id of the last row now."""
        added: list[Revocation] = []
        reached = last
        while True:
            rows = await self._file.read(partial(_page, reached))
            added.extend(Revocation(*row[1:]) for row in rows)
            reached = rows[-1][0] if rows else reached
            if len(rows) < PAGE:
                return added, reached
            await asyncio.sleep(0)


def _page(last: int, connection: sqlite3.Connection) -> list[tuple[int, str, float, float | None]]:
    query = "SELECT id, key, until, not_before FROM revocations WHERE id > ? ORDER BY id LIMIT ?"
    return connection.execute(query, (last, PAGE)).fetchall()


def _merge(connection: sqlite3.Connection, revocation: Revocation, now: float) -> None:
    query = "SELECT key, until, not_before FROM revocations WHERE key = ?"
    row = connection.execute(query, (revocation.key,)).fetchone()
    merged = revocation.replacing(Revocation(*row) if row else None, now)
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
