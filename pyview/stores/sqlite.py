"""A SQLite file shared by the workers of one host: read on the event loop, written in a thread of its own.

A read by primary key takes microseconds, less than handing it to a thread, and in WAL mode it waits for no writer. A
write may wait for another worker and for the disk.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from pyview.stores.health import HealthRegistry, StoreUnavailable

T = TypeVar("T")
Query = Callable[[sqlite3.Connection], T]

RETRY = 0.01  # seconds between two attempts while another worker holds the file
OWNER_ONLY = 0o600


class SQLiteFile:
    """A database file with a schema, created if it is missing. Open it on the event loop that uses it.

    `schema`: statements that may run again (`CREATE ... IF NOT EXISTS`). `durable`: a write survives a power cut, and
    not only the end of the process. `timeout`: seconds to wait for other workers. `health`: shared with other stores in
    the same file.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        schema: Sequence[str],
        *,
        durable: bool,
        timeout: float = 2.0,
        health: HealthRegistry | None = None,
    ) -> None:
        self.path = Path(path).absolute()
        self._schema = schema
        self._synchronous = "FULL" if durable else "NORMAL"
        self._timeout = timeout
        self._name = f"The SQLite file {self.path}"
        self._health = (health or HealthRegistry()).of(self._name)
        self._reader = _Handle(self.path, self._open_reader)
        self._writer = _Handle(self.path, self._open_writer)
        self._thread: ThreadPoolExecutor | None = None
        self._answered = False

    @property
    def identity(self) -> object:
        """Identity of the file that was read last. It changes if another file takes the path."""
        return self._reader.identity

    def share_health(self, health: HealthRegistry) -> None:
        """Log an outage once for all stores in this file that share `health`."""
        self._health = health.of(self._name)

    async def open(self) -> None:
        """Create or open the file. Raises `StoreUnavailable` if that fails.

        It is open nevertheless: later reads and writes work as soon as the file can be opened.
        """
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="pyview-sqlite")
        if not self._answered:
            await self.write(_no_change)
            self._answered = True

    async def close(self) -> None:
        """Close both connections. It can be opened again."""
        thread, self._thread = self._thread, None
        self._answered = False
        self._reader.close()
        if thread is not None:
            await asyncio.get_running_loop().run_in_executor(thread, self._writer.close)
            thread.shutdown(wait=False)

    async def read(self, query: Query[T]) -> T:
        """Return the result of a query that takes microseconds. Raises `StoreUnavailable`."""
        self._opened()
        sent = time.monotonic()
        try:
            answer = await self._read(query)
        except (sqlite3.Error, OSError) as error:
            self._reader.close()
            self._health.failed("reading", error, sent=sent, advice=_advice(self.path, error))
            raise StoreUnavailable(f"{self.path} cannot be read: {error}") from error
        self._health.recovered("reading")
        return answer

    async def write(self, change: Query[T]) -> T:
        """Run `change` in one transaction, return its result. Raises `StoreUnavailable`, and what `change` raises."""
        self._opened()
        sent = time.monotonic()
        try:
            answer = await self._in_thread(change)
        except (sqlite3.Error, OSError) as error:
            advice = _advice(self.path, error)
            self._health.failed("writing", error, sent=sent, unreachable=_is_missing(error), advice=advice)
            raise StoreUnavailable(f"{self.path} cannot be written: {error}") from error
        self._health.recovered("writing")
        return answer

    async def _in_thread(self, change: Query[T]) -> T:
        deadline = time.monotonic() + self._timeout
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._opened(), self._transact, change, deadline)

    def _opened(self) -> ThreadPoolExecutor:
        if self._thread is None:
            raise StoreUnavailable(
                f"{self.path} is not open: call await start() before its use, and close() after it"
            )
        return self._thread

    async def _read(self, query: Query[T]) -> T:
        try:
            return await self._read_when_unlocked(query)
        except (sqlite3.Error, OSError) as error:
            if _is_busy(error):
                raise
        # The file or its schema is missing: a writer creates both.
        self._reader.close()
        await self._in_thread(_no_change)
        return await self._read_when_unlocked(query)

    async def _read_when_unlocked(self, query: Query[T]) -> T:
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                return query(self._reader.connection())
            except sqlite3.Error as error:
                if not _is_busy(error) or time.monotonic() > deadline:
                    raise
            await asyncio.sleep(RETRY)

    def _transact(self, change: Query[T], deadline: float) -> T:
        # While the file is locked, the writes queued in this thread must not each wait for their full timeout in turn.
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {self._timeout} seconds for other writes")
        try:
            connection = self._writer.connection()
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                return change(connection)
        except (sqlite3.Error, OSError):
            self._writer.close()
            raise

    def _open_reader(self) -> sqlite3.Connection:
        # timeout=0: a wait for a lock in SQLite would block the event loop; `_read_when_unlocked` waits instead.
        connection = sqlite3.connect(
            f"{self.path.as_uri()}?mode=rw", uri=True, timeout=0, isolation_level=None
        )
        return _set_up(connection, lambda connection: connection.execute("PRAGMA query_only = ON"))

    def _open_writer(self) -> sqlite3.Connection:
        # O_EXCL, so that an existing file is not opened here: POSIX drops all locks that a process has on a file when
        # it closes any descriptor of it, also those of its SQLite connections. And SQLite itself would create the file
        # readable for other users.
        with suppress(FileExistsError):
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, OWNER_ONLY))
        connection = sqlite3.connect(
            self.path, timeout=self._timeout, isolation_level=None, check_same_thread=False
        )
        return _set_up(connection, self._prepare)

    def _prepare(self, connection: sqlite3.Connection) -> None:
        self._enable_wal(connection)
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            for statement in self._schema:
                connection.execute(statement)

    def _enable_wal(self, connection: sqlite3.Connection) -> None:
        # Workers that start together change the mode of a new file at the same time. SQLite does not wait for that
        # lock, whatever its timeout.
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or time.monotonic() > deadline:
                    raise
            time.sleep(RETRY)


class _Handle:
    """A connection that is opened again if another file has taken the path."""

    def __init__(self, path: Path, connect: Callable[[], sqlite3.Connection]) -> None:
        self.identity: tuple[int, int] | None = None
        self._path = path
        self._connect = connect
        self._connection: sqlite3.Connection | None = None

    def connection(self) -> sqlite3.Connection:
        connection = self._connection
        if connection is None or self.identity is None or self._file_identity() != self.identity:
            self.close()
            # The identity is read before the file is opened: a file that is put there in between is noticed next time.
            self.identity = self._file_identity()
            connection = self._connection = self._connect()
        return connection

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _file_identity(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self._path)
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino


def _set_up(
    connection: sqlite3.Connection, prepare: Callable[[sqlite3.Connection], object]
) -> sqlite3.Connection:
    try:
        prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _advice(path: Path, error: BaseException) -> str:
    """Return what to do about a path at which there can be no database; "" for another failure."""
    if not path.parent.is_dir():
        return f"There is no directory {path.parent}: create it, or choose another path."
    if path.is_dir():
        return f"It is a directory: choose a file in it, such as {path / 'state.db'}."
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB:
        return "It has other content: choose a path for a new file."
    if not os.access(path if path.exists() else path.parent, os.W_OK) or not os.access(path.parent, os.W_OK):
        return f"The user of this process has to be able to write to it and to {path.parent}."
    return ""


def _is_busy(error: BaseException) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _is_missing(error: BaseException) -> bool:
    """Return True if the file can be neither read nor written, because it is missing or out of reach."""
    code = getattr(error, "sqlite_errorcode", None)
    cannot_open = code is not None and code & 0xFF in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOTADB)
    return cannot_open or (isinstance(error, OSError) and not isinstance(error, TimeoutError))


def _no_change(connection: sqlite3.Connection) -> None:
    """Change nothing: the transaction opens the file and creates the schema."""
