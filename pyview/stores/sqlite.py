"""One SQLite file that the workers of a host share: read at once, written in a thread of its own.

A read by primary key takes microseconds, less than handing it to a thread, and in WAL mode waits for no writer. A
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

from pyview.stores.outage import Outages, StoreUnavailable

T = TypeVar("T")
Query = Callable[[sqlite3.Connection], T]

RETRY = 0.01  # seconds between two attempts while another worker holds the file
OWNER_ONLY = 0o600


class SQLiteFile:
    """A database file with a schema, made when it is missing. Open it on the event loop that will use it.

    `schema`: statements that may be repeated (`CREATE ... IF NOT EXISTS`). `durable`: what was written survives
    a power cut, not only the end of the process. `timeout`: seconds to wait for other workers. `outages`: those that
    are shared with other stores in the same file.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        schema: Sequence[str],
        *,
        durable: bool,
        timeout: float = 2.0,
        outages: Outages | None = None,
    ) -> None:
        self.path = Path(path).absolute()
        self._schema = schema
        self._synchronous = "FULL" if durable else "NORMAL"
        self._timeout = timeout
        self._name = f"The SQLite file {self.path}"
        self._outage = (outages or Outages()).of(self._name)
        self._reader = _Handle(self.path, self._open_reader)
        self._writer = _Handle(self.path, self._make_and_open_writer)
        self._thread: ThreadPoolExecutor | None = None
        self._answered = False

    @property
    def identity(self) -> object:
        """Another object for every file that has been read under this path: one may take another's place."""
        return self._reader.identity

    def share_outages(self, outages: Outages) -> None:
        """Log an outage once for all stores in this file that share `outages`."""
        self._outage = outages.of(self._name)

    async def open(self) -> None:
        """Raises `StoreUnavailable` for a file that cannot be made or opened. It is open all the same: whatever is
        asked later finds a file that can be opened again."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="pyview-sqlite")
        if not self._answered:
            await self.write(_nothing)
            self._answered = True

    async def close(self) -> None:
        thread, self._thread = self._thread, None
        self._answered = False
        self._reader.close()
        if thread is not None:
            await asyncio.get_running_loop().run_in_executor(thread, self._writer.close)
            thread.shutdown(wait=False)

    async def read(self, query: Query[T]) -> T:
        """The answer of a query that takes microseconds. Raises `StoreUnavailable`."""
        self._opened()
        sent = time.monotonic()
        try:
            answer = await self._read(query)
        except (sqlite3.Error, OSError) as error:
            self._reader.close()
            self._outage.failed("reading", error, sent=sent)
            raise StoreUnavailable(f"{self.path} cannot be read: {error}") from error
        self._outage.recovered("reading")
        return answer

    async def write(self, change: Query[T]) -> T:
        """Do `change` in one transaction, all of it or nothing. Raises `StoreUnavailable`, and what it raises."""
        self._opened()
        sent = time.monotonic()
        try:
            answer = await self._in_thread(change)
        except (sqlite3.Error, OSError) as error:
            self._outage.failed("writing", error, sent=sent, altogether=_is_missing(error))
            raise StoreUnavailable(f"{self.path} cannot be written: {error}") from error
        self._outage.recovered("writing")
        return answer

    async def _in_thread(self, change: Query[T]) -> T:
        deadline = time.monotonic() + self._timeout
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._opened(), self._transact, change, deadline)

    def _opened(self) -> ThreadPoolExecutor:
        if self._thread is None:
            raise StoreUnavailable(f"{self.path} is not open: await start() first, and close() last")
        return self._thread

    async def _read(self, query: Query[T]) -> T:
        try:
            return await self._read_patiently(query)
        except (sqlite3.Error, OSError) as error:
            if _is_busy(error):
                raise
        # The file, or its schema, is missing: a writer makes both.
        self._reader.close()
        await self._in_thread(_nothing)
        return await self._read_patiently(query)

    async def _read_patiently(self, query: Query[T]) -> T:
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                return query(self._reader.connection())
            except sqlite3.Error as error:
                if not _is_busy(error) or time.monotonic() > deadline:
                    raise
            await asyncio.sleep(RETRY)

    def _transact(self, change: Query[T], deadline: float) -> T:
        # While the file is locked, those who queue here must not each wait for it in turn.
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {self._timeout} seconds behind other writes")
        try:
            connection = self._writer.connection()
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                return change(connection)
        except (sqlite3.Error, OSError):
            self._writer.close()
            raise

    def _open_reader(self) -> sqlite3.Connection:
        # Waiting for a lock would stop the event loop: `_read_patiently` waits instead.
        connection = sqlite3.connect(
            f"{self.path.as_uri()}?mode=rw", uri=True, timeout=0, isolation_level=None
        )
        return _set_up(connection, self._only_reads)

    def _only_reads(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA query_only = ON")

    def _make_and_open_writer(self) -> sqlite3.Connection:
        # Never opened only to be closed: that would take away the locks of this process's other connections.
        with suppress(FileExistsError):
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, OWNER_ONLY))
        connection = sqlite3.connect(
            self.path, timeout=self._timeout, isolation_level=None, check_same_thread=False
        )
        return _set_up(connection, self._prepare)

    def _prepare(self, connection: sqlite3.Connection) -> None:
        self._to_wal(connection)
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            for statement in self._schema:
                connection.execute(statement)

    def _to_wal(self, connection: sqlite3.Connection) -> None:
        # Workers that start together change the mode of a new file together, and SQLite does not wait for that.
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
    """An open connection, opened again when another file has taken the path."""

    def __init__(self, path: Path, opened: Callable[[], sqlite3.Connection]) -> None:
        self.identity: tuple[int, int] | None = None
        self._path = path
        self._open = opened
        self._connection: sqlite3.Connection | None = None

    def connection(self) -> sqlite3.Connection:
        connection = self._connection
        if connection is None or self.identity is None or self._found() != self.identity:
            self.close()
            # Looked up before: a file put there meanwhile is then noticed the next time.
            self.identity = self._found()
            connection = self._connection = self._open()
        return connection

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _found(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self._path)
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino


def _set_up(
    connection: sqlite3.Connection, prepare: Callable[[sqlite3.Connection], None]
) -> sqlite3.Connection:
    try:
        prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _is_busy(error: BaseException) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _is_missing(error: BaseException) -> bool:
    """Return True if the file is missing or out of reach: it can be neither read nor written."""
    code = getattr(error, "sqlite_errorcode", None)
    cannot_open = code is not None and code & 0xFF in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOTADB)
    return cannot_open or (isinstance(error, OSError) and not isinstance(error, TimeoutError))


def _nothing(connection: sqlite3.Connection) -> None:
    """A transaction that opens the file and changes nothing in it."""
