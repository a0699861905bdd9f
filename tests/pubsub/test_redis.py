"""Broadcasts between workers, also while the server is lost."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from pyview.events.info_event import InfoEvent
from pyview.pubsub.from_environment import pubsub_from_environment
from pyview.pubsub.local import LocalPubSub
from pyview.pubsub.memory import MISSED, MemoryPubSub
from pyview.pubsub.redis import RedisPubSub
from pyview.pubsub.redis_channels import Envelope
from pyview.wire.message import UnencodableValue
from tests.stores.fixtures import BreakableServer, FreezableServer, own_valkey, valkey
from tests.stores.revocations.workers import until
from tests.stores.valkey import ValkeyProcess

__all__ = ["own_valkey", "valkey"]

Make = Callable[[str], RedisPubSub]


class Listener:
    def __init__(self) -> None:
        self.events: list[InfoEvent] = []

    def deliver(self, event: InfoEvent) -> None:
        self.events.append(event)


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    prefix = f"{uuid4().hex}:"
    async with AsyncExitStack() as stack:

        def worker(url: str) -> RedisPubSub:
            made = RedisPubSub(url, prefix=prefix, timeout=1.0)
            stack.push_async_callback(made.close)
            return made

        yield worker


async def test_every_worker_gets_each_message_once_in_order(valkey: ValkeyProcess, make: Make) -> None:
    one, two = make(valkey.url), make(valkey.url)
    own, other = Listener(), Listener()
    await one.subscribe("room", own)
    await two.subscribe("room", other)
    for number in range(50):
        await one.broadcast("room", number)
    await until(lambda: len(other.events) == 50)
    await two.broadcast("room", {"from": "two"})
    await until(lambda: len(own.events) == len(other.events) == 51)
    assert (
        own.events == other.events == [InfoEvent("room", [*range(50), {"from": "two"}][i]) for i in range(51)]
    )


async def test_a_worker_reads_only_messages_with_subscribers(valkey: ValkeyProcess, make: Make) -> None:
    one, two = make(valkey.url), make(valkey.url)
    other = Listener()
    await two.subscribe('a "topic"\nwith lines, ü', other)
    await one.broadcast("other", 1)
    await one.broadcast('a "topic"\nwith lines, ü', 2)
    await until(lambda: bool(other.events))
    assert other.events == [InfoEvent('a "topic"\nwith lines, ü', 2)]
    two.drop(other)
    after = Listener()
    await two.subscribe("after", after)
    await one.broadcast('a "topic"\nwith lines, ü', 3)
    await one.broadcast("after", 4)
    await until(lambda: bool(after.events))
    assert len(other.events) == 1


@dataclass
class Text:
    text: str


async def test_a_message_is_the_same_data_on_every_worker(valkey: ValkeyProcess, make: Make) -> None:
    one, two = make(valkey.url), make(valkey.url)
    own, other = Listener(), Listener()
    await one.subscribe("room", own)
    await two.subscribe("room", other)
    await one.broadcast("room", Text("hello"))
    await until(lambda: bool(other.events))
    assert own.events == other.events == [InfoEvent("room", {"text": "hello"})]
    with pytest.raises(UnencodableValue, match=r"broadcast\('room'\) needs JSON data"):
        await one.broadcast("room", object())


async def test_prefixes_and_databases_do_not_mix(valkey: ValkeyProcess, make: Make) -> None:
    one, other = make(valkey.url), RedisPubSub(valkey.url, prefix="other:")
    third = make(f"{valkey.url}?db=1")
    listeners = [Listener(), Listener()]
    await other.subscribe("room", listeners[0])
    await third.subscribe("room", listeners[1])
    await one.broadcast("room", 1)
    await other.broadcast("room", 2)
    await third.broadcast("room", 3)
    await until(lambda: all(listener.events for listener in listeners))
    assert [listener.events for listener in listeners] == [[InfoEvent("room", 2)], [InfoEvent("room", 3)]]
    await other.close()


async def test_invalid_messages_on_the_channel_are_ignored(
    valkey: ValkeyProcess, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    one, two = make(valkey.url), make(valkey.url)
    other = Listener()
    await two.subscribe("room", other)
    async with Redis.from_url(valkey.url) as stranger:
        for nonsense in (b"", b"x", b"\xff" * 40, b"0" * 32 + b'"room"\n{', b"0" * 32 + b"[1]\n1"):
            await stranger.publish(two._channels.of("room"), nonsense)
    await one.broadcast("room", 1)
    await until(lambda: other.events == [InfoEvent("room", 1)])
    assert caplog.text.count("invalid message of") == 5


async def until_connected(*workers: RedisPubSub) -> None:
    """Wait until the server counts all of `workers`; ten seconds at most."""
    for worker in workers:
        for _ in range(500):
            if await worker.others() == len(workers) - 1:
                break
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("kind", [BreakableServer, FreezableServer])
async def test_a_worker_without_server_gets_its_own_messages_and_reconnects(
    kind: type[BreakableServer], own_valkey: ValkeyProcess, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    server = kind(own_valkey)
    one, two = make(server.place), make(server.place)
    own, other = Listener(), Listener()
    await one.subscribe("room", own)
    await two.subscribe("room", other)
    server.stop()
    await one.broadcast("room", "alone")
    await until(lambda: own.events == [InfoEvent("room", "alone")])
    await until(lambda: "is gone" in caplog.text)
    server.restart()
    await until_connected(one, two)
    await one.broadcast("room", "together")
    await until(lambda: InfoEvent("room", "together") in other.events)
    assert other.events.count(InfoEvent("room", "together")) == 1
    await until(lambda: own.events == [InfoEvent("room", "alone"), InfoEvent("room", "together")])


async def test_a_worker_that_was_cut_off_notifies_the_views_that_subscribe(
    own_valkey: ValkeyProcess, make: Make
) -> None:
    one, two = make(own_valkey.url), make(own_valkey.url)
    missed, room, other = Listener(), Listener(), Listener()
    await one.subscribe(MISSED, missed)
    await one.subscribe("room", room)
    await two.subscribe(MISSED, other)
    assert missed.events == []
    own_valkey.kill()
    own_valkey.start()
    await until(lambda: bool(missed.events and other.events))
    (event,) = missed.events
    assert (event.name, 0 < event.payload["seconds"] < 60) == (MISSED, True)
    # Every channel is subscribed again at that time: a view that loads its data then misses nothing.
    await two.broadcast("room", 1)
    await until(lambda: room.events == [InfoEvent("room", 1)])


async def test_all_workers_get_two_publishers_in_one_order(valkey: ValkeyProcess, make: Make) -> None:
    workers, listeners = [make(valkey.url) for _ in range(3)], [Listener() for _ in range(3)]
    for worker, listener in zip(workers, listeners, strict=True):
        await worker.subscribe("room", listener)

    async def publish(worker: RedisPubSub, name: str) -> None:
        for number in range(300):
            await worker.broadcast("room", f"{name}{number}")
            if number % 7 == 0:
                await asyncio.sleep(0)

    await asyncio.gather(publish(workers[0], "a"), publish(workers[1], "b"))
    await until(lambda: all(len(listener.events) == 600 for listener in listeners))
    assert listeners[0].events == listeners[1].events == listeners[2].events


async def test_no_broadcast_waits_for_a_frozen_server(
    own_valkey: ValkeyProcess, caplog: pytest.LogCaptureFixture
) -> None:
    worker, own = RedisPubSub(own_valkey.url, timeout=600.0), Listener()
    await worker.subscribe("room", own)
    own_valkey.freeze()
    for number in range(5000):
        await worker.broadcast("room", number)
        await worker.broadcast("other", number, keep=5.0)
    await until(lambda: len(own.events) == 5000)
    assert own.events == [InfoEvent("room", number) for number in range(5000)]
    own_valkey.thaw()
    await worker.broadcast("room", "after")
    await until(lambda: len(own.events) == 5001)
    await worker.close()


async def test_the_server_sends_a_worker_only_the_channels_in_use(valkey: ValkeyProcess, make: Make) -> None:
    worker, listener = make(valkey.url), Listener()
    topics = [f"topic {number}" for number in range(50)]
    for topic in topics:
        await worker.subscribe(topic, listener)

    def channels() -> int:
        with valkey.client() as admin:
            return len(admin.pubsub_channels(f"{worker._channels.workers.removesuffix('workers')}*"))

    assert 25 < channels() <= 51, "one for each topic, unless two share it, and one for counting the workers"
    for topic in topics[1:]:
        await worker.unsubscribe(topic, listener)
    await until(lambda: channels() == 2)
    worker.drop(listener)
    await until(lambda: channels() == 1)


async def test_a_topic_of_one_worker_is_reached_exactly(valkey: ValkeyProcess, make: Make) -> None:
    one, two, listener = make(valkey.url), make(valkey.url), Listener()
    await one.start()
    assert await one.reaches("pyview:worker:two") is False
    await two.subscribe("pyview:worker:two", listener)
    assert (await one.reaches("pyview:worker:two"), await two.reaches("pyview:worker:two")) == (True, False)
    await two.subscribe("room", listener)
    assert await one.reaches("room") is None, "another topic may share the channel"
    await two.close()
    assert (await one.reaches("pyview:worker:two"), await one.reaches("room")) == (False, False)


async def test_a_slow_subscriber_makes_the_publisher_give_way(valkey: ValkeyProcess, make: Make) -> None:
    served = asyncio.Event()

    class Slow(Listener):
        def deliver(self, event: InfoEvent) -> Callable[[], Awaitable[None]] | None:  # type: ignore[override]
            super().deliver(event)
            return None if served.is_set() else self._served

        async def _served(self) -> None:
            await served.wait()

    worker, slow = make(valkey.url), Slow()
    await worker.subscribe("room", slow)

    async def publish() -> None:
        for number in range(5000):
            await worker.broadcast("room", number)

    publishing = asyncio.create_task(publish())
    # The subscriber has not taken the first message: no one is delivered meanwhile, and the publisher waits.
    finished, _ = await asyncio.wait([publishing], timeout=1.5)
    assert (bool(finished), len(slow.events)) == (False, 1)
    served.set()
    await publishing
    await until(lambda: slow.events == [InfoEvent("room", number) for number in range(5000)])


async def test_a_subscriber_that_is_never_served_does_not_stop_the_reading(
    valkey: ValkeyProcess, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pyview.pubsub.redis.LONGEST_WAIT", 0.05)

    class Stuck(Listener):
        def deliver(self, event: InfoEvent) -> Callable[[], Awaitable[None]] | None:  # type: ignore[override]
            super().deliver(event)
            return asyncio.Event().wait  # type: ignore[return-value]

    worker, stuck = make(valkey.url), Stuck()
    await worker.subscribe("room", stuck)
    for number in range(3):
        await worker.broadcast("room", number)
    await until(lambda: stuck.events == [InfoEvent("room", number) for number in range(3)])


async def test_a_stranger_on_the_channels_cannot_use_other_topics(valkey: ValkeyProcess, make: Make) -> None:
    worker, listener = make(valkey.url), Listener()
    topics = [MISSED, "room", "pyview:worker:one"]
    for topic in topics:
        await worker.subscribe(topic, listener)
    async with Redis.from_url(valkey.url) as stranger:
        for topic in topics:
            message = Envelope(b"0" * 32, 1, topic, b'"forged"').encoded()
            for channel in {worker._channels.of(other) for other in topics} - {worker._channels.of(topic)}:
                await stranger.publish(channel, message)
        await stranger.publish(worker._channels.of(MISSED), Envelope(b"0" * 32, 1, MISSED, b"1").encoded())
    await worker.broadcast("room", "real")
    await until(lambda: bool(listener.events))
    assert listener.events == [InfoEvent("room", "real")]


async def test_a_message_that_is_too_large_is_refused(valkey: ValkeyProcess, make: Make) -> None:
    with pytest.raises(ValueError, match=r"expected a message of at most 16 MiB, got 16777218 bytes"):
        await make(valkey.url).broadcast("room", "x" * 16 * 1024 * 1024)


async def test_after_its_end_a_worker_broadcasts_to_itself_only(valkey: ValkeyProcess, make: Make) -> None:
    worker, other, listener = make(valkey.url), make(valkey.url), Listener()
    await worker.subscribe("room", listener)
    await other.start()
    await worker.close()
    assert await other.others() == 0
    await worker.broadcast("room", 1)
    await worker.subscribe("later", listener)
    assert (listener.events, await worker.others(), await worker.reaches("room")) == (
        [InfoEvent("room", 1)],
        0,
        None,
    )
    assert await other.others() == 0
    await worker.start()
    assert await other.others() == 1
    await other.broadcast("later", 2)
    await until(lambda: listener.events == [InfoEvent("room", 1), InfoEvent("later", 2)])


async def test_it_starts_without_a_server(own_valkey: ValkeyProcess, make: Make) -> None:
    own_valkey.kill()
    one = make(own_valkey.url)
    own = Listener()
    await one.subscribe("room", own)
    await one.broadcast("room", 1)
    assert own.events == [InfoEvent("room", 1)]


def test_the_environment_chooses() -> None:
    assert type(pubsub_from_environment({})) is MemoryPubSub
    assert type(pubsub_from_environment({"PYVIEW_STATE": "x", "PYVIEW_REDIS_URL": ""})) is LocalPubSub
    assert (
        type(pubsub_from_environment({"PYVIEW_STATE": "x", "PYVIEW_REDIS_URL": "redis://h"})) is RedisPubSub
    )
    assert type(pubsub_from_environment({"PYVIEW_REDIS_URL": "redis://h"})) is RedisPubSub
    with pytest.raises(ValueError, match="is not the URL"):
        pubsub_from_environment({"PYVIEW_REDIS_URL": "h"})


async def test_a_loop_of_broadcasts_right_after_the_start_loses_none(
    valkey: ValkeyProcess, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """The first connection is not open yet, and no broadcast has anything to wait for."""
    one, two = make(valkey.url), make(valkey.url)
    other = Listener()
    await two.subscribe("room", other)
    for number in range(15_000):
        await one.broadcast("room", number)
    await until(lambda: len(other.events) == 15_000, 30)
    assert [event.payload for event in other.events] == list(range(15_000))
    assert "are dropped" not in caplog.text
