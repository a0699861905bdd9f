"""What every store of kept states does."""

import asyncio

import pytest

from pyview.stores import StoreUnavailable
from pyview.stores.states import MemoryStateStore, SQLiteStateStore, StateEntry, StateStore
from pyview.stores.states_redis import RedisStateStore
from tests.stores.fixtures import Clock
from tests.stores.valkey import ValkeyProcess


def entry(key: str, value: bytes = b"state", seconds: float = 300, tag: str = "") -> StateEntry:
    return StateEntry(key, value, seconds, tag)


async def test_another_worker_takes_a_state_once(workers: list[StateStore]) -> None:
    one, two = workers
    await one.put([entry("a", b"1"), entry("b", b"\x00\xff"), entry("a", b"2")])
    assert await two.take("a") == b"2"
    assert await two.take("a") is await one.take("a") is None
    assert await one.take("b") == b"\x00\xff"


async def test_of_two_workers_one_gets_it(workers: list[StateStore]) -> None:
    await workers[0].put([entry(str(number)) for number in range(50)])
    taken = await asyncio.gather(*(store.take(str(n)) for n in range(50) for store in workers))
    assert sum(value is not None for value in taken) == 50


async def test_a_page_that_has_left_leaves_nothing(workers: list[StateStore]) -> None:
    one, two = workers
    await one.put([entry("a"), entry("b")])
    await two.drop(["a", "unknown"])
    await two.drop([])
    assert await one.take("a") is None
    assert await one.take("b") == b"state"


async def test_a_session_that_ends_takes_its_states_along(workers: list[StateStore]) -> None:
    one, two = workers
    await one.put([entry("a", tag="sid:x"), entry("b", tag="sid:y"), entry("c")])
    await two.put([entry("d", tag="sid:x", seconds=3000)])
    await two.forget("sid:x")
    await two.forget("")
    taken = [await one.take(key) for key in "abcd"]
    assert taken == [None, b"state", b"state", None]


async def test_nothing_is_taken_from_a_store_that_cannot_be_reached(own_valkey: ValkeyProcess) -> None:
    store = RedisStateStore(own_valkey.url, timeout=0.5)
    await store.start()
    own_valkey.kill()
    with pytest.raises(StoreUnavailable):
        await store.take("a")
    with pytest.raises(StoreUnavailable):
        await store.put([entry("a")])
    await store.close()


async def test_the_server_deletes_an_entry_when_its_time_is_over(valkey: ValkeyProcess) -> None:
    store = RedisStateStore(valkey.url, prefix="expiring:")
    await store.start()
    await store.put([entry("short", seconds=0.05), entry("long")])
    await asyncio.sleep(0.1)  # the clock is that of the server
    assert await store.take("short") is None
    assert await store.take("long") == b"state"
    await store.close()


async def test_entries_expire(clock: Clock, tmp_path: object) -> None:
    for store in (MemoryStateStore(clock=clock), SQLiteStateStore(f"{tmp_path}/state.db", clock)):
        await store.start()
        await store.put([entry("a", seconds=10), entry("b", seconds=100)])
        clock.now += 10
        assert await store.take("a") is None
        assert await store.take("b") == b"state"
        await store.close()


async def test_memory_is_bounded(clock: Clock) -> None:
    store = MemoryStateStore(max_bytes=3 * 1000, clock=clock)
    await store.put([entry(str(number), b"x" * 400, tag="t") for number in range(10)])
    assert len(store) == 3
    assert [await store.take(str(number)) is not None for number in (6, 7, 9)] == [False, True, True]
