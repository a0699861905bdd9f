"""An outage of the store: no guessed answer, no lost revocation, two lines in the log."""

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
from pyview.stores.revocations_sqlite import SQLiteRevocations
from tests.stores.fixtures import (
    Breakable,
    BreakableFolder,
    BreakableServer,
    ForgetfulFolder,
    FreezableServer,
)
from tests.stores.revocations.workers import RecordingListener, Workers, until, wait_for_update

UNTIL = 4e9


@pytest.fixture(params=[BreakableFolder, ForgetfulFolder, BreakableServer, FreezableServer])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Breakable:
    if issubclass(request.param, BreakableFolder):
        folder: Breakable = request.param(tmp_path)
        return folder
    server: Breakable = request.param(request.getfixturevalue("own_valkey"))
    return server


def revocations_at(place: str) -> Revocations:
    return RedisRevocations(place, timeout=1.0) if "://" in place else SQLiteRevocations(place)


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
    RecordingListener(worker)
    await wait_for_update(worker)
    await worker.revoke("sid:known", UNTIL)
    store.stop()
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            await worker.revoked({"sid:a": 0.0})
    with pytest.raises(StoreUnavailable):
        await worker.revoke("sid:a", UNTIL)
    assert await worker.revoked({"sid:known": 0.0}), "a known revocation needs no store"
    assert worker.known_revoked({"sid:a": 0.0}), "this worker applies its own revocation"
    store.restart()
    await until(lambda: worker.staleness() < 0.4, 8)
    assert not await worker.revoked({"sid:b": 0.0})
    lines = [record for record in caplog.records if record.name == "pyview"]
    assert [line.levelname for line in lines] == ["ERROR", "WARNING"]
    assert ("is gone" in lines[0].message, "is back after" in lines[1].message) == (True, True)
    assert not [record for record in caplog.records if record.exc_info]


async def test_no_revocation_is_lost(workers: Workers, store: Breakable) -> None:
    one, two = await workers.one_more(), await workers.one_more()
    RecordingListener(one)
    listener = RecordingListener(two)
    await wait_for_update(one)
    await wait_for_update(two)
    await one.revoke("sid:before", UNTIL)
    await until(lambda: "sid:before" in listener.keys)
    store.stop()
    with pytest.raises(StoreUnavailable):
        await one.revoke("sid:meanwhile", UNTIL)
    assert not two.known_revoked({"sid:meanwhile": 0.0})
    store.restart()
    await until(lambda: "sid:meanwhile" in listener.keys, 8)
    late = await workers.one_more()
    assert await late.revoked({"sid:meanwhile": 0.0})
    # Workers write revocations that the store has lost again.
    listener = RecordingListener(late)
    await until(lambda: "sid:before" in listener.keys, 3)
    assert await (await workers.one_more()).revoked({"sid:before": 0.0})


async def test_staleness_grows_without_updates(workers: Workers, store: Breakable) -> None:
    worker = await workers.one_more()
    assert worker.staleness() == float("inf")
    RecordingListener(worker)
    await wait_for_update(worker)
    store.stop()
    await until(lambda: worker.staleness() > 2, 5)
    store.restart()
    await until(lambda: worker.staleness() < 2, 8)


async def test_it_does_not_start_without_its_store_but_later(
    make: Callable[[], Revocations], store: Breakable
) -> None:
    store.stop()
    worker = make()
    with pytest.raises(StoreUnavailable):
        await worker.start()
    assert await is_gone(worker)
    store.restart()
    await worker.start()
    assert not await is_gone(worker)
    await worker.close()


async def test_it_opens_by_itself_when_its_store_appears(
    make: Callable[[], Revocations], workers: Workers, store: Breakable, caplog: pytest.LogCaptureFixture
) -> None:
    store.stop()
    worker = make()
    with pytest.raises(StoreUnavailable):
        await worker.start()
    store.restart()
    assert not await is_gone(worker), "it needs no second start"
    lines = [record.message for record in caplog.records if record.name == "pyview"]
    assert ["is gone" in line for line in lines] == [True, False]
    assert "is back after" in lines[1]
    listener, other = RecordingListener(worker), await workers.one_more()
    await wait_for_update(worker)
    await other.revoke("sid:there", UNTIL)
    await until(lambda: listener.keys == ["sid:there"])
    await worker.close()


async def test_a_sign_out_is_written_without_a_subscriber(
    workers: Workers, store: Breakable, caplog: pytest.LogCaptureFixture
) -> None:
    """The worker that signs out has no open page, so nothing else reads the store."""
    one, two = await workers.one_more(), await workers.one_more()
    store.stop()
    for name in ("a", "b", "c"):
        with pytest.raises(StoreUnavailable):
            await one.revoke(f"sid:{name}", UNTIL)
    store.restart()
    await until_revoked(two, "sid:a", "sid:b", "sid:c")
    # The other worker may read them before the one that wrote them goes on and logs it.
    await until(lambda: "sign-outs" in caplog.text)
    lines = [record for record in caplog.records if record.name == "pyview.security"]
    assert [line.message.split(" from ")[0] for line in lines] == ["wrote 3 sign-outs"]


async def test_a_sign_out_before_the_first_start_is_written_too(
    make: Callable[[], Revocations], workers: Workers, store: Breakable
) -> None:
    store.stop()
    one = make()
    for attempt in (one.start(), one.revoke("sid:early", UNTIL)):
        with pytest.raises(StoreUnavailable):
            await attempt
    store.restart()
    await until_revoked(await workers.one_more(), "sid:early")
    await one.close()


async def test_a_sign_out_is_written_when_its_worker_stops(
    make: Callable[[], Revocations], workers: Workers, store: Breakable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "FIRST_PAUSE", 600.0)
    one = make()
    await one.start()
    store.stop()
    with pytest.raises(StoreUnavailable):
        await one.revoke("sid:late", UNTIL)
    store.restart()
    await one.close()
    assert await (await workers.one_more()).revoked({"sid:late": 0.0})


async def test_lost_sign_outs_are_logged_at_the_end(
    make: Callable[[], Revocations], store: Breakable, caplog: pytest.LogCaptureFixture
) -> None:
    one = make()
    await one.start()
    store.stop()
    with pytest.raises(StoreUnavailable):
        await one.revoke("sid:lost", UNTIL)
    await one.close()
    assert "1 sign-outs are lost" in caplog.text
    store.restart()


async def until_revoked(worker: Revocations, *keys: str) -> None:
    """Wait until `worker` finds all of `keys` revoked; ten seconds at most."""
    deadline = monotonic() + 10
    for key in keys:
        while await is_gone(worker) or not await worker.revoked({key: 0.0}):
            assert monotonic() < deadline, f"{key} was never written"
            await asyncio.sleep(0.02)
