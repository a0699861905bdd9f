"""Stores of remember-me tokens: the contract, one in memory, and one in a SQLite file."""

import os
import sqlite3
from dataclasses import astuple, dataclass
from typing import Protocol

from pyview.stores.health import HealthRegistry
from pyview.stores.sqlite import SQLiteFile


@dataclass(frozen=True, slots=True)
class RememberToken:
    """One remembered browser: a series of cookies, of which only the last one is valid.

    `selector` is the public part of the cookie, which finds this token. `validator` is the SHA-256 digest of its secret
    part, `previous` that of the cookie before, b"" for the first one. `user` is the text that `remember` got;
    `user_digest` is the digest under which all sessions of the user may be revoked, "" without an authentication. Times
    are Unix times in seconds; `created_at` is the time at which the user entered the password.
    """

    selector: str
    user: str
    user_digest: str
    validator: bytes
    previous: bytes
    created_at: float
    rotated_at: float
    expires_at: float


class RememberStore(Protocol):
    """Store of remember-me tokens, by selector. It has digests only: nothing in it can sign a user in.

    Used on one event loop. Every method raises `StoreUnavailable` if the store is unavailable.
    """

    async def start(self) -> None:
        """Open the store. Called before anything else, and again after it failed."""

    async def close(self) -> None: ...

    async def add(self, token: RememberToken, now: float) -> None:
        """Add a token, and delete those that have expired at `now`."""

    async def get(self, selector: str, now: float) -> RememberToken | None:
        """Return the token, None if it is unknown or has expired."""
        ...

    async def replace(self, old: RememberToken, new: RememberToken) -> bool:
        """Replace `old` by `new` atomically. Return False if the store has another token than `old` by now."""
        ...

    async def remove(self, selector: str) -> None:
        """Delete a token. An unknown selector is ignored."""

    async def remove_user(self, user: str) -> None:
        """Delete every token of `user`."""


class MemoryRememberStore:
    """Store in the memory of one process, for development and tests."""

    def __init__(self) -> None:
        self._tokens: dict[str, RememberToken] = {}

    async def start(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""

    async def add(self, token: RememberToken, now: float) -> None:
        self._tokens = {selector: found for selector, found in self._tokens.items() if found.expires_at > now}
        self._tokens[token.selector] = token

    async def get(self, selector: str, now: float) -> RememberToken | None:
        found = self._tokens.get(selector)
        return found if found is not None and found.expires_at > now else None

    async def replace(self, old: RememberToken, new: RememberToken) -> bool:
        if self._tokens.get(old.selector) != old:
            return False
        self._tokens[old.selector] = new
        return True

    async def remove(self, selector: str) -> None:
        self._tokens.pop(selector, None)

    async def remove_user(self, user: str) -> None:
        self._tokens = {selector: found for selector, found in self._tokens.items() if found.user != user}


# The names are those of existing files: column `who` is `RememberToken.user_digest`.
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
# Compare-and-set: `validator` in the condition makes sure that only one of two concurrent requests rotates the token.
_REPLACE = """UPDATE remember_series SET validator = ?, previous = ?, rotated_at = ?, expires_at = ?
    WHERE selector = ? AND validator = ?"""


class SQLiteRememberStore:
    """Store in the SQLite file `path`, which is created if missing, and may be the one of `PYVIEW_STATE`.

    Shared by the workers of one host.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._file = SQLiteFile(path, _SCHEMA, durable=True)

    def share_health(self, health: HealthRegistry) -> None:
        """Log an outage together with the other stores of `health`."""
        self._file.share_health(health)

    async def start(self) -> None:
        await self._file.open()

    async def close(self) -> None:
        await self._file.close()

    async def add(self, token: RememberToken, now: float) -> None:
        def change(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM remember_series WHERE expires_at <= ?", (now,))
            connection.execute(_INSERT, astuple(token))

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
