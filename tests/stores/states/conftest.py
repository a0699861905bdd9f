"""Fixtures: workers with every store of kept states."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from pyview.stores.states import MemoryStateStore, SQLiteStateStore, StateStore
from pyview.stores.states_redis import RedisStateStore
from tests.stores.fixtures import Clock, clock, own_valkey, valkey
from tests.stores.valkey import ValkeyProcess

__all__ = ["clock", "own_valkey", "valkey"]

Worker = Callable[[], StateStore]


@pytest.fixture(params=["memory", "sqlite", "redis"])
def make(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Worker:
    """Return a function that creates the store of one more worker."""
    if request.param == "memory":
        only = MemoryStateStore(clock=clock)
        return lambda: only
    if request.param == "sqlite":
        return lambda: SQLiteStateStore(tmp_path / "state.db", clock)
    server: ValkeyProcess = request.getfixturevalue("valkey")
    prefix = f"{uuid4().hex}:"
    return lambda: RedisStateStore(server.url, prefix=prefix, clock=clock)


@pytest.fixture
async def workers(make: Worker) -> AsyncIterator[list[StateStore]]:
    """Two workers that share a store."""
    async with AsyncExitStack() as stack:
        started = [make() for _ in range(2)]
        for store in started:
            await store.start()
            stack.push_async_callback(store.close)
        yield started
