"""The series of `RememberMe` in a SQLite file, which the workers of a host share and a restart leaves alone."""

import os
import sqlite3
from dataclasses import astuple

from pyview.auth.remember_store import Series
from pyview.stores.outage import Outages
from pyview.stores.sqlite import SQLiteFile

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

    def share_outages(self, outages: Outages) -> None:
        """Log an outage together with the other stores of `outages`."""
        self._file.share_outages(outages)

    async def start(self) -> None:
        await self._file.open()

    async def close(self) -> None:
        await self._file.close()

    async def add(self, series: Series, now: float) -> None:
        def change(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM remember_series WHERE expires_at <= ?", (now,))
            connection.execute(_INSERT, astuple(series))

        await self._file.write(change)

    async def get(self, selector: str, now: float) -> Series | None:
        row = await self._file.read(
            lambda connection: connection.execute(_SELECT, (selector, now)).fetchone()
        )
        return None if row is None else Series(*row)

    async def replace(self, old: Series, new: Series) -> bool:
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
