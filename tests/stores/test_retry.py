"""Writes are repeated until the store accepts them, without a task while there are none."""

import asyncio

import pytest

from pyview.stores.health import StoreUnavailable
from pyview.stores.retry import Retry
from tests.stores.revocations.workers import until


class Store:
    """Raises each of `failures` in turn, and then accepts every write."""

    def __init__(self, *failures: Exception) -> None:
        self._failures = [*failures]
        self.attempts = 0

    async def write(self) -> None:
        self.attempts += 1
        if self._failures:
            raise self._failures.pop(0)


async def test_it_ends_with_the_first_success() -> None:
    store = Store(StoreUnavailable(), StoreUnavailable())
    retry = Retry(store.write)
    before = len(asyncio.all_tasks())
    retry.begin()
    retry.begin()
    await until(lambda: store.attempts == 3)
    await until(lambda: len(asyncio.all_tasks()) == before)
    retry.begin()
    await until(lambda: store.attempts == 4)
    await retry.close()


async def test_a_failure_that_repeats_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    store = Store(KeyError("a"), KeyError("a"), KeyError("b"), StoreUnavailable())
    retry = Retry(store.write)
    retry.begin()
    await until(lambda: store.attempts == 5)
    assert [record.exc_info is not None for record in caplog.records] == [True, True]
    await retry.close()


async def test_closing_it_stops_it() -> None:
    store = Store(*(StoreUnavailable() for _ in range(1000)))
    retry, before = Retry(store.write), len(asyncio.all_tasks())
    retry.begin()
    await until(lambda: store.attempts == 2)
    await retry.close()
    assert len(asyncio.all_tasks()) == before
    await retry.close()
