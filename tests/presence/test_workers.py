"""Presence of several workers: the same list everywhere, also after lost messages and dead workers."""

import asyncio
import random
import re
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from pyview import PyView
from pyview.presence import Presence
from pyview.presence.outbox import WORKERS
from pyview.pubsub.memory import MemoryPubSub, PubSub
from pyview.pubsub.redis import RedisPubSub
from pyview.testing import LiveClient
from tests.presence.test_presence import View
from tests.presence.test_views import RoomView
from tests.stores.fixtures import own_valkey, valkey
from tests.stores.revocations.workers import until
from tests.stores.valkey import ValkeyProcess

__all__ = ["own_valkey", "valkey"]

ROOT = Path(__file__).resolve().parent.parent.parent
INTERVAL = 0.1

Worker = Callable[[], Awaitable[Presence]]


@pytest.fixture(params=["memory", "redis"])
async def worker(request: pytest.FixtureRequest) -> AsyncIterator[Worker]:
    prefix, shared = f"{uuid4().hex}:", MemoryPubSub()
    async with AsyncExitStack() as stack:

        async def make() -> Presence:
            pubsub: PubSub = shared
            interval = INTERVAL
            if request.param == "redis":
                # A stall of the server on a busy machine must not look like the death of a worker.
                interval = 10 * INTERVAL
                pubsub = RedisPubSub(request.getfixturevalue("valkey").url, prefix=prefix)
                await pubsub.start()
                stack.push_async_callback(pubsub.close)
            presence = Presence(pubsub, interval)
            stack.push_async_callback(presence.close)
            return presence

        yield make


def keys(presence: Presence, topic: str = "room") -> list[str]:
    return list(presence.list(topic))


async def test_workers_see_each_other(worker: Worker) -> None:
    one, two = await worker(), await worker()
    watcher, one_view, other_view = View(), View(), View()
    one.subscribe("room", watcher)
    one.track(one_view, "room", "ada", {"worker": 1})
    two.track(other_view, "room", "ada", {"worker": 2})
    two.track(View(), "room", "bob")
    await until(lambda: keys(one) == keys(two) == ["ada", "bob"] and one.list("room") == two.list("room"))
    assert [meta["worker"] for meta in one.list("room")["ada"].metas] == [1, 2]
    two.drop(other_view)
    await until(lambda: len(one.list("room")["ada"].metas) == 1)
    one.drop(one_view)
    await until(lambda: keys(two) == ["bob"])
    assert [key for diff in watcher.diffs for key in diff.arrived] == ["ada", "bob"]
    assert [key for diff in watcher.diffs for key in diff.left] == ["ada"]


async def test_a_late_worker_gets_all_entries(worker: Worker) -> None:
    one = await worker()
    for number in range(50):
        one.track(View(), f"room {number % 2}", number)
    late = await worker()
    watcher = View()
    late.subscribe("room 0", watcher)
    await until(lambda: len(keys(late, "room 0")) == len(keys(late, "room 1")) == 25)
    assert late.list("room 0") == one.list("room 0")
    assert len(watcher.diffs) == 1, "in one diff"


async def test_a_worker_that_closes_removes_its_users(worker: Worker) -> None:
    one, two = await worker(), await worker()
    watcher = View()
    one.subscribe("room", watcher)
    two.track(View(), "room", "ada")
    await until(lambda: keys(one) == ["ada"])
    await two.close()
    await until(lambda: keys(one) == [])
    await until(lambda: [diff.left for diff in watcher.diffs] == [(), ("ada",)])


async def test_it_can_be_used_again_after_it_was_closed(worker: Worker) -> None:
    one, two = await worker(), await worker()
    one.track(View(), "room", "ada")
    await until(lambda: keys(two) == ["ada"])
    await one.close()
    await until(lambda: keys(two) == [])
    one.track(View(), "room", "bob")
    await until(lambda: keys(two) == ["ada", "bob"])


class LossyPubSub(MemoryPubSub):
    """Loses some messages between workers, repeats others, and loses all while it is `cut`."""

    def __init__(self) -> None:
        super().__init__()
        self.chance = random.Random(1)
        self.cut = False

    async def broadcast(self, topic: str, message: Any, *, keep: float = 0.0) -> None:
        times = self.chance.choice([0, 1, 2])
        for _ in range(0 if self.cut else times):
            await super().broadcast(topic, message)


async def test_lost_and_repeated_messages_are_repaired() -> None:
    pubsub = LossyPubSub()
    workers = [Presence(pubsub, INTERVAL) for _ in range(3)]
    views: list[tuple[Presence, View]] = []
    for number in range(200):
        presence = workers[number % 3]
        views.append((presence, View()))
        presence.track(views[-1][1], "room", number % 50, {"number": number})
        if number % 3:
            owner, view = views.pop(pubsub.chance.randrange(len(views)))
            owner.drop(view)
        await asyncio.sleep(0)
    await until(lambda: workers[0].list("room") == workers[1].list("room") == workers[2].list("room"), 10)
    assert sum(len(one.metas) for one in workers[0].list("room").values()) == len(views)
    for presence in workers:
        await presence.close()


@asynccontextmanager
async def watched_worker(pubsub: PubSub) -> AsyncIterator[tuple[Presence, Presence, View]]:
    """Yield two workers, and a view at the first that watches a room in which the second has tracked ada."""
    one, two = Presence(pubsub, INTERVAL), Presence(pubsub, INTERVAL)
    watcher = View()
    one.subscribe("room", watcher)
    two.track(View(), "room", "ada")
    await until(lambda: keys(one) == ["ada"], 5)
    yield one, two, watcher
    for presence in (one, two):
        await presence.close()


async def test_a_silent_worker_counts_as_dead_until_its_next_message() -> None:
    pubsub = LossyPubSub()
    pubsub.chance = random.Random(0)
    async with watched_worker(pubsub) as (one, two, watcher):
        pubsub.cut = True
        await until(lambda: keys(one) == [], 5)
        assert keys(two) == ["ada"]
        pubsub.cut = False
        await until(lambda: keys(one) == ["ada"], 5)
        await until(lambda: [diff.left for diff in watcher.diffs] == [(), ("ada",), ()])


async def test_a_blocked_worker_does_not_remove_the_others() -> None:
    async with watched_worker(MemoryPubSub()) as (_, _, watcher):
        time.sleep(INTERVAL * 5)  # noqa: ASYNC251  blocks the event loop on purpose
        await asyncio.sleep(INTERVAL * 2)
        assert [diff.left for diff in watcher.diffs] == [()]


class BlockedWhileAsked(MemoryPubSub):
    """Blocks the event loop of a worker while it asks about its link to the others."""

    async def reaches(self, topic: str) -> bool:
        time.sleep(INTERVAL * 5)  # noqa: ASYNC251
        return await super().reaches(topic)


async def test_a_worker_that_is_blocked_while_it_looks_for_dead_ones_removes_none() -> None:
    async with watched_worker(BlockedWhileAsked()) as (_, _, watcher):
        await asyncio.sleep(INTERVAL * 2)
        assert [diff.left for diff in watcher.diffs] == [()]


def everything(worker: str, number: int, *entries: list[Any], **fields: Any) -> dict[str, Any]:
    message = {"from": worker, "kind": "everything", "number": number, "part": 0, "last": True}
    return {**message, "entries": list(entries), "moving": [], **fields}


async def test_invalid_messages_are_ignored(caplog: pytest.LogCaptureFixture) -> None:
    pubsub = MemoryPubSub()
    one = Presence(pubsub, INTERVAL)
    assert keys(one) == []
    await asyncio.sleep(0.01)
    entry = ["room", "eve", "1", 0.0, 5, {}]
    invalid = [
        None,
        1,
        {},
        {"from": 7, "kind": "beat", "number": 0, "answer": False},
        {"from": "x"},
        {"from": "x", "kind": "everything"},
        {"from": "x", "kind": "new"},
        {"from": "x", "kind": "beat", "number": "0", "answer": False},
        {"from": "x", "kind": "beat", "number": -1, "answer": False},
        {"from": "x", "kind": "bye"},
        everything("x", 0, [1]),
        everything("x", 0, [*entry[:5], None]),
        everything("x", 0, [*entry[:4], 2**60, {}]),
        everything("x", 0, [*entry[:3], "0", 5, {}]),
        everything("x", 0, ["room", None, *entry[2:]]),
        everything("x", 0, entry, moving=[[*entry, "10"]]),
        everything("x", 0, entry, moving=None),
        everything("x", 0, part=None),
    ]
    for message in invalid:
        await pubsub.broadcast(WORKERS, message)
    assert caplog.text.count("invalid message of a worker") == len(invalid)
    one.track(View(), "room", "ada")
    assert keys(one) == ["ada"]
    await pubsub.broadcast(WORKERS, everything("x", 0, entry))
    assert keys(one) == ["eve", "ada"]
    await one.close()


async def test_the_number_of_workers_has_a_bound(caplog: pytest.LogCaptureFixture) -> None:
    pubsub = MemoryPubSub()
    one = Presence(pubsub, 100)
    assert keys(one) == []
    await asyncio.sleep(0.01)
    for number in range(1001):
        await pubsub.broadcast(WORKERS, everything(f"x{number}", 0, ["room", str(number), "1", 0.0, 5, {}]))
    assert len(keys(one)) == 1000
    assert caplog.text.count("more than 1000 workers") == 1
    await one.close()


async def test_an_answer_that_is_overtaken_or_incomplete_changes_nothing() -> None:
    pubsub = MemoryPubSub()
    one = Presence(pubsub, 100)
    assert keys(one) == []
    await asyncio.sleep(0.01)
    old: list[Any] = ["room", "old", "1", 0.0, 5, {}]
    new: list[Any] = ["room", "new", "1", 1.0, 5, {}]
    await pubsub.broadcast(WORKERS, everything("x", 1, old))
    await pubsub.broadcast(WORKERS, {"from": "x", "kind": "changes", "number": 2, "changes": [new]})
    await pubsub.broadcast(WORKERS, everything("x", 1, old))
    assert keys(one) == ["old", "new"]
    for part in (0, 2):
        await pubsub.broadcast(WORKERS, everything("x", 3, part=part, last=part == 2))
    assert keys(one) == ["old", "new"]
    for part in (0, 1, 2):
        await pubsub.broadcast(WORKERS, everything("x", 3, part=part, last=part == 2))
    assert keys(one) == []
    await one.close()


# A worker in another process, which the test kills.
OTHER = """
import asyncio, sys
from pyview.presence import Presence
from pyview.pubsub.redis import RedisPubSub

class View:
    def deliver(self, event): pass

async def main():
    url, prefix = sys.argv[1:]
    presence, view = Presence(RedisPubSub(url, prefix=prefix), 0.1), View()
    presence.track(view, "room", "other", {"process": True})
    await asyncio.to_thread(sys.stdin.readline)

asyncio.run(main())
"""


@pytest.mark.slow
async def test_the_users_of_a_killed_worker_leave(own_valkey: ValkeyProcess) -> None:
    pubsub = RedisPubSub(own_valkey.url, prefix="killed:")
    presence, watcher = Presence(pubsub, INTERVAL), View()
    presence.subscribe("room", watcher)
    presence.track(watcher, "room", "here")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OTHER, own_valkey.url, "killed:", cwd=ROOT, stdin=PIPE
    )
    try:
        await until(lambda: keys(presence) == ["here", "other"], 15)
        process.kill()
        await until(lambda: keys(presence) == ["here"], 5)
        own_valkey.kill()
        own_valkey.start()  # without its data; the workers keep their lists
        assert keys(presence) == ["here"]
    finally:
        await process.communicate()
        await presence.close()
        await pubsub.close()


class Workers:
    """Starts applications that share a server, each as another worker."""

    def __init__(self, url: str, stack: AsyncExitStack) -> None:
        self.prefix = f"{uuid4().hex}:"
        self.url = url
        self._stack = stack

    async def worker(self) -> LiveClient:
        app = PyView(pubsub=RedisPubSub(self.url, prefix=self.prefix))
        app.add_live_view("/", RoomView)
        return await self._stack.enter_async_context(LiveClient(app))


async def users(client: LiveClient) -> list[str]:
    """Return the users in the first HTTP response."""
    return re.findall(r"<li[^>]*>(\w+):", (await client.get("/")).text)


async def test_the_first_list_of_a_new_worker_is_complete(valkey: ValkeyProcess) -> None:
    async with AsyncExitStack() as stack:
        fresh = Workers(valkey.url, stack)
        names = ["ada", "bob", "cleo", "dan"]
        for number, name in enumerate(names):
            worker = await fresh.worker()
            assert await users(worker) == names[:number]
            await worker.open(f"/?who={name}")


async def test_a_listener_that_never_answers_delays_a_start_but_does_not_stop_it(
    valkey: ValkeyProcess,
) -> None:
    async with AsyncExitStack() as stack:
        fresh = Workers(valkey.url, stack)
        ada = await fresh.worker()
        await ada.open("/?who=ada")
        mute = RedisPubSub(valkey.url, prefix=fresh.prefix)
        await mute.start()
        stack.push_async_callback(mute.close)
        began = time.monotonic()
        assert await users(await fresh.worker()) == ["ada"]
        assert time.monotonic() - began < 8


async def test_the_number_of_other_listeners_is_known(valkey: ValkeyProcess) -> None:
    prefix = f"{uuid4().hex}:"
    async with AsyncExitStack() as stack:
        for number in range(3):
            pubsub = RedisPubSub(valkey.url, prefix=prefix)
            assert await pubsub.others() == 0, "it has not subscribed itself"
            await pubsub.start()
            stack.push_async_callback(pubsub.close)
            assert await pubsub.others() == number


class ForeignPubSub:
    """A PubSub of the user without `others`."""

    def __init__(self, shared: MemoryPubSub) -> None:
        self.subscribe = shared.subscribe
        self.drop = shared.drop
        self.broadcast = shared.broadcast


async def test_a_start_waits_briefly_for_a_pubsub_without_others() -> None:
    shared = MemoryPubSub()
    one, two = (Presence(ForeignPubSub(shared), INTERVAL) for _ in range(2))  # type: ignore[arg-type]
    one.track(View(), "room", "ada")
    await two.start()
    assert keys(two) == ["ada"]
    for presence in (one, two):
        await presence.close()
