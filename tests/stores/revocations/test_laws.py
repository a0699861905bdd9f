"""Properties of revocations: random sequences on every implementation, compared with a plain dictionary."""

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from pyview.stores.revocations import MemoryRevocations, Revocation, RevocationCache, Revocations
from pyview.stores.revocations_redis import RedisRevocations
from pyview.stores.revocations_sqlite import SQLiteRevocations
from tests.stores.fixtures import Clock
from tests.stores.valkey import ValkeyProcess

times = st.integers(-5, 15).map(lambda seconds: Clock().now + seconds)
keys = st.sampled_from(["user:a", "all"])
revocations = st.builds(Revocation, keys, times, st.none() | times)
Make = Callable[[Clock], list[Revocations]]


@given(revocations, revocations, revocations)
def test_the_order_of_merging_does_not_matter(one: Revocation, two: Revocation, three: Revocation) -> None:
    assert one.merged(one) == one
    assert one.merged(two).until == two.merged(one).until
    assert one.merged(two).not_before == two.merged(one).not_before
    assert one.merged(two).merged(three) == one.merged(two.merged(three))


@given(revocations, revocations, times, times)
def test_a_merged_revocation_covers_both(
    one: Revocation, two: Revocation, signed_in_at: float, now: float
) -> None:
    if one.applies_to(signed_in_at, now) or two.applies_to(signed_in_at, now):
        assert one.merged(two).applies_to(signed_in_at, now)


@given(st.lists(st.tuples(revocations, st.integers(0, 20))))
def test_expired_revocations_take_no_memory(steps: list[tuple[Revocation, int]]) -> None:
    clock = Clock()
    replica = RevocationCache(clock)
    for revocation, seconds in steps:
        replica.add(revocation)
        clock.now += seconds
        assert all(left.until > clock.now for left in replica)
    clock.now += 100
    assert (list(replica), len(replica), replica._expiring) == ([], 0, [])


@dataclass(frozen=True)
class Step:
    """Worker `at` revokes, `wait` seconds pass, and both workers are checked."""

    at: int
    revocation: Revocation
    wait: int
    asked: dict[str, float]


steps = st.builds(Step, st.integers(0, 1), revocations, st.integers(0, 5), st.dictionaries(keys, times))


async def agree(workers: list[Revocations], clock: Clock, sequence: list[Step]) -> None:
    """After every step, both workers agree with one dictionary."""
    model: dict[str, Revocation] = {}
    for step in sequence:
        revoked = step.revocation
        await workers[step.at].revoke(revoked.key, revoked.until, revoked.not_before)
        _learn(model, revoked, clock.now)
        clock.now += step.wait
        expected = any(
            model[key].applies_to(signed_in_at, clock.now)
            for key, signed_in_at in step.asked.items()
            if key in model
        )
        for worker in workers:
            assert await worker.revoked(step.asked) == expected
            assert worker.known_revoked(step.asked) == expected


def _learn(model: dict[str, Revocation], revoked: Revocation, now: float) -> None:
    known = model.get(revoked.key)
    if revoked.until > now:
        model[revoked.key] = known.merged(revoked) if known and known.until > now else revoked


def law(make: Make, examples: int) -> None:
    @given(st.lists(steps, max_size=20))
    @settings(max_examples=examples)
    def holds(sequence: list[Step]) -> None:
        async def run() -> None:
            clock = Clock()
            workers = make(clock)
            for worker in workers:
                await worker.start()
            try:
                await agree(workers, clock, sequence)
            finally:
                for worker in workers:
                    await worker.close()

        asyncio.run(run())

    holds()


def test_any_sequence_in_memory() -> None:
    law(lambda clock: [MemoryRevocations(clock)] * 2, 100)


def test_any_sequence_in_a_file() -> None:
    with tempfile.TemporaryDirectory() as folder:

        def make(clock: Clock) -> list[Revocations]:
            path = Path(folder) / uuid4().hex
            return [SQLiteRevocations(path, clock), SQLiteRevocations(path, clock)]

        law(make, 60)


def test_any_sequence_on_a_server(valkey: ValkeyProcess) -> None:
    def make(clock: Clock) -> list[Revocations]:
        prefix = f"{uuid4().hex}:"
        return [RedisRevocations(valkey.url, prefix=prefix, clock=clock) for _ in range(2)]

    law(make, 60)
