"""Fixtures: workers with every implementation of revocations."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from pyview.stores.revocations import MemoryRevocations, Revocations
from pyview.stores.revocations_redis import RedisRevocations
from pyview.stores.revocations_sqlite import SQLiteRevocations
from tests.stores.fixtures import Clock, clock, own_valkey, valkey
from tests.stores.revocations.workers import Workers
from tests.stores.valkey import ValkeyProcess

__all__ = ["clock", "own_valkey", "valkey"]


@pytest.fixture(params=["memory", "sqlite", "redis"])
def make(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Callable[[], Revocations]:
    """Return a function that creates the revocations of one more worker."""
    if request.param == "memory":
        only = MemoryRevocations(clock)
        return lambda: only
    if request.param == "sqlite":
        return lambda: SQLiteRevocations(tmp_path / "state.db", clock)
    server: ValkeyProcess = request.getfixturevalue("valkey")
    prefix = f"{uuid4().hex}:"
    return lambda: RedisRevocations(server.url, prefix=prefix, clock=clock)


@pytest.fixture
async def workers(make: Callable[[], Revocations]) -> AsyncIterator[Workers]:
    async with AsyncExitStack() as stack:
        yield Workers(make, stack)
