"""Limits of sockets over all workers: each adds the counts of the others to its own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyview.events.info_event import InfoEvent
from pyview.pubsub.local import LocalPubSub
from pyview.pubsub.memory import MISSED, WORKER_TOPICS, MemoryPubSub, PubSub
from pyview.pubsub.redis import RedisPubSub
from pyview.tokens.encryption import Encryptor
from pyview.tokens.secrets import Secrets
from pyview.transport import shared_counts
from pyview.transport.limits import ClientGroup, Quotas
from pyview.transport.shared_counts import TOPIC, SharedCounts
from tests.asgi import eventually, poll
from tests.stores.fixtures import valkey
from tests.stores.valkey import ValkeyProcess

__all__ = ["valkey"]

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
ALICE: ClientGroup = (("session", "alice"), ("address", "192.0.2.1"))
BOB: ClientGroup = (("session", "bob"), ("address", "192.0.2.1"))


class Listener:
    def deliver(self, event: InfoEvent) -> None:
        """Take no notice."""


class Worker:
    """The counts of one worker, whose PubSub the test can cut."""

    def __init__(self, pubsub: PubSub, name: str, secret: str = SECRET) -> None:
        self.name = name
        self.pubsub = pubsub
        self.shared = SharedCounts(self.pubsub, name, lambda: Secrets(secret))
        self.quotas = Quotas("sockets", 4, 6, self.shared)

    async def start(self) -> None:
        await self.pubsub.start()
        await self.pubsub.subscribe(f"{WORKER_TOPICS}{self.name}", Listener())
        await self.shared.start()

    async def stop(self) -> None:
        await self.shared.close()
        await self.pubsub.close()

    def refuses(self, group: ClientGroup) -> bool:
        return self.quotas.exceeded(group) is not None

    def takes(self, group: ClientGroup, number: int) -> None:
        for _ in range(number):
            self.quotas.take(group)

    def counts_elsewhere(self, name: str) -> int:
        return self.shared.elsewhere(("session", name))


Make = Callable[..., Worker]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    async with AsyncExitStack() as stack:

        def worker(name: str, secret: str = SECRET) -> Worker:
            made = Worker(LocalPubSub(tmp_path / "workers"), name, secret)
            stack.push_async_callback(made.stop)
            return made

        yield worker


async def started(make: Make, *names: str) -> list[Worker]:
    workers = [make(name) for name in names]
    for worker in workers:
        await worker.start()
    for worker in workers:
        for other in workers:
            if other is not worker:
                await poll(partial(worker.pubsub.reaches, f"{WORKER_TOPICS}{other.name}"))
    return workers


async def test_a_limit_counts_the_sockets_of_all_workers(make: Make) -> None:
    one, two, three = await started(make, "one", "two", "three")
    one.takes(ALICE, 3)
    two.takes(ALICE, 1)
    await eventually(lambda: three.refuses(ALICE) and one.refuses(ALICE) and two.refuses(ALICE))
    assert not three.refuses(BOB)
    two.quotas.release(ALICE)
    await eventually(lambda: not three.refuses(ALICE))
    three.takes(BOB, 3)
    await eventually(lambda: one.refuses((("address", "192.0.2.1"),)))


async def test_workers_count_together_over_a_server(
    valkey: ValkeyProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_counts, "CHECK_PERIOD", 0.05)
    one, two = (Worker(RedisPubSub(valkey.url), name) for name in ("one", "two"))
    await one.start()
    one.takes(ALICE, 4)
    await two.start()
    await eventually(lambda: two.refuses(ALICE))
    one.quotas.release(ALICE)
    await eventually(lambda: not two.refuses(ALICE))
    await one.pubsub.close()  # as if it were killed
    await eventually(lambda: two.shared._sums == {})
    await one.stop()
    await two.stop()


async def test_a_worker_that_starts_later_knows_all_counts(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_counts, "_COUNTS_PER_MESSAGE", 3)
    one, two = await started(make, "one", "two")
    for number in range(10):
        one.takes((("session", f"user {number}"),), 4)
    two.takes(ALICE, 4)
    late = make("late")
    await late.start()
    await eventually(lambda: all(late.counts_elsewhere(f"user {number}") == 4 for number in range(10)))
    await eventually(lambda: late.refuses(ALICE))


async def test_the_counts_of_a_killed_worker_vanish(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_counts, "CHECK_PERIOD", 0.05)
    one, two = await started(make, "one", "two")
    one.takes(ALICE, 4)
    await eventually(lambda: two.refuses(ALICE))
    await one.pubsub.close()  # it sends nothing any more, as if it were killed
    await eventually(lambda: not two.refuses(ALICE))
    assert two.shared._sums == {}
    await eventually(lambda: two.shared._watching is None)


async def test_a_lost_message_is_repaired_by_the_next_one(make: Make) -> None:
    one, two = await started(make, "one", "two")
    one.takes(ALICE, 1)
    await eventually(lambda: two.counts_elsewhere("alice") == 1)
    two.pubsub.drop(two.shared)
    one.takes(ALICE, 2)
    await eventually(lambda: one.shared._sending is None and one.shared._timer is None)
    await two.pubsub.subscribe(TOPIC, two.shared)
    one.takes(BOB, 1)
    await eventually(lambda: (two.counts_elsewhere("alice"), two.counts_elsewhere("bob")) == (3, 1))


async def test_after_a_gap_both_sides_send_everything(make: Make) -> None:
    one, two = await started(make, "one", "two")
    one.takes(ALICE, 3)
    two.takes(BOB, 2)
    await eventually(lambda: two.counts_elsewhere("alice") == 3 and one.counts_elsewhere("bob") == 2)
    one.shared._forget("two")
    two.shared._forget("one")
    one.shared.deliver(InfoEvent(MISSED, {"seconds": 3.0}))
    await eventually(lambda: two.counts_elsewhere("alice") == 3 and one.counts_elsewhere("bob") == 2)


async def test_messages_that_no_worker_of_this_application_made_change_nothing(make: Make) -> None:
    one, stranger = await started(make, "one", "stranger")
    foreign = make("foreign", secret="another-s3cret-of-thirty-two-bytes-or-more")
    await foreign.start()
    foreign.takes(ALICE, 4)
    encryptor = Encryptor(Secrets(SECRET), "worker.other")
    for payload in (None, 1, "", "x" * 1000, {"from": "x"}, encryptor.encrypt("{}"), "é"):
        await stranger.pubsub.broadcast(TOPIC, payload)
    stranger.takes(BOB, 1)
    await eventually(lambda: one.counts_elsewhere("bob") == 1)
    assert one.counts_elsewhere("alice") == 0
    assert set(one.shared._workers) == {"stranger"}


async def test_a_recorded_message_changes_nothing(make: Make) -> None:
    one, two = await started(make, "one", "two")
    recorded: list[str] = []

    class Recorder:
        def deliver(self, event: InfoEvent) -> None:
            recorded.append(event.payload)

    await two.pubsub.subscribe(TOPIC, Recorder())
    one.takes(ALICE, 4)
    await eventually(lambda: two.counts_elsewhere("alice") == 4)
    for _ in range(4):
        one.quotas.release(ALICE)
    await eventually(lambda: two.counts_elsewhere("alice") == 0)
    for payload in recorded.copy():
        await two.pubsub.broadcast(TOPIC, payload)
    assert two.counts_elsewhere("alice") == 0
    assert two.shared._sums == {}


async def test_many_changes_are_few_messages(make: Make) -> None:
    one, two = await started(make, "one", "two")
    messages: list[object] = []

    class Counter:
        def deliver(self, event: InfoEvent) -> None:
            messages.append(event.payload)

    await two.pubsub.subscribe(TOPIC, Counter())
    one.quotas = Quotas("sockets", 64, 0, one.shared)
    for number in range(1000):
        one.takes((("session", f"user {number}"),), 1)
    await eventually(lambda: two.counts_elsewhere("user 999") == 1)
    assert len(messages) <= 2


async def test_a_pubsub_without_reaches_counts_alone() -> None:
    class Own:
        async def subscribe(self, topic: str, subscriber: object) -> None:
            pytest.fail("nothing can be counted over it")

        def drop(self, subscriber: object) -> None: ...

    shared = SharedCounts(Own(), "one", lambda: Secrets(SECRET))  # type: ignore[arg-type]
    await shared.start()
    quotas = Quotas("sockets", 1, 0, shared)
    quotas.take(ALICE[:1])
    assert quotas.exceeded(ALICE[:1])
    await shared.close()


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.booleans())))
def test_the_sum_is_that_of_all_workers(changes: list[tuple[str, str, bool]]) -> None:
    """Whatever the others do, and in whichever order their messages come, the sums are those of their counts."""

    async def run() -> None:
        here = SharedCounts(MemoryPubSub(), "here", lambda: Secrets(SECRET))
        counts: dict[tuple[str, str], int] = {}
        numbers = dict.fromkeys("abc", 0)
        for worker, name, more in changes:
            count = counts[worker, name] = max(0, counts.get((worker, name), 0) + (1 if more else -1))
            numbers[worker] += 1
            digest = shared_counts._digest(("session", name))
            first = numbers[worker] == 1
            message = {"from": worker, "number": numbers[worker], "all": first, "counts": {digest: count}}
            here._apply(worker, message)
        for name in "xyz":
            total = sum(count for (_, each), count in counts.items() if each == name)
            assert here.elsewhere(("session", name)) == total
        for worker in "abc":
            here._forget(worker)
        assert here._sums == {}
        await here.close()

    asyncio.run(run())
