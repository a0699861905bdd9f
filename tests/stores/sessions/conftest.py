"""Fixtures: workers with every session store."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from pyview.stores.sessions import MemorySessionStore, SessionStore
from pyview.stores.sessions_redis import RedisSessionStore
from pyview.stores.sessions_sqlite import SQLiteSessionStore
from tests.stores.fixtures import clock, own_valkey, valkey
from tests.stores.valkey import ValkeyProcess

__all__ = ["clock", "own_valkey", "valkey"]

OneMore = Callable[[], Awaitable[SessionStore]]


@pytest.fixture(params=["memory", "sqlite", "redis"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], SessionStore]:
    """Return a function that creates the store of one more worker, in the same place."""
    if request.param == "memory":
        only = MemorySessionStore()
        return lambda: only
    if request.param == "sqlite":
        return lambda: SQLiteSessionStore(tmp_path / "state.db")
    server: ValkeyProcess = request.getfixturevalue("valkey")
    prefix = f"{uuid4().hex}:"
    return lambda: RedisSessionStore(server.url, prefix=prefix)


@pytest.fixture
async def one_more(make: Callable[[], SessionStore]) -> AsyncIterator[OneMore]:
    async with AsyncExitStack() as stack:

        async def started() -> SessionStore:
            store = make()
            await store.start()
            stack.push_async_callback(store.close)
            return store

        yield started
