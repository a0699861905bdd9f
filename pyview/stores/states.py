"""Kept states of pages: the contract of the store, in memory, and in a SQLite file that the workers of one host share.

A value is opaque and encrypted, so a leaked store shows nothing. A key is a digest that only the page can lead to.
"""

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, NamedTuple, Protocol

from pyview.stores.health import HealthRegistry
from pyview.stores.sqlite import SQLiteFile


class StateEntry(NamedTuple):
    """One state to store for `seconds`. `tag` is the session that it belongs to, "" for none."""

    key: str
    value: bytes
    seconds: float
    tag: str = ""


class StateStore(Protocol):
    """Keeps the states of pages for a page that returns, perhaps to another worker.

    `shared` is True if the entries outlive this worker. Use it on one event loop, between `start` and `close`. Every
    call raises `StoreUnavailable` if the store cannot answer.
    """

    @property
    def shared(self) -> bool: ...

    async def start(self) -> None:
        """Open the store. Raises `StoreUnavailable` if it cannot be reached; call it again then."""

    async def close(self) -> None:
        """Close connections and files."""

    async def put(self, entries: Sequence[StateEntry]) -> None:
        """Store all entries in one round trip. An entry replaces an earlier one with its key."""

    async def take(self, key: str) -> bytes | None:
        """Return the value of `key` and delete it, so that it is used once. None if there is none, or it expired."""

    async def drop(self, keys: Iterable[str]) -> None:
        """Delete entries whose page has left. Unknown keys are ignored."""

    async def forget(self, tag: str) -> None:
        """Delete all entries of a session."""


_ENTRY_SIZE = 500  # bytes of an entry beside its value, about


class MemoryStateStore:
    """States of a single process: pages of other workers, and those of before a restart, are not found.

    Beyond about `max_bytes` the oldest entries are deleted. `clock`: Unix time in seconds.
    """

    shared: ClassVar[bool] = False

    def __init__(self, max_bytes: int = 64 * 1024 * 1024, clock: Callable[[], float] = time.time) -> None:
        self._max_bytes = max_bytes
        self._clock = clock
        self._entries: dict[str, tuple[StateEntry, float]] = {}
        self._tagged: dict[str, set[str]] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    async def start(self) -> None:
        """Do nothing: the store is this process."""

    async def close(self) -> None:
        """Do nothing: states stay until they expire."""

    async def put(self, entries: Sequence[StateEntry]) -> None:
        now = self._clock()
        for entry in entries:
            self._remove(entry.key)
            self._entries[entry.key] = entry, now + entry.seconds
            self._bytes += len(entry.value) + _ENTRY_SIZE
            if entry.tag:
                self._tagged.setdefault(entry.tag, set()).add(entry.key)
        self._purge(now)

    async def take(self, key: str) -> bytes | None:
        found = self._remove(key)
        return None if found is None or found[1] <= self._clock() else found[0].value

    async def drop(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._remove(key)

    async def forget(self, tag: str) -> None:
        await self.drop(tuple(self._tagged.get(tag, ())))

    def _remove(self, key: str) -> tuple[StateEntry, float] | None:
        found = self._entries.pop(key, None)
        if found is None:
            return None
        entry = found[0]
        self._bytes -= len(entry.value) + _ENTRY_SIZE
        tagged = self._tagged.get(entry.tag)
        if tagged is not None:
            tagged.discard(key)
            if not tagged:
                del self._tagged[entry.tag]
        return found

    def _purge(self, now: float) -> None:
        """Delete the oldest entries: those that have expired, and those beyond the limit."""
        while self._entries:
            key, (_, until) = next(iter(self._entries.items()))
            # An entry that was stored for longer than the next ones hides them. The limit bounds that.
            if until > now and self._bytes <= self._max_bytes:
                return
            self._remove(key)


PURGE = 200  # expired rows that one write removes, so that the file stays small without a task of its own

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS states (key TEXT PRIMARY KEY, value BLOB NOT NULL, until REAL NOT NULL, tag TEXT)",
    "CREATE INDEX IF NOT EXISTS states_until ON states (until)",
    "CREATE INDEX IF NOT EXISTS states_tag ON states (tag) WHERE tag != ''",
)
PUT = "INSERT OR REPLACE INTO states (key, value, until, tag) VALUES (?, ?, ?, ?)"
# One statement, so that of two workers that take the same entry only one gets it.
TAKE = "DELETE FROM states WHERE key = ? RETURNING value, until"
PURGE_EXPIRED = "DELETE FROM states WHERE key IN (SELECT key FROM states WHERE until <= ? LIMIT ?)"


class SQLiteStateStore:
    """States in the file `path`, which is created if it is missing.

    `clock`: Unix time in seconds. `health`: shared with other stores in the same file.
    """

    shared: ClassVar[bool] = True

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

    async def put(self, entries: Sequence[StateEntry]) -> None:
        now = self._clock()
        rows = [(entry.key, entry.value, now + entry.seconds, entry.tag) for entry in entries]

        def change(connection: sqlite3.Connection) -> None:
            connection.executemany(PUT, rows)
            connection.execute(PURGE_EXPIRED, (now, PURGE))

        await self._file.write(change)

    async def take(self, key: str) -> bytes | None:
        found = await self._file.write(lambda connection: connection.execute(TAKE, (key,)).fetchone())
        return None if found is None or found[1] <= self._clock() else bytes(found[0])

    async def drop(self, keys: Iterable[str]) -> None:
        rows = [(key,) for key in keys]
        await self._file.write(
            lambda connection: connection.executemany("DELETE FROM states WHERE key = ?", rows)
        )

    async def forget(self, tag: str) -> None:
        await self._file.write(
            lambda connection: connection.execute("DELETE FROM states WHERE tag = ? AND tag != ''", (tag,))
        )
