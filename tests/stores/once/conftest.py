"""Fixtures: workers with every once-store."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from pyview.stores.once import MemoryOnceStore, OnceStore, SQLiteOnceStore
from pyview.stores.once_redis import RedisOnceStore
from tests.stores.fixtures import Clock, clock, own_valkey, valkey
from tests.stores.valkey import ValkeyProcess

__all__ = ["clock", "own_valkey", "valkey"]

Worker = Callable[[], OnceStore]


@pytest.fixture(params=["memory", "sqlite", "redis"])
def make(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Worker:
    """Return a function that creates the once-store of one more worker."""
    if request.param == "memory":
        only = MemoryOnceStore(clock)
        return lambda: only
    if request.param == "sqlite":
        return lambda: SQLiteOnceStore(tmp_path / "state.db", clock)
    server: ValkeyProcess = request.getfixturevalue("valkey")
    prefix = f"{uuid4().hex}:"
    return lambda: RedisOnceStore(server.url, prefix=prefix, clock=clock)


@pytest.fixture
async def workers(make: Worker) -> AsyncIterator[list[OnceStore]]:
    """Three workers that share a store."""
    async with AsyncExitStack() as stack:
        started = [make() for _ in range(3)]
        for store in started:
            await store.start()
            stack.push_async_callback(store.close)
        yield started
