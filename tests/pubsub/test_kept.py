"""Broadcasts with `keep`: delivered once, in order, to workers that were cut off."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from functools import partial
from time import monotonic

import pytest

from pyview.events.info_event import InfoEvent
from pyview.pubsub import redis_kept
from pyview.pubsub.memory import MISSED
from pyview.pubsub.redis import RedisPubSub
from pyview.pubsub.redis_channels import SENDER, Envelope, SubscribedChannels
from pyview.stores.redis import RedisServer
from tests.pubsub.test_redis import Listener, until_connected
from tests.stores.fixtures import own_valkey
from tests.stores.revocations.workers import until
from tests.stores.valkey import ValkeyProcess

__all__ = ["own_valkey"]


class Room:
    """A worker with a subscriber of "room" that records the numbers it gets."""

    def __init__(self, pubsub: RedisPubSub) -> None:
        self.pubsub = pubsub
        self.numbers: list[int] = []

    def deliver(self, event: InfoEvent) -> None:
        self.numbers.append(event.payload)

    async def send(self, *numbers: int, keep: float = 30.0) -> None:
        for number in numbers:
            await self.pubsub.broadcast("room", number, keep=keep)


@pytest.fixture
async def room(own_valkey: ValkeyProcess) -> AsyncIterator[Callable[[], Room]]:
    async with AsyncExitStack() as stack:

        def worker() -> Room:
            pubsub = RedisPubSub(own_valkey.url, timeout=0.5)
            stack.push_async_callback(pubsub.close)
            return Room(pubsub)

        yield worker


async def joined(*rooms: Room) -> None:
    for room in rooms:
        await room.pubsub.subscribe("room", room)
    await until_connected(*(room.pubsub for room in rooms))


def all_have(count: int, *rooms: Room) -> bool:
    return all(len(room.numbers) == count for room in rooms)


async def test_nothing_is_lost_or_doubled_when_the_server_loses_its_data(
    own_valkey: ValkeyProcess, room: Callable[[], Room]
) -> None:
    one, two, three = room(), room(), room()
    await joined(one, two, three)
    await one.send(*range(20))
    await two.send(*range(100, 120))
    await until(partial(all_have, 40, one, two, three))
    for outage in range(1, 3):
        own_valkey.kill()
        for number in range(20 * outage, 20 * outage + 20):
            await one.send(number)
            await two.send(100 + number)
        own_valkey.start()
        await one.send(20 * outage + 20 - 1 + 1000)
        await until(partial(all_have, 40 + outage * 41, one, two, three))
    for each in (one, two, three):
        assert [number for number in each.numbers if number < 100] == list(range(60))
        assert [number for number in each.numbers if 100 <= number < 1000] == list(range(100, 160))
        assert [number for number in each.numbers if number >= 1000] == [1039, 1059]


async def test_a_worker_that_was_cut_off_reads_what_it_missed(
    own_valkey: ValkeyProcess, room: Callable[[], Room]
) -> None:
    one, two = room(), room()
    await joined(one, two)
    missed = Listener()
    await two.pubsub.subscribe(MISSED, missed)
    await one.send(0)
    await until(lambda: two.numbers == [0])
    with own_valkey.client() as admin:
        # Only the readers are cut off: the broadcasts go on.
        for number in range(1, 30):
            if number % 10 == 1:
                admin.client_kill_filter(_type="pubsub")
            await one.send(number)
    await until(lambda: one.numbers == two.numbers == list(range(30)))
    await until(lambda: bool(missed.events))
    await one.send(30)
    await until(lambda: one.numbers == two.numbers == list(range(31)))


@pytest.mark.parametrize("seed", range(3))
async def test_all_workers_get_all_broadcasts_once_and_in_order_whatever_is_cut(
    own_valkey: ValkeyProcess, room: Callable[[], Room], seed: int
) -> None:
    chance = random.Random(seed)
    rooms = [room() for _ in range(3)]
    await joined(*rooms)
    sent: list[list[int]] = [[], [], []]

    async def broadcast() -> None:
        for _ in range(chance.randrange(1, 30)):
            worker = chance.randrange(3)
            sent[worker].append(1000 * worker + len(sent[worker]))
            await rooms[worker].send(sent[worker][-1])
            if chance.random() < 0.1:
                await asyncio.sleep(chance.random() / 50)

    def cut(kind: str) -> None:
        with own_valkey.client() as admin:
            admin.client_kill_filter(_type=kind)

    def restart() -> None:
        own_valkey.kill()
        own_valkey.start()

    cuts: list[Callable[[], None]] = [
        restart,
        own_valkey.kill,
        partial(cut, "pubsub"),
        partial(cut, "normal"),
    ]
    for _ in range(15):
        await broadcast()
        chance.choice(cuts)()
        await broadcast()
        if not own_valkey.running:
            own_valkey.start()
    await until(partial(all_have, sum(map(len, sent)), *rooms), 30)
    for each in rooms:
        for worker, numbers in enumerate(sent):
            assert [number for number in each.numbers if number // 1000 == worker] == numbers


async def test_who_subscribes_after_a_broadcast_does_not_get_it(
    own_valkey: ValkeyProcess, room: Callable[[], Room]
) -> None:
    one, two = room(), room()
    await joined(one)
    await two.pubsub.start()
    await one.send(0, 1)
    await until(lambda: one.numbers == [0, 1])
    await joined(one, two)
    own_valkey.kill()
    await one.send(2)
    own_valkey.start()
    await until(lambda: 2 in two.numbers)
    await one.send(3)
    await until(lambda: two.numbers == [2, 3] and one.numbers == [0, 1, 2, 3])


async def test_a_broadcast_is_kept_for_its_time_only(
    own_valkey: ValkeyProcess, room: Callable[[], Room]
) -> None:
    one, two = room(), room()
    await joined(one, two)
    own_valkey.kill()
    await one.send(1, keep=0.05)
    await one.send(2, keep=30)
    await until(lambda: one.numbers == [1, 2])
    expired = monotonic() + 0.06
    await until(lambda: monotonic() > expired)
    own_valkey.start()
    await until(lambda: two.numbers == [2])
    with own_valkey.client() as admin:
        assert admin.xlen("pyview:kept:0") == 1
        assert 0 < admin.pttl("pyview:kept:0") <= 30_000


async def test_no_task_remains_of_a_worker_that_ends_during_an_outage(
    own_valkey: ValkeyProcess, room: Callable[[], Room]
) -> None:
    before = asyncio.all_tasks()
    one = room()
    await one.pubsub.start()
    own_valkey.freeze()
    await one.send(*range(10))
    await one.pubsub.close()
    assert asyncio.all_tasks() == before
    own_valkey.thaw()


async def test_what_cannot_be_kept_is_published_and_logged_once(
    room: Callable[[], Room], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(redis_kept, "MOST", 5)
    one, two = room(), room()
    await joined(one, two)
    await one.send(*range(20))
    await until(lambda: one.numbers == two.numbers == list(range(20)))
    assert caplog.text.count("are kept: further ones are not") == 1


async def test_a_repetition_that_is_stopped_before_it_begins_leaves_nothing(
    own_valkey: ValkeyProcess,
) -> None:
    server = RedisServer(own_valkey.url)
    await server.open()
    channels = SubscribedChannels("kept:", server.database)
    kept = redis_kept.KeptBroadcasts(server, channels, b"1" * SENDER, lambda moment: 0)
    await kept.prepare()
    kept.add(Envelope(b"1" * SENDER, 1, "room", b"1"), keep=60.0)
    await server.run("reading", "PING")  # after which the broadcast is confirmed
    kept.check()
    await kept.close(5.0)
    assert kept.sends_at_once
    await server.close()
