"""A store that does not answer: pages go on, nothing grows, and what was not stored is stored when it is back."""

import asyncio
from collections.abc import Iterable, Sequence

import pytest

from pyview.stores import MemoryStateStore, StateEntry, StoreUnavailable
from pyview.testing import LiveClient
from tests.keeping.desk import shown, worker


class Shaky(MemoryStateStore):
    """A store that a test can take away."""

    away = False

    def _check(self) -> None:
        if self.away:
            raise StoreUnavailable("away")

    async def put(self, entries: Sequence[StateEntry]) -> None:
        self._check()
        await super().put(entries)

    async def take(self, key: str) -> bytes | None:
        self._check()
        return await super().take(key)

    async def drop(self, keys: Iterable[str]) -> None:
        self._check()
        await super().drop(keys)


async def test_what_was_not_stored_is_stored_when_the_store_is_back() -> None:
    store = Shaky()
    app = worker(store, max_kept_token=0)
    async with LiveClient(app) as client:
        page, other = await client.open("/"), await client.open("/")
        store.away = True
        await page.click("button")
        await other.click("button")
        await app.app_context.kept_states.flush()
        await other.drop()
        for process in tuple(app.app_context.processes):
            if process.detached:
                process.stop()
        await app.app_context.kept_states.flush()
        assert not len(store)
        store.away = False
        await app.app_context.kept_states.flush()
        assert len(store) == 2
        await other.reconnect()
        assert shown(other) == ["1", "7"]


async def test_a_page_that_returns_meanwhile_is_mounted() -> None:
    store = Shaky()
    app = worker(store, max_kept_token=0)
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.click("button")
        await app.app_context.kept_states.flush()
        await page.drop()
        for process in tuple(app.app_context.processes):
            process.stop()
        store.away = True
        await page.reconnect()
        assert shown(page) == ["0", "7"]
        await page.click("button")
        assert shown(page) == ["1", "8"]


async def test_a_store_that_fails_in_another_way_gets_the_state_later(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken(Shaky):
        def _check(self) -> None:
            if self.away:
                raise OSError("no space left on device")

    store = Broken()
    app = worker(store, max_kept_token=0)
    async with LiveClient(app) as client:
        page = await client.open("/")
        await app.app_context.kept_states.flush()
        store.away = True
        await page.click("button")
        for _ in range(3):
            await app.app_context.kept_states.flush()
        store.away = False
        await app.app_context.kept_states.flush()
        await page.drop()
        for process in tuple(app.app_context.processes):
            process.stop()
        await page.reconnect()
        assert shown(page) == ["1", "7"]
    assert caplog.text.count("kept states could not be written") == 1


async def test_a_view_that_ends_while_its_state_is_on_the_way_to_a_lost_store_is_stored_later() -> None:
    asked, lost = asyncio.Event(), asyncio.Event()

    class Silent(Shaky):
        async def put(self, entries: Sequence[StateEntry]) -> None:
            if self.away:
                asked.set()
                await lost.wait()
                raise StoreUnavailable("lost")
            await super().put(entries)

    store = Silent()
    app = worker(store, max_kept_token=0)
    async with LiveClient(app) as client:
        page = await client.open("/")
        await app.app_context.kept_states.flush()
        store.away = True
        await page.click("button")
        await asked.wait()
        await page.drop()
        for process in tuple(app.app_context.processes):
            process.stop()
        store.away = False
        lost.set()
        await app.app_context.kept_states.flush()
        await page.reconnect()
        assert shown(page) == ["1", "7"]


async def test_states_of_ended_views_are_bounded_during_an_outage() -> None:
    store = Shaky()
    app = worker(store, max_kept_token=0)
    writes = app.app_context.kept_states._writes
    async with LiveClient(app):
        store.away = True
        for number in range(40):
            writes.add_last(StateEntry(str(number), b"x" * 1024 * 1024, 300))
            await writes.flush()
        store.away = False
        await writes.flush()
        assert 10 < len(store) <= 16
        assert await store.take("39") is not None
