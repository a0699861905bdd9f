"""A store that goes away and comes back: nothing is guessed, nothing is lost, two lines in the log."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from time import monotonic

import pytest

from pyview.stores import retry
from pyview.stores.health import StoreUnavailable
from pyview.stores.revocations import Revocations
from pyview.stores.revocations_redis import RedisRevocations
from pyview.stores.revocations_shared import SQLiteRevocations
from tests.stores.fixtures import (
    Breakable,
    BreakableFolder,
    BreakableServer,
    ForgetfulFolder,
    FreezableServer,
)
from tests.stores.revocations.workers import Ear, Workers, in_step, until

UNTIL = 4e9


@pytest.fixture(params=[BreakableFolder, ForgetfulFolder, BreakableServer, FreezableServer])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Breakable:
    if issubclass(request.param, BreakableFolder):
        folder: Breakable = request.param(tmp_path)
        return folder
    server: Breakable = request.param(request.getfixturevalue("own_valkey"))
    return server


def revocations_at(place: str) -> Revocations:
    return RedisRevocations(place, timeout=0.3) if "://" in place else SQLiteRevocations(place)


@pytest.fixture
def make(store: Breakable) -> Callable[[], Revocations]:
    return lambda: revocations_at(store.place)


@pytest.fixture
async def workers(make: Callable[[], Revocations]) -> AsyncIterator[Workers]:
    async with AsyncExitStack() as stack:
        yield Workers(make, stack)


async def is_gone(worker: Revocations) -> bool:
    try:
        await worker.revoked({"sid:never": 0.0})
    except StoreUnavailable:
        return True
    return False


async def test_it_raises_during_an_outage_and_recovers_after_it(
    workers: Workers, store: Breakable, caplog: pytest.LogCaptureFixture
) -> None:
    worker = await workers.one_more()
    Ear(worker)
    await in_step(worker)
    await worker.revoke("sid:known", UNTIL)
    store.take_away()
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            await worker.revoked({"sid:a": 0.0})
    with pytest.raises(StoreUnavailable):
        await worker.revoke("sid:a", UNTIL)
    assert await worker.revoked({"sid:known": 0.0}), "what is known needs no store"
    assert worker.known_revoked({"sid:a": 0.0}), "this worker keeps to what it was told"
    store.bring_back()
    await until(lambda: worker.staleness() < 0.4, 8)
    assert not await worker.revoked({"sid:b": 0.0})
    lines = [record for record in caplog.records if record.name == "pyview"]
    assert [line.levelname for line in lines] == ["ERROR", "WARNING"]
    assert ("is gone" in lines[0].message, "is back after" in lines[1].message) == (True, True)
    assert not [record for record in caplog.records if record.exc_info]


async def test_no_revocation_is_lost(workers: Workers, store: Breakable) -> None:
    one, two = await workers.one_more(), await workers.one_more()
    Ear(one)
    ear = Ear(two)
    await in_step(one)
    await in_step(two)
    await one.revoke("sid:before", UNTIL)
    await until(lambda: "sid:before" in ear.heard)
    store.take_away()
    with pytest.raises(StoreUnavailable):
        await one.revoke("sid:meanwhile", UNTIL)
    assert not two.known_revoked({"sid:meanwhile": 0.0})
    store.bring_back()
    await until(lambda: "sid:meanwhile" in ear.heard, 8)
    late = await workers.one_more()
    assert await late.revoked({"sid:meanwhile": 0.0})
    # What the store forgot, its workers tell it again when they next look.
    ear = Ear(late)
    await until(lambda: "sid:before" in ear.heard, 3)
    assert await (await workers.one_more()).revoked({"sid:before": 0.0})


async def test_staleness_grows_without_updates(workers: Workers, store: Breakable) -> None:
    worker = await workers.one_more()
    assert worker.staleness() == float("inf")
    Ear(worker)
    await in_step(worker)
    store.take_away()
    await until(lambda: worker.staleness() > 2, 5)
    store.bring_back()
    await until(lambda: worker.staleness() < 2, 8)


async def test_it_does_not_start_without_its_store_but_later(
    make: Callable[[], Revocations], store: Breakable
) -> None:
    store.take_away()
    worker = make()
    with pytest.raises(StoreUnavailable):
        await worker.start()
    assert await is_gone(worker)
    store.bring_back()
    await worker.start()
    assert not await is_gone(worker)
    await worker.close()


async def test_it_opens_by_itself_when_its_store_appears(
    make: Callable[[], Revocations], workers: Workers, store: Breakable, caplog: pytest.LogCaptureFixture
) -> None:
    store.take_away()
    worker = make()
    with pytest.raises(StoreUnavailable):
        await worker.start()
    store.bring_back()
    assert not await is_gone(worker), "nobody has to start it again"
    lines = [record.message for record in caplog.records if record.name == "pyview"]
    assert ["is gone" in line for line in lines] == [True, False]
    assert "is back after" in lines[1]
    ear, other = Ear(worker), await workers.one_more()
    await in_step(worker)
    await other.revoke("sid:there", UNTIL)
    await until(lambda: ear.heard == ["sid:there"])
    await worker.close()


async def test_a_sign_out_is_written_without_a_subscriber(
    workers: Workers, store: Breakable, caplog: pytest.LogCaptureFixture
) -> None:
    """There is no page open at the worker that signs out, so that nothing else asks the store."""
    one, two = await workers.one_more(), await workers.one_more()
    store.take_away()
    for name in ("a", "b", "c"):
        with pytest.raises(StoreUnavailable):
            await one.revoke(f"sid:{name}", UNTIL)
    store.bring_back()
    await until_revoked(two, "sid:a", "sid:b", "sid:c")
    # The other worker may read them before the one that wrote them goes on and logs it.
    await until(lambda: "sign-outs" in caplog.text)
    lines = [record for record in caplog.records if record.name == "pyview.security"]
    assert [line.message.split(" from ")[0] for line in lines] == ["wrote 3 sign-outs"]


async def test_a_sign_out_before_the_first_start_is_written_too(
    make: Callable[[], Revocations], workers: Workers, store: Breakable
) -> None:
    store.take_away()
    one = make()
    for attempt in (one.start(), one.revoke("sid:early", UNTIL)):
        with pytest.raises(StoreUnavailable):
            await attempt
    store.bring_back()
    await until_revoked(await workers.one_more(), "sid:early")
    await one.close()


async def test_a_sign_out_is_written_when_its_worker_stops(
    make: Callable[[], Revocations], workers: Workers, store: Breakable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "FIRST_PAUSE", 600.0)
    one = make()
    await one.start()
    store.take_away()
    with pytest.raises(StoreUnavailable):
        await one.revoke("sid:late", UNTIL)
    store.bring_back()
    await one.close()
    assert await (await workers.one_more()).revoked({"sid:late": 0.0})


async def test_lost_sign_outs_are_logged_at_the_end(
    make: Callable[[], Revocations], store: Breakable, caplog: pytest.LogCaptureFixture
) -> None:
    one = make()
    await one.start()
    store.take_away()
    with pytest.raises(StoreUnavailable):
        await one.revoke("sid:lost", UNTIL)
    await one.close()
    assert "1 sign-outs are lost" in caplog.text
    store.bring_back()


async def until_revoked(worker: Revocations, *keys: str) -> None:
    """Wait until `worker` finds all of `keys` revoked; ten seconds at most."""
    deadline = monotonic() + 10
    for key in keys:
        while await is_gone(worker) or not await worker.revoked({key: 0.0}):
            assert monotonic() < deadline, f"{key} was never written"
            await asyncio.sleep(0.02)
