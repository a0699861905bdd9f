"""The contract of every PubSub; add further implementations to the parameters of the fixture."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from pyview.events.info_event import InfoEvent
from pyview.pubsub.local import LocalPubSub
from pyview.pubsub.memory import MemoryPubSub, PubSub
from pyview.pubsub.redis import RedisPubSub
from tests.stores.fixtures import valkey
from tests.stores.revocations.workers import until
from tests.stores.valkey import ValkeyProcess

__all__ = ["valkey"]


class Listener:
    def __init__(self) -> None:
        self.events: list[InfoEvent] = []

    def deliver(self, event: InfoEvent) -> None:
        self.events.append(event)


@pytest.fixture(params=["memory", "local", "redis"])
async def pubsub(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[PubSub]:
    if request.param == "memory":
        yield MemoryPubSub()
        return
    shared: PubSub
    if request.param == "local":
        shared = LocalPubSub(tmp_path / "workers")
    else:
        server: ValkeyProcess = request.getfixturevalue("valkey")
        shared = RedisPubSub(server.url, prefix=f"{uuid4().hex}:")
    await shared.start()
    yield shared
    await shared.close()


async def test_each_subscriber_gets_each_message_once_in_order(pubsub: PubSub) -> None:
    one, two = Listener(), Listener()
    for listener in (one, two, one):
        await pubsub.subscribe("room", listener)
    for number in range(3):
        await pubsub.broadcast("room", number)
    await until(lambda: len(two.events) == 3)
    assert one.events == two.events == [InfoEvent("room", number) for number in range(3)]


async def test_topics_do_not_mix(pubsub: PubSub) -> None:
    one = Listener()
    await pubsub.subscribe("a", one)
    await pubsub.broadcast("b", 1)
    await pubsub.broadcast("a", 2)
    await until(lambda: bool(one.events))
    assert one.events == [InfoEvent("a", 2)]


async def test_unsubscribe_and_drop_end_delivery(pubsub: PubSub) -> None:
    one, two = Listener(), Listener()
    for topic in ("a", "b"):
        await pubsub.subscribe(topic, one)
        await pubsub.subscribe(topic, two)
    await pubsub.unsubscribe("a", one)
    await pubsub.unsubscribe("never", one)
    pubsub.drop(two)
    pubsub.drop(two)
    await pubsub.broadcast("a", 1)
    await pubsub.broadcast("b", 2)
    await until(lambda: bool(one.events))
    assert (one.events, two.events) == ([InfoEvent("b", 2)], [])


async def test_a_subscriber_may_unsubscribe_during_a_delivery(pubsub: PubSub) -> None:
    last = Listener()

    class Leaver:
        def deliver(self, event: InfoEvent) -> None:
            pubsub.drop(self)

    await pubsub.subscribe("a", Leaver())
    await pubsub.subscribe("a", last)
    await pubsub.broadcast("a", 1)
    await until(lambda: last.events == [InfoEvent("a", 1)])


@pytest.mark.parametrize("keep", [-1.0, 3601.0, float("nan"), "60", True])
async def test_a_time_that_is_none_or_out_of_range_is_refused(pubsub: PubSub, keep: Any) -> None:
    expected = r"broadcast\('a', keep=...\) expected a number of seconds from 0 to 3600"
    with pytest.raises(ValueError, match=expected):
        await pubsub.broadcast("a", 1, keep=keep)


async def test_memory_keeps_no_topic_without_subscribers() -> None:
    hub = MemoryPubSub()
    one = Listener()
    await hub.subscribe("a", one)
    await hub.subscribe("b", one)
    hub.drop(one)
    assert (hub.subscribers("a"), hub._topics, hub._topics_of) == (0, {}, {})
