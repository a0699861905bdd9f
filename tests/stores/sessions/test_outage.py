"""An outage of the session store, and the removal of ended sessions."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from sqlite3 import connect

import pytest

from pyview.stores.health import StoreUnavailable
from pyview.stores.sessions import MemorySessionStore, Record, SessionStore
from pyview.stores.sessions_redis import RedisSessionStore
from pyview.stores.sessions_sqlite import SQLiteSessionStore
from tests.stores.fixtures import Breakable, BreakableFolder, BreakableServer, FreezableServer
from tests.stores.valkey import ValkeyProcess

NOW = 1_800_000_000.0
HOUR = 3600.0


def record(key: str, seen: float = NOW) -> Record:
    return Record(key, b"{}", "u", NOW, seen, NOW + 9 * HOUR, HOUR)


@asynccontextmanager
async def started(store: SessionStore) -> AsyncIterator[SessionStore]:
    await store.start()
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture(params=[BreakableFolder, BreakableServer, FreezableServer])
def breakable(request: pytest.FixtureRequest, tmp_path: Path) -> Breakable:
    if issubclass(request.param, BreakableFolder):
        folder: Breakable = request.param(tmp_path)
        return folder
    server: Breakable = request.param(request.getfixturevalue("own_valkey"))
    return server


@pytest.fixture
def store(breakable: Breakable) -> SessionStore:
    place = breakable.place
    return RedisSessionStore(place, timeout=1.0) if "://" in place else SQLiteSessionStore(place)


async def test_every_method_raises_during_an_outage(
    store: SessionStore, breakable: Breakable, caplog: pytest.LogCaptureFixture
) -> None:
    async with started(store):
        await store.create(record("a"))
        breakable.stop()
        asking = [
            store.load("a", NOW),
            store.create(record("b")),
            store.save("a", b"{}", 1, NOW),
            store.rotate("a", 1, record("c")),
            store.touch("a", NOW),
            store.delete("a"),
            store.delete_user("u"),
            store.list_user("u", NOW),
        ]
        for question in asking:
            with pytest.raises(StoreUnavailable):
                await question
        breakable.restart()
        await until_answering(store)
        await store.create(record("d"))
        assert await store.load("d", NOW) == record("d")
    lines = [line for line in caplog.records if line.name == "pyview"]
    assert [line.levelname for line in lines] == ["ERROR", "WARNING"]


async def until_answering(store: SessionStore) -> None:
    """On a busy machine the first answers may come after the timeout of the store."""
    async with asyncio.timeout(30):
        while True:
            with suppress(StoreUnavailable):
                await store.load("a", NOW)
                return
            await asyncio.sleep(0.02)


async def test_sessions_outlive_the_worker_in_a_file(tmp_path: Path) -> None:
    async with started(SQLiteSessionStore(tmp_path / "state.db")) as store:
        await store.create(record("a"))
    async with started(SQLiteSessionStore(tmp_path / "state.db")) as store:
        assert await store.load("a", NOW) == record("a")


async def test_ended_sessions_are_removed_from_the_file(tmp_path: Path) -> None:
    async with started(SQLiteSessionStore(tmp_path / "state.db")) as store:
        for number in range(30):
            await store.create(record(f"old{number}"))
        await store.create(record("new", NOW + 2 * HOUR))
        with connect(tmp_path / "state.db") as file:
            assert file.execute("SELECT key FROM sessions").fetchall() == [("new",)]
        file.close()


async def test_ended_sessions_are_removed_from_memory() -> None:
    store = MemorySessionStore()
    for number in range(30):
        await store.create(record(f"old{number}"))
    await store.create(record("new", NOW + 2 * HOUR))
    assert len(store) == 1


async def test_a_server_removes_sessions_by_itself(valkey: ValkeyProcess) -> None:
    async with started(RedisSessionStore(valkey.url, prefix="brief:")) as store:
        await store.create(Record("a", b"{}", "u", NOW, NOW, NOW + 0.05, HOUR))
        await store.create(record("b"))
        await store.delete("b")
        await store.create(record("c"))
        with valkey.client() as client:
            assert 0 < client.pttl("brief:session:c") <= HOUR * 1000
            assert HOUR * 1000 < client.pttl("brief:sessions-of:u") <= 9 * HOUR * 1000
            await store.delete_user("u", keep="a")
            while client.exists("brief:session:a"):
                pass
        assert await store.load("a", NOW) is None
        assert await store.list_user("u", NOW) == []
