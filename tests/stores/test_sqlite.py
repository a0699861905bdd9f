"""A file that several workers share: created by the first, locked, replaced and missing."""

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from time import monotonic

import pytest

from pyview.stores.health import StoreUnavailable
from pyview.stores.sqlite import SQLiteFile

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ("CREATE TABLE IF NOT EXISTS things (name TEXT PRIMARY KEY)",)
ADD_FIFTY = """
import asyncio, sys
from pyview.stores.sqlite import SQLiteFile
from tests.stores.test_sqlite import SCHEMA, add

async def main():
    file = SQLiteFile(sys.argv[1], SCHEMA, durable=False, timeout=20)
    await file.open()
    for number in range(50):
        await add(file, f"{sys.argv[2]}-{number}")
    await file.close()

asyncio.run(main())
"""


@asynccontextmanager
async def opened(path: Path, timeout: float = 2.0) -> AsyncIterator[SQLiteFile]:
    file = SQLiteFile(path, SCHEMA, durable=True, timeout=timeout)
    await file.open()
    try:
        yield file
    finally:
        await file.close()


async def add(file: SQLiteFile, name: str) -> None:
    await file.write(lambda connection: connection.execute("INSERT INTO things VALUES (?)", (name,)))


async def names(file: SQLiteFile) -> list[str]:
    rows = await file.read(lambda connection: connection.execute("SELECT name FROM things").fetchall())
    return sorted(name for (name,) in rows)


@asynccontextmanager
async def locked(path: Path) -> AsyncIterator[None]:
    """Lock the file exclusively, against readers and writers."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("COMMIT")


async def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    async with opened(tmp_path / "state.db") as file:
        await add(file, "a")
        for path in tmp_path.iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
        assert {path.name for path in tmp_path.iterdir()} >= {"state.db", "state.db-wal"}


async def test_a_mode_that_was_chosen_stays(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.touch()
    path.chmod(0o640)
    async with opened(path) as file:
        await add(file, "a")
        assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_processes_that_start_together_create_the_file_together(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    command = [sys.executable, "-c", ADD_FIFTY, str(path)]
    workers = [subprocess.Popen([*command, str(worker)], cwd=ROOT) for worker in range(4)]
    assert [worker.wait(60) for worker in workers] == [0] * 4
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("SELECT count(*) FROM things").fetchone() == (200,)
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_files_opened_together_in_one_process_do_not_disturb_each_other(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with opened(path) as one, opened(path) as two:
        await asyncio.gather(*(add((one, two)[n % 2], str(n)) for n in range(100)))
        assert len(await names(one)) == len(await names(two)) == 100


async def test_a_write_is_one_transaction(tmp_path: Path) -> None:
    def half(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO things VALUES ('half')")
        raise LookupError("half way")

    async with opened(tmp_path / "state.db") as file:
        with pytest.raises(LookupError, match="half way"):
            await file.write(half)
        await add(file, "whole")
        assert await names(file) == ["whole"]


async def test_readers_do_not_wait_for_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with opened(path) as file:
        await add(file, "a")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("INSERT INTO things VALUES ('b')")
            assert await names(file) == ["a"]
            other.execute("COMMIT")
        assert await names(file) == ["a", "b"]


async def test_a_writer_waits_for_another(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with opened(path) as file:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            writing = asyncio.create_task(add(file, "a"))
            await asyncio.sleep(0.1)  # time for the writer's thread to meet the lock
            assert not writing.done()
            other.execute("COMMIT")
        await writing
        assert await names(file) == ["a"]


async def test_a_queue_behind_a_locked_file_gives_up_together(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with opened(path, timeout=0.3) as file:
        await add(file, "before")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            began = monotonic()
            answers = await asyncio.gather(*(add(file, str(n)) for n in range(20)), return_exceptions=True)
            assert monotonic() - began < 5  # one after the other they would take six seconds
            other.execute("COMMIT")
        assert {type(answer) for answer in answers} == {StoreUnavailable}
        await add(file, "after")
        assert await names(file) == ["after", "before"]


async def test_the_loop_is_not_blocked_while_readers_are_locked_out(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with opened(path) as file:
        await add(file, "a")
        await names(file)
    async with opened(path, timeout=0.5) as file:
        await file.close()
        async with locked(path):
            began, turns = monotonic(), 0
            opening = asyncio.create_task(file.open())
            while not opening.done():
                await asyncio.sleep(0.01)
                turns += 1
            assert isinstance(opening.exception(), StoreUnavailable)
            assert turns > 5
            assert monotonic() - began < 10
        await file.open()
        assert await names(file) == ["a"]


async def test_another_file_under_the_path_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with opened(path) as file:
        await add(file, "old")
        assert await names(file) == ["old"]
        before = file.identity
        for suffix in ("", "-wal", "-shm"):
            os.unlink(f"{path}{suffix}")
        assert await names(file) == []
        assert file.identity is not before
        await add(file, "new")
        async with opened(path) as other:
            assert await names(other) == ["new"]


async def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    file = SQLiteFile(tmp_path / "missing" / "state.db", SCHEMA, durable=True)
    with pytest.raises(StoreUnavailable, match=r"missing/state\.db cannot be written"):
        await file.open()
    with pytest.raises(StoreUnavailable, match=r"missing/state\.db cannot be read"):
        await names(file)
    (tmp_path / "missing").mkdir()
    assert await names(file) == [], "it needs no second start"
    await file.close()
    with pytest.raises(StoreUnavailable, match=r"call await start\(\) before"):
        await names(file)


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_text("this is no database, but long enough to be taken for something" * 20)
    with pytest.raises(StoreUnavailable, match="not a database"):
        async with opened(path):
            pass
    assert path.read_text().startswith("this is no database")


async def test_no_file_stays_open(tmp_path: Path) -> None:
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("counts open files in /proc")
    before = len(list(folder.iterdir()))
    for _ in range(5):
        async with opened(tmp_path / "state.db") as file:
            await add(file, f"{monotonic()}")
            await names(file)
    assert len(list(folder.iterdir())) == before


def no_directory(folder: Path) -> Path:
    return folder / "missing" / "state.db"


def a_directory(folder: Path) -> Path:
    return folder


def other_content(folder: Path) -> Path:
    path = folder / "notes.txt"
    path.write_text("Not a database, but longer than the header of one. " * 4)
    return path


@pytest.mark.parametrize(
    ("place", "advice"),
    [
        (no_directory, "There is no directory {0}/missing: create it, or choose another path."),
        (a_directory, "It is a directory: choose a file in it, such as {0}/state.db."),
        (other_content, "It has other content: choose a path for a new file."),
    ],
)
async def test_a_path_where_no_database_can_be_is_explained(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, place: Callable[[Path], Path], advice: str
) -> None:
    with pytest.raises(StoreUnavailable):
        async with opened(place(tmp_path)):
            pass
    assert f". {advice.format(tmp_path)} What depends on it is refused" in caplog.text
