"""The contract of every once-store; each test runs on each implementation."""

import asyncio
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from pyview.stores.from_environment import once_store_from_environment
from pyview.stores.health import StoreUnavailable
from pyview.stores.once import MemoryOnceStore, OnceStore, SQLiteOnceStore
from pyview.stores.once_redis import RedisOnceStore
from tests.asgi import poll
from tests.stores.fixtures import BreakableFolder, BreakableServer, Clock
from tests.stores.valkey import ValkeyProcess


async def test_the_first_claim_gets_the_key_and_no_later_one(workers: list[OnceStore], clock: Clock) -> None:
    assert await workers[0].claim("one", clock.now + 30)
    for worker in workers:
        assert not await worker.claim("one", clock.now + 30)
    assert await workers[1].claim("another", clock.now + 30)


async def test_one_of_many_concurrent_claims_gets_the_key(workers: list[OnceStore], clock: Clock) -> None:
    for round in range(10):
        asking = (worker.claim(f"key {round}", clock.now + 30) for worker in workers * 5)
        assert sorted(await asyncio.gather(*asking)) == [False] * 14 + [True]


async def test_unusual_keys_are_accepted(workers: list[OnceStore], clock: Clock) -> None:
    for key in ("a:b", "é", "x" * 500, "'; DROP TABLE claims; --", "*"):
        assert await workers[0].claim(key, clock.now + 30)
        assert not await workers[1].claim(key, clock.now + 30)


@pytest.mark.parametrize("seconds", [0, -1, math.inf, math.nan])
async def test_a_time_that_cannot_be_is_refused(
    workers: list[OnceStore], clock: Clock, seconds: float
) -> None:
    with pytest.raises(ValueError, match="Unix time"):
        await workers[0].claim("one", clock.now + seconds)


async def test_an_empty_key_is_refused(workers: list[OnceStore], clock: Clock) -> None:
    with pytest.raises(ValueError, match="empty"):
        await workers[0].claim("", clock.now + 30)


async def test_a_server_forgets_by_its_own_clock(valkey: ValkeyProcess, clock: Clock) -> None:
    store = RedisOnceStore(valkey.url, prefix="forgets:", clock=clock)
    await store.start()
    assert await store.claim("one", clock.now + 0.05)
    await poll(lambda: store.claim("one", clock.now + 30))
    await store.close()


@pytest.mark.parametrize("make", [MemoryOnceStore, None], ids=["memory", "sqlite"])
async def test_an_expired_key_can_be_claimed_again_and_is_removed(
    make: Callable[[Clock], OnceStore] | None, clock: Clock, tmp_path: Path
) -> None:
    store = make(clock) if make else SQLiteOnceStore(tmp_path / "state.db", clock)
    await store.start()
    for round in range(3):
        for number in range(20):
            assert await store.claim(f"key {number}", clock.now + 30)
        assert not await store.claim("key 3", clock.now + 60)
        clock.now += 30 + round
    assert await store.claim("last", clock.now + 30)
    if isinstance(store, MemoryOnceStore):
        assert len(store._claimed) == 1
    elif isinstance(store, SQLiteOnceStore):
        count = await store._file.read(lambda file: file.execute("SELECT COUNT(*) FROM claims").fetchone())
        assert count == (1,)
    await store.close()


async def test_a_missing_file_grants_no_key(tmp_path: Path, clock: Clock) -> None:
    folder = BreakableFolder(tmp_path)
    await expect_outage(SQLiteOnceStore(folder.place, clock), folder, clock)


async def test_a_lost_server_grants_no_key(own_valkey: ValkeyProcess, clock: Clock) -> None:
    server = BreakableServer(own_valkey)
    await expect_outage(RedisOnceStore(server.place, timeout=1.0, clock=clock), server, clock)


async def expect_outage(store: OnceStore, breakable: BreakableFolder | BreakableServer, clock: Clock) -> None:
    await store.start()
    breakable.stop()
    with pytest.raises(StoreUnavailable):
        await store.claim("one", clock.now + 30)
    breakable.restart()
    assert await store.claim("two", clock.now + 30)
    await store.close()


async def test_a_closed_store_grants_no_key(tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(StoreUnavailable, match="start"):
        await SQLiteOnceStore(tmp_path / "state.db", clock).claim("one", clock.now + 30)


def test_the_environment_chooses(tmp_path: Path) -> None:
    path = str(tmp_path / "state.db")
    assert isinstance(once_store_from_environment({}), MemoryOnceStore)
    assert isinstance(once_store_from_environment({"PYVIEW_STATE": path}), SQLiteOnceStore)
    both = {"PYVIEW_STATE": path, "PYVIEW_REDIS_URL": "redis://127.0.0.1:1"}
    assert isinstance(once_store_from_environment(both), RedisOnceStore)
