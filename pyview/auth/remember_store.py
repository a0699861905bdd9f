"""Where `RememberMe` keeps its series: the contract, and the store of a single process.

The series of `RememberMe` in a SQLite file, which the workers of a host share and a restart leaves alone.
"""

import os
import sqlite3
from dataclasses import astuple, dataclass
from typing import Protocol

from pyview.stores.health import HealthRegistry
from pyview.stores.sqlite import SQLiteFile


@dataclass(frozen=True, slots=True)
class RememberToken:
    """One browser that is remembered: a chain of cookies, of which only the last one is good.

    `selector` names it. `user` is who `remember` was told, `who` the digest by which their sessions may be revoked, ""
    where there is no authentication. `validator` is the SHA-256 digest of what the last cookie proves itself with,
    `previous` that of the one before, b"" for the first. Times are Unix seconds; `created_at` is when they signed in
    themselves.
    """

    selector: str
    user: str
    who: str
    validator: bytes
    previous: bytes
    created_at: float
    rotated_at: float
    expires_at: float


class RememberStore(Protocol):
    """Store of remember-me tokens, by selector. It has digests only: nothing in it can sign a user in.

    Used on one event loop. Everything raises `StoreUnavailable` when the store cannot be asked.
    """

    async def start(self) -> None:
        """Called before anything else; again and again, where it failed."""

    async def close(self) -> None: ...

    async def add(self, series: RememberToken, now: float) -> None:
        """Keep a new series, and drop those that are over at `now`."""

    async def get(self, selector: str, now: float) -> RememberToken | None:
        """The series, unless it is over."""
        ...

    async def replace(self, old: RememberToken, new: RememberToken) -> bool:
        """Put `new` in the place of `old`, in one step. False when `old` is no longer what is there."""
        ...

    async def remove(self, selector: str) -> None:
        """An unknown selector is ignored."""

    async def remove_user(self, user: str) -> None:
        """Remove every series of `user`."""


class MemoryRememberStore:
    """For a single process, and gone with it: good for development and tests."""

    def __init__(self) -> None:
        self._series: dict[str, RememberToken] = {}

    async def start(self) -> None:
        """It is there at once."""

    async def close(self) -> None:
        """Nothing to let go of."""

    async def add(self, series: RememberToken, now: float) -> None:
        self._keep({selector: found for selector, found in self._series.items() if found.expires_at > now})
        self._series[series.selector] = series

    async def get(self, selector: str, now: float) -> RememberToken | None:
        found = self._series.get(selector)
        return found if found is not None and found.expires_at > now else None

    async def replace(self, old: RememberToken, new: RememberToken) -> bool:
        if self._series.get(old.selector) != old:
            return False
        self._series[old.selector] = new
        return True

    async def remove(self, selector: str) -> None:
        self._series.pop(selector, None)

    async def remove_user(self, user: str) -> None:
        self._keep({selector: found for selector, found in self._series.items() if found.user != user})

    def _keep(self, series: dict[str, RememberToken]) -> None:
        self._series = series


_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS remember_series (
        selector TEXT PRIMARY KEY,
        user TEXT NOT NULL,
        who TEXT NOT NULL,
        validator BLOB NOT NULL,
        previous BLOB NOT NULL,
        created_at REAL NOT NULL,
        rotated_at REAL NOT NULL,
        expires_at REAL NOT NULL
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS remember_series_user ON remember_series (user)",
    "CREATE INDEX IF NOT EXISTS remember_series_expires_at ON remember_series (expires_at)",
)
_INSERT = "INSERT INTO remember_series VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_SELECT = "SELECT * FROM remember_series WHERE selector = ? AND expires_at > ?"
_REPLACE = """UPDATE remember_series SET validator = ?, previous = ?, rotated_at = ?, expires_at = ?
    WHERE selector = ? AND validator = ?"""


class SQLiteRememberStore:
    """`path`: the file, made when it is missing. It may be the one of `PYVIEW_STATE`."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._file = SQLiteFile(path, _SCHEMA, durable=True)

    def share_health(self, health: HealthRegistry) -> None:
        """Log an outage together with the other stores of `health`."""
        self._file.share_health(health)

    async def start(self) -> None:
        await self._file.open()

    async def close(self) -> None:
        await self._file.close()

    async def add(self, series: RememberToken, now: float) -> None:
        def change(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM remember_series WHERE expires_at <= ?", (now,))
            connection.execute(_INSERT, astuple(series))

        await self._file.write(change)

    async def get(self, selector: str, now: float) -> RememberToken | None:
        row = await self._file.read(
            lambda connection: connection.execute(_SELECT, (selector, now)).fetchone()
        )
        return None if row is None else RememberToken(*row)

    async def replace(self, old: RememberToken, new: RememberToken) -> bool:
        values = (new.validator, new.previous, new.rotated_at, new.expires_at, old.selector, old.validator)
        return await self._file.write(lambda connection: connection.execute(_REPLACE, values).rowcount == 1)

    async def remove(self, selector: str) -> None:
        await self._delete("DELETE FROM remember_series WHERE selector = ?", selector)

    async def remove_user(self, user: str) -> None:
        await self._delete("DELETE FROM remember_series WHERE user = ?", user)

    async def _delete(self, statement: str, value: str) -> None:
        def change(connection: sqlite3.Connection) -> None:
            connection.execute(statement, (value,))

        await self._file.write(change)
