"""Pages that move between workers: their users neither leave nor join, and nobody is listed twice."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from pyview.presence import Presence
from pyview.presence.presence import START_TIMEOUT
from pyview.pubsub.memory import MemoryPubSub
from pyview.wire.message import json_text
from tests.presence.bus import Bus, Link, Page, Watcher, metas, run, worker
from tests.presence.test_presence import View


class Workers:
    def __init__(self, count: int) -> None:
        self.bus = Bus()
        self.links = [Link(self.bus) for _ in range(count)]
        self.all = [worker(link) for link in self.links]

    async def start(self) -> list[Presence]:
        for presence in self.all:
            await presence.start()
        return self.all

    async def another(self) -> Presence:
        self.links.append(Link(self.bus))
        self.all.append(worker(self.links[-1]))
        await self.all[-1].start()
        return self.all[-1]


def pages(presence: Presence, names: str) -> list[Page]:
    found = [Page(name, {"at": name}) for name in names]
    for page in found:
        page.open(presence)
    return found


async def drained(presence: Presence, link: Link, shown: list[Page]) -> None:
    """Stop a worker as a deploy does."""
    presence.hand_over_all()
    for page in shown:
        page.close()
    await presence.close()
    await asyncio.sleep(1)
    link.cut = True


def test_a_deploy_is_not_seen_by_those_who_stay() -> None:
    async def main() -> None:
        workers = Workers(2)
        old, other = await workers.start()
        shown = pages(old, "abcd")
        await asyncio.sleep(1)
        watcher, before = Watcher(other), other.list("room")
        assert list(before) == ["a", "b", "c", "d"]
        stopped_at = asyncio.get_running_loop().time()
        await drained(old, workers.links[0], shown)
        fresh = await workers.another()
        assert fresh.list("room") == before, "also the pages that are on their way"
        for page, presence in zip(shown[:3], [other, fresh, other], strict=True):
            await asyncio.sleep(0.5)
            page.open(presence)
        await asyncio.sleep(5)
        assert other.list("room") == fresh.list("room") == before
        assert watcher.diffs == []
        await asyncio.sleep(5)
        [(at, key)] = watcher.left()
        assert key == "d", "its browser did not come back"
        assert 10 <= at - stopped_at <= 11
        assert list(fresh.list("room")) == ["a", "b", "c"]

    run(main())


def test_a_user_who_leaves_right_after_the_move_is_gone_everywhere() -> None:
    async def main() -> None:
        one, two, three = await Workers(3).start()
        (page,) = pages(one, "a")
        await asyncio.sleep(1)
        end = page.ghost()
        page.open(two)
        await asyncio.sleep(1)
        page.close()
        await asyncio.sleep(0.1)
        assert [list(each.list("room")) for each in (one, two, three)] == [[], [], []]
        end()
        await asyncio.sleep(20)
        assert [list(each.list("room")) for each in (one, two, three)] == [[], [], []]

    run(main())


def test_a_user_who_moves_twice_and_leaves_within_a_moment_is_gone() -> None:
    """The workers send changes every 50 ms, so nobody else has known of the last move."""

    async def main() -> None:
        one, two, three = await Workers(3).start()
        (page,) = pages(one, "a")
        await asyncio.sleep(1)
        for presence in (two, one, two):
            page.ghost()
            page.open(presence)
            await asyncio.sleep(0.015)
        page.close()
        await asyncio.sleep(1)
        assert [list(each.list("room")) for each in (one, two, three)] == [[], [], []]

    run(main())


@pytest.mark.parametrize("ends_first", [False, True])
def test_a_page_with_a_view_at_two_workers_is_listed_once(ends_first: bool) -> None:
    async def main() -> None:
        one, two, three = await Workers(3).start()
        (page,) = pages(one, "a")
        await asyncio.sleep(1)
        watchers = [Watcher(each) for each in (one, two, three)]
        end = page.ghost()
        if ends_first:
            end()
            await asyncio.sleep(2)
        page.open(two)
        for _ in range(20):
            await asyncio.sleep(0.001)
            assert all(metas(each) == {"a": [{"at": "a"}]} for each in (one, two, three))
        if not ends_first:
            end()
        await asyncio.sleep(30)
        assert all(metas(each) == {"a": [{"at": "a"}]} for each in (one, two, three))
        assert all(watcher.diffs == [] for watcher in watchers)

    run(main())


def test_a_page_that_comes_back_to_its_first_view_is_listed_there_again() -> None:
    async def main() -> None:
        one, two = await Workers(2).start()
        (page,) = pages(one, "a")
        view = page.view
        assert view is not None
        await asyncio.sleep(1)
        page.ghost()
        page.open(two)
        await asyncio.sleep(1)
        watcher = Watcher(two)
        one.update(view, "room", "a", {"at": "ghost"})
        await asyncio.sleep(1)
        assert metas(two) == {"a": [{"at": "a"}]}, "the view without a page changes nothing"
        end = page.ghost()
        one.returned(view)
        end()
        await asyncio.sleep(15)
        assert metas(one) == metas(two) == {"a": [{"at": "ghost"}]}
        assert watcher.left() == []
        one.drop(view)
        await asyncio.sleep(1)
        assert metas(one) == metas(two) == {}

    run(main())


def test_a_page_that_moved_while_its_worker_was_cut_off_stays_where_it_is() -> None:
    async def main() -> None:
        workers = Workers(3)
        one, two, three = await workers.start()
        (page,) = pages(one, "a")
        await asyncio.sleep(1)
        workers.links[0].cut = True
        end = page.ghost()
        page.meta = {"at": "b"}
        page.open(two)
        await asyncio.sleep(3)
        # A change of the others that it misses, and one of its own that they miss: all ask each other for all entries.
        pages(one, "c")
        watchers = [Watcher(two), Watcher(three)]
        await asyncio.sleep(1)
        workers.links[0].heal(4)
        await asyncio.sleep(3)
        assert [metas(each)["a"] for each in (one, two, three)] == [[{"at": "b"}]] * 3
        end()
        await asyncio.sleep(15)
        assert [metas(each)["a"] for each in (one, two, three)] == [[{"at": "b"}]] * 3
        assert [[diff.arrived for _, diff in watcher.diffs] for watcher in watchers] == [[("c",)]] * 2

    run(main())


def test_a_page_that_came_back_with_another_meta_has_changed_it() -> None:
    async def main() -> None:
        one, two = await Workers(2).start()
        (page,) = pages(one, "a")
        await asyncio.sleep(1)
        watcher = Watcher(one)
        page.ghost()
        page.meta = {"at": "b"}
        page.open(two)
        await asyncio.sleep(1)
        [(_, diff)] = watcher.diffs
        assert (dict(diff.joins), dict(diff.leaves)) == ({"a": ({"at": "b"},)}, {"a": ({"at": "a"},)})
        assert (diff.arrived, diff.left) == ((), ())

    run(main())


def test_users_of_a_killed_worker_are_gone_within_ten_seconds_and_those_who_return_stay() -> None:
    async def main() -> None:
        workers = Workers(3)
        one, two, three = await workers.start()
        shown = pages(one, "abcd")
        await asyncio.sleep(1.9)
        watcher, killed_at = Watcher(three), asyncio.get_running_loop().time()
        workers.links[0].cut = True
        for page, presence, pause in zip(shown[:2], [two, three], [0.3, 4.0], strict=True):
            await asyncio.sleep(pause)
            page.open(presence)
        await asyncio.sleep(20)
        assert list(two.list("room")) == list(three.list("room")) == ["a", "b"]
        [(at, diff)] = watcher.diffs
        assert (diff.joins, diff.left) == ({}, ("c", "d")), "in one diff"
        assert 5 < at - killed_at < 10

    run(main())


def test_a_worker_that_is_cut_off_for_a_moment_loses_nobody() -> None:
    async def main() -> None:
        workers = Workers(2)
        one, two = await workers.start()
        pages(one, "ab")
        pages(two, "cd")
        await asyncio.sleep(1)
        watchers = Watcher(one), Watcher(two)
        for _ in range(10):
            workers.links[0].cut = True
            await asyncio.sleep(5)
            workers.links[0].heal(5)
            await asyncio.sleep(5)
        assert one.list("room") == two.list("room")
        assert sorted(two.list("room")) == ["a", "b", "c", "d"]
        assert [watcher.diffs for watcher in watchers] == [[], []]

    run(main())


def test_an_outage_of_the_broker_removes_nobody_and_its_end_brings_all_changes() -> None:
    async def main() -> None:
        workers = Workers(3)
        one, two, three = await workers.start()
        shown = pages(one, "abc")
        await asyncio.sleep(5)
        watchers = [Watcher(each) for each in workers.all]
        for link in workers.links:
            link.cut = True
        await asyncio.sleep(30)
        shown[0].close()
        pages(two, "d")
        await asyncio.sleep(30)
        for link in workers.links:
            link.heal(60)
            await asyncio.sleep(0.5)
        await asyncio.sleep(1)
        assert list(one.list("room")) == list(two.list("room")) == list(three.list("room")) == ["b", "c", "d"]
        assert [sorted(watcher.left())[0][1] for watcher in watchers] == ["a"] * 3
        assert [len(watcher.left()) for watcher in watchers] == [1] * 3

    run(main())


def test_a_worker_that_was_given_up_comes_back_in_one_diff() -> None:
    async def main() -> None:
        workers = Workers(2)
        one, two = await workers.start()
        pages(one, "abcd")
        await asyncio.sleep(1)
        watcher = Watcher(two)
        workers.links[0].cut = True
        await asyncio.sleep(30)
        assert metas(two) == {}
        workers.links[0].heal(30)
        await asyncio.sleep(3)
        assert [diff.left for _, diff in watcher.diffs] == [("a", "b", "c", "d"), ()]
        assert list(two.list("room")) == ["a", "b", "c", "d"]
        assert len(watcher.diffs) == 2

    run(main())


def test_a_worker_that_stood_still_gives_nobody_up() -> None:
    """Its timers are late, and the messages of the others are still unread."""

    async def main() -> None:
        workers = Workers(2)
        one, two = await workers.start()
        shown = pages(one, "ab")
        pages(two, "cd")
        await asyncio.sleep(1)
        watcher = Watcher(two)
        end = shown[0].ghost()
        end()
        await asyncio.sleep(1)
        loop: Any = asyncio.get_running_loop()
        loop._jumping.now += 60
        await asyncio.sleep(3)
        shown[0].open(two)
        await asyncio.sleep(3)
        assert watcher.diffs == []
        assert sorted(two.list("room")) == ["a", "b", "c", "d"]

    run(main())


def test_many_changes_are_few_messages_and_a_heartbeat_is_short() -> None:
    async def main() -> None:
        workers = Workers(2)
        one, two = await workers.start()
        watcher = Watcher(two)
        await asyncio.sleep(3)
        workers.bus.sent.clear()
        shown = [Page(f"user {number}") for number in range(5000)]
        for number, page in enumerate(shown):
            page.open(one)
            if number % 10 == 0:
                await asyncio.sleep(0.001)
        await asyncio.sleep(1)
        kinds = [message["kind"] for _, message in workers.bus.sent]
        assert kinds.count("changes") < 20
        assert len(two.list("room")) == 5000
        assert len(watcher.diffs) < 20
        for page in shown:
            page.close()
        await asyncio.sleep(3)
        assert two.list("room") == {}
        assert len(watcher.diffs) < 40
        beats = [message for _, message in workers.bus.sent if message["kind"] == "beat"]
        assert beats
        assert all(len(str(message)) < 120 for message in beats)

    run(main())


def test_slow_views_get_fewer_diffs() -> None:
    """They have a third of the worker's time, and the pages that are not in a storm have the rest."""

    async def main() -> None:
        async def served() -> None:
            await asyncio.sleep(0.3)

        presence = Presence(MemoryPubSub(), served=served)
        watcher = Watcher(presence)
        for number in range(100):
            presence.track(View(), "room", number)
            await asyncio.sleep(0.05)
        await asyncio.sleep(2)
        times = [at for at, _ in watcher.diffs]
        assert all(0.89 < later - earlier < 1 for earlier, later in pairwise(times))
        assert sum(len(diff.arrived) for _, diff in watcher.diffs) == 100
        await presence.close()

    run(main())


def test_a_fresh_worker_has_many_entries_at_its_first_list() -> None:
    async def main() -> None:
        workers = Workers(3)
        one, two, _ = await workers.start()
        for number in range(3500):
            Page(f"user {number}").open((one, two)[number % 2])
        large = View()
        for topic in range(10):
            one.track(large, f"topic {topic}", "large", {"text": "x" * 200_000})
        await asyncio.sleep(1)
        began = asyncio.get_running_loop().time()
        fresh = await workers.another()
        assert len(fresh.list("room")) == 3500
        assert [len(fresh.list(f"topic {topic}")) for topic in range(10)] == [1] * 10
        assert all(len(json_text(message, "test")) < 600_000 for _, message in workers.bus.sent)
        assert asyncio.get_running_loop().time() - began < START_TIMEOUT
        alone = Workers(1)
        began = asyncio.get_running_loop().time()
        await alone.start()
        assert asyncio.get_running_loop().time() == began, "there is nobody to wait for"

    run(main())
