"""The contract of revocations; each test runs on each implementation."""

import asyncio
import logging
import math
from collections.abc import Callable

import pytest

from pyview.stores.health import StoreUnavailable
from pyview.stores.revocations import Revocations
from tests.stores.fixtures import Clock
from tests.stores.revocations.workers import RecordingListener, Workers, until, wait_for_update

DAY = 86_400.0


async def test_nothing_is_revoked_at_first(workers: Workers, clock: Clock) -> None:
    worker = await workers.one_more()
    keys = {"sid:a": clock.now, "user:b": clock.now, "all": clock.now}
    assert not await worker.revoked(keys)
    assert not worker.known_revoked(keys)
    assert not await worker.revoked({})


async def test_a_revoked_key_is_revoked_at_every_worker_immediately(workers: Workers, clock: Clock) -> None:
    one, two = await workers.one_more(), await workers.one_more()
    await one.revoke("sid:a", clock.now + DAY)
    for worker in (one, two):
        assert await worker.revoked({"all": 0.0, "sid:a": clock.now})
        assert not await worker.revoked({"all": 0.0, "sid:b": clock.now})


async def test_not_before_revokes_earlier_sign_ins(workers: Workers, clock: Clock) -> None:
    one, two = await workers.one_more(), await workers.one_more()
    await one.revoke("user:a", clock.now + DAY, not_before=clock.now)
    for worker in (one, two):
        assert await worker.revoked({"user:a": clock.now - 0.001})
        assert not await worker.revoked({"user:a": clock.now})
        assert not await worker.revoked({"user:a": clock.now + 1})
        assert await worker.revoked({"user:a": math.nan}), "NaN counts as revoked"


async def test_revoking_again_only_adds(workers: Workers, clock: Clock) -> None:
    one, two = await workers.one_more(), await workers.one_more()
    now = clock.now
    await one.revoke("user:a", now + 20, not_before=now)
    await two.revoke("user:a", now + 10, not_before=now - 5)
    assert await two.revoked({"user:a": now - 1})
    await two.revoke("user:a", now + 10)
    assert await one.revoked({"user:a": now + 1})
    await one.revoke("user:a", now + 10, not_before=now)
    clock.now = now + 19
    assert await one.revoked({"user:a": now + 15})
    assert await two.revoked({"user:a": now + 15})


async def test_an_entry_ends_with_its_time(workers: Workers, clock: Clock) -> None:
    one, two = await workers.one_more(), await workers.one_more()
    await one.revoke("sid:a", clock.now + 10)
    clock.now += 9.99
    assert await two.revoked({"sid:a": 0.0})
    clock.now += 0.01
    for worker in (one, two):
        assert not await worker.revoked({"sid:a": 0.0})
        assert not worker.known_revoked({"sid:a": 0.0})


async def test_an_expired_revocation_is_not_merged_into_a_later_one(workers: Workers, clock: Clock) -> None:
    one, two = await workers.one_more(), await workers.one_more()
    await one.revoke("user:a", clock.now + 1)
    clock.now += 2
    await two.revoke("user:a", clock.now + 10, not_before=clock.now - 5)
    for worker in (one, two):
        assert not await worker.revoked({"user:a": clock.now})
        assert await worker.revoked({"user:a": clock.now - 6})


async def test_a_revocation_in_the_past_has_no_effect(workers: Workers, clock: Clock) -> None:
    worker = await workers.one_more()
    listener = RecordingListener(worker)
    await worker.revoke("sid:a", clock.now)
    assert not await worker.revoked({"sid:a": 0.0})
    assert listener.keys == []


async def test_every_worker_is_notified_within_a_second(workers: Workers, clock: Clock) -> None:
    one, two = await workers.one_more(), await workers.one_more()
    listeners = RecordingListener(one), RecordingListener(two)
    await wait_for_update(one)
    await wait_for_update(two)
    await one.revoke("sid:a", clock.now + DAY)
    assert listeners[0].keys == ["sid:a"]
    await until(lambda: listeners[1].keys == ["sid:a"])
    assert two.known_revoked({"sid:a": clock.now})
    assert not two.known_revoked({"sid:b": clock.now})
    await two.revoke("user:b", clock.now + DAY, not_before=clock.now)
    await until(lambda: listeners[0].keys == ["sid:a", "user:b"])
    assert one.known_revoked({"user:b": clock.now - 1})
    assert not one.known_revoked({"user:b": clock.now})


async def test_a_revocation_is_notified_once_and_again_when_extended(workers: Workers, clock: Clock) -> None:
    one, two = await workers.one_more(), await workers.one_more()
    listener = RecordingListener(two)
    two.subscribe(listener)
    await wait_for_update(two)
    await one.revoke("user:a", clock.now + DAY, not_before=1.0)
    await until(lambda: listener.keys == ["user:a"])
    await one.revoke("user:a", clock.now + DAY, not_before=1.0)
    await one.revoke("sid:after", clock.now + DAY)
    await until(lambda: "sid:after" in listener.keys)
    assert listener.keys == ["user:a", "sid:after"]
    await one.revoke("user:a", clock.now + DAY, not_before=2.0)
    await until(lambda: listener.keys == ["user:a", "sid:after", "user:a"])


async def test_a_late_worker_gets_earlier_revocations(workers: Workers, clock: Clock) -> None:
    one = await workers.one_more()
    for number in range(1200):
        await one.revoke(f"sid:{number}", clock.now + DAY)
    late = await workers.one_more()
    assert await late.revoked({"sid:7": 0.0})
    RecordingListener(late)
    await wait_for_update(late)
    assert all(late.known_revoked({f"sid:{number}": 0.0}) for number in range(1200))


async def test_a_listener_is_notified_until_it_unsubscribes(workers: Workers, clock: Clock) -> None:
    one, two, three = [await workers.one_more() for _ in range(3)]
    staying, leaving, other_worker = RecordingListener(two), RecordingListener(two), RecordingListener(three)
    await wait_for_update(two)
    await wait_for_update(three)
    two.unsubscribe(leaving)
    two.unsubscribe(RecordingListener())
    await one.revoke("sid:a", clock.now + DAY)
    await until(lambda: staying.keys == ["sid:a"])
    two.unsubscribe(staying)
    await one.revoke("sid:b", clock.now + DAY)
    await until(lambda: "sid:b" in other_worker.keys)
    assert (staying.keys, leaving.keys) == (["sid:a"], [])
    again = RecordingListener(two)
    await one.revoke("sid:c", clock.now + DAY)
    await until(lambda: "sid:c" in again.keys)
    assert two.known_revoked({"sid:b": 0.0}), "revocations without a listener are read later"


async def test_a_failing_listener_does_not_affect_the_others(
    workers: Workers, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    worker = await workers.one_more()

    def broken(key: str) -> None:
        raise LookupError(key)

    worker.subscribe(broken)
    listener = RecordingListener(worker)
    with caplog.at_level(logging.ERROR, "pyview.security"):
        await worker.revoke("sid:a", clock.now + DAY)
    assert listener.keys == ["sid:a"]
    assert "listener failed" in caplog.text


async def test_a_listener_may_unsubscribe_during_its_call(workers: Workers, clock: Clock) -> None:
    worker = await workers.one_more()
    notified: list[str] = []

    def leaving(key: str) -> None:
        worker.unsubscribe(leaving)
        notified.append(key)

    worker.subscribe(leaving)
    listener = RecordingListener(worker)
    await worker.revoke("sid:a", clock.now + DAY)
    await worker.revoke("sid:b", clock.now + DAY)
    assert (notified, listener.keys) == (["sid:a"], ["sid:a", "sid:b"])


@pytest.mark.parametrize(
    ("key", "until_", "not_before"),
    [("", 2e9, None), ("a", math.nan, None), ("a", math.inf, None), ("a", 2e9, math.nan)],
)
async def test_invalid_values_are_refused(
    workers: Workers, key: str, until_: float, not_before: float | None
) -> None:
    worker = await workers.one_more()
    with pytest.raises(ValueError, match="revoke"):
        await worker.revoke(key, until_, not_before)


async def test_keys_are_opaque(workers: Workers, clock: Clock) -> None:
    one, two = await workers.one_more(), await workers.one_more()
    strange = ["sid:'; DROP TABLE revocations; --", "user:é 😀\n\0", 'a"b\\', "*", "x" * 500]
    for key in strange:
        await one.revoke(key, clock.now + DAY)
    for key in strange:
        assert await two.revoked({key: 0.0})
        assert not await two.revoked({f"{key} ": 0.0})


async def test_many_at_once(workers: Workers, clock: Clock) -> None:
    one, two = await workers.one_more(), await workers.one_more()
    listener = RecordingListener(two)
    await wait_for_update(two)
    keys = [f"sid:{number}" for number in range(100)]
    half = len(keys) // 2
    first = [one.revoke(key, clock.now + DAY) for key in keys[:half]]
    second = [two.revoke(key, clock.now + DAY) for key in keys[half:]]
    await asyncio.gather(*first, *second)
    answers = await asyncio.gather(*(one.revoked({key: 0.0}) for key in keys))
    assert all(answers)
    await until(lambda: set(listener.keys) == set(keys))


async def test_a_closed_one_refuses_instead_of_guessing(
    make: Callable[[], Revocations], clock: Clock, request: pytest.FixtureRequest
) -> None:
    worker = make()
    await worker.start()
    await worker.start()
    listener = RecordingListener(worker)
    await worker.close()
    await worker.close()
    if "memory" in request.node.name:
        await worker.revoke("sid:a", clock.now + DAY)
    else:
        with pytest.raises(StoreUnavailable):
            await worker.revoked({"sid:a": 0.0})
        with pytest.raises(StoreUnavailable):
            await worker.revoke("sid:a", clock.now + DAY)
    assert listener.keys == []


async def test_no_task_remains_after_close(workers: Workers, make: Callable[[], Revocations]) -> None:
    before = asyncio.all_tasks()
    worker = make()
    await worker.start()
    listener = RecordingListener(worker)
    await wait_for_update(worker)
    following = asyncio.all_tasks()
    worker.unsubscribe(listener)
    await until(lambda: asyncio.all_tasks() < following or following == before)
    worker.subscribe(listener)
    await worker.close()
    assert asyncio.all_tasks() == before
