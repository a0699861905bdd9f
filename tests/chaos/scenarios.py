"""What happens to the workers, the broker and the network while users click; each with its goals."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from tests.asgi import eventually
from tests.chaos.clicker import Clicker, percentile
from tests.chaos.cluster import Cluster, running_cluster
from tests.chaos.feed import KEEP, Delivery, Listener, Publisher, delivery
from tests.chaos.page import all_of
from tests.chaos.report import Figures
from tests.chaos.watch import Watcher


@dataclass(frozen=True)
class Size:
    """Size of a run. `strict_times`: also check goals in seconds, which a busy machine may miss."""

    clickers: int = 200
    watchers: int = 3
    seconds: float = 3.0
    strict_times: bool = True


@dataclass
class Crowd:
    """Users who click, and pages that watch them."""

    clickers: list[Clicker] = field(default_factory=list)
    watchers: list[Watcher] = field(default_factory=list)

    @property
    def names(self) -> set[str]:
        return {clicker.name for clicker in self.clickers}

    async def open(self, cluster: Cluster, size: Size) -> None:
        self.clickers = [Clicker(cluster, f"user{number}") for number in range(size.clickers)]
        self.watchers = [Watcher(cluster) for _ in range(size.watchers)]
        await all_of([clicker.open() for clicker in self.clickers])
        await all_of([watcher.page.open() for watcher in self.watchers])
        assert await self.presence_is_right(30.0), self.wrong_lists()
        for watcher in self.watchers:
            watcher.start_counting()
        for clicker in self.clickers:
            clicker.start()

    async def presence_is_right(self, within: float) -> bool:
        """Wait until every watcher shows exactly the users. Return False if that takes longer than `within` seconds."""
        try:
            await eventually(lambda: all(watcher.shows(self.names) for watcher in self.watchers), within)
        except TimeoutError:
            return False
        return True

    def wrong_lists(self) -> list[str]:
        """Return what each watcher sees that is not so."""
        return [watcher.fault(self.names) for watcher in self.watchers if not watcher.shows(self.names)]

    async def settle(self) -> None:
        """Wait until every page is live, stop the clicks, and let each user click once more.

        Raises `TimeoutError` if a page is not live after thirty seconds.
        """
        await eventually(lambda: all(clicker.page.joined.is_set() for clicker in self.clickers), 30)
        await all_of([clicker.stop() for clicker in self.clickers], len(self.clickers))
        await all_of([clicker.check() for clicker in self.clickers])

    async def close(self) -> None:
        await all_of([clicker.close() for clicker in self.clickers])
        await all_of([watcher.close() for watcher in self.watchers])


@asynccontextmanager
async def clicking(cluster: Cluster, size: Size, figures: Figures) -> AsyncIterator[Crowd]:
    """Let users click before, during and after the block, and count what they noticed.

    They click for `size.seconds` before it and after it, so that every failure meets pages that are in use.
    """
    crowd = Crowd()
    try:
        await crowd.open(cluster, size)
        await asyncio.sleep(size.seconds)
        yield crowd
        await asyncio.sleep(size.seconds)
        try:
            await crowd.settle()
        except TimeoutError:
            figures.require(False, "every page is live again within thirty seconds")
        figures.presence_right = await crowd.presence_is_right(30.0)
        for wrong in crowd.wrong_lists() if not figures.presence_right else ():
            figures.require(False, f"a page that watches the users sees {wrong}")
        figures.seen_leaving = max((watcher.left.total() for watcher in crowd.watchers), default=0)
        figures.count(crowd.clickers)
        out = [clicker.name for clicker in crowd.clickers if not await clicker.signed_in()]
        figures.require(not out, f"everybody stays signed in, but these are signed out: {out}")
    finally:
        await crowd.close()


async def rolling_restart(size: Size) -> Figures:
    """Every worker is stopped and replaced, one after the other."""
    figures = Figures("rolling restart")
    async with running_cluster() as cluster, clicking(cluster, size, figures):
        await cluster.rolling_restart()
    _require_kept(figures)
    _require_unanswered(figures, 0.001)
    _require_live(figures, size, 0.5)
    return figures


async def changed_model(size: Size) -> Figures:
    """A deploy whose state has other fields: what still fits is kept."""
    figures = Figures("deploy with a changed model")
    async with running_cluster() as cluster, clicking(cluster, size, figures):
        cluster.environ["CHAOS_MODEL"] = "2"
        await cluster.rolling_restart()
    _require_kept(figures)
    _require_unanswered(figures, 0.001)
    return figures


async def killed_worker(size: Size) -> Figures:
    """A worker is killed and comes back after three seconds."""
    figures = Figures("killed worker")
    async with running_cluster() as cluster, clicking(cluster, size, figures):
        # A state is stored within a second, and on a busy machine a moment later: each user has one by then.
        await asyncio.sleep(3)
        cluster.workers[0].kill()
        await asyncio.sleep(3)
        await cluster.replace(0)
    behind = figures.seconds_behind
    figures.require(
        not figures.lost and behind <= 1.5, f"at most the last second is lost, not {behind:.2f} s"
    )
    _require_right(figures)
    _require_live(figures, size, 1.0)
    return figures


async def frozen_worker(size: Size) -> Figures:
    """A worker stands still for five seconds, and goes on."""
    figures = Figures("frozen worker")
    async with running_cluster() as cluster, clicking(cluster, size, figures):
        cluster.workers[0].freeze()
        await asyncio.sleep(5)
        cluster.workers[0].thaw()
    _require_kept(figures)
    figures.require(figures.unanswered == 0, f"every click is answered, but {figures.unanswered} are not")
    return figures


async def cut_network(size: Size) -> Figures:
    """Every connection is lost at once: most pages come back to another worker than before."""
    figures = Figures("network cut")
    async with running_cluster() as cluster, clicking(cluster, size, figures):
        for _ in range(3):
            cluster.relay.cut()
            await asyncio.sleep(2)
    _require_kept(figures)
    _require_live(figures, size, 2.0)
    return figures


async def killed_broker(size: Size) -> Figures:
    """The broker is killed, loses all its data, and is back after three seconds."""

    async def outage(cluster: Cluster) -> None:
        cluster.broker.kill()
        await asyncio.sleep(3)
        await asyncio.to_thread(cluster.broker.start)

    return await _outage(Figures("killed broker"), size, outage)


async def frozen_broker(size: Size) -> Figures:
    """The broker keeps its connections and answers nothing for ten seconds."""

    async def outage(cluster: Cluster) -> None:
        cluster.broker.freeze()
        await asyncio.sleep(10)
        cluster.broker.thaw()

    return await _outage(Figures("frozen broker"), size, outage)


async def _outage(figures: Figures, size: Size, outage: Callable[[Cluster], Awaitable[None]]) -> Figures:
    """Publish 200 numbers a second while `outage` happens. Each listener gets each once, in order."""
    async with (
        running_cluster() as cluster,
        _feed(cluster) as (publishers, listeners),
        clicking(cluster, size, figures),
    ):
        stop = asyncio.Event()
        publishing = [asyncio.ensure_future(each.publish(100, stop)) for each in publishers]
        await asyncio.sleep(size.seconds)
        await outage(cluster)
        await asyncio.sleep(size.seconds)
        stop.set()
        await asyncio.gather(*publishing)
        figures.delivery = await _delivered(publishers, listeners)
    slowest = max(latency for publisher in publishers for latency in publisher.latencies)
    figures.require(
        not any(figures.delivery[1:]), f"each broadcast arrives once, in order: {figures.delivery}"
    )
    figures.require(figures.unanswered == 0, f"every click is answered, but {figures.unanswered} are not")
    if size.strict_times:
        figures.require(slowest < 1.0, f"no handler waits for the broker, but one took {slowest:.2f} s")
        worst = percentile(figures.latencies, 0.99)
        figures.require(worst < 1.0, f"clicks stay fast, but their p99 is {worst:.2f} s")
    _require_right(figures)
    return figures


@asynccontextmanager
async def _feed(cluster: Cluster) -> AsyncIterator[tuple[list[Publisher], list[Listener]]]:
    publishers = [Publisher(cluster, f"publisher{number}", KEEP) for number in range(2)]
    listeners = [Listener(cluster) for _ in range(6)]
    try:
        await all_of([*(each.page.open() for each in publishers), *(each.page.open() for each in listeners)])
        yield publishers, listeners
    finally:
        await all_of([*(each.close() for each in publishers), *(each.close() for each in listeners)])


async def _delivered(publishers: list[Publisher], listeners: list[Listener]) -> Delivery:
    """Return the delivery when nothing is missing, or after thirty seconds."""
    with suppress(TimeoutError):
        await eventually(lambda: not delivery(publishers, listeners).lost, 30)
    return delivery(publishers, listeners)


# Goals


def _require_right(figures: Figures) -> None:
    figures.require(not figures.away, f"no page is sent away, but {len(figures.away)} were: {figures.away}")
    figures.require(figures.presence_right, "the list of users is right at the end")
    figures.require(
        figures.seen_leaving == 0, f"users stay in the list, but {figures.seen_leaving} seemed to leave"
    )


def _require_kept(figures: Figures) -> None:
    figures.require(
        not (figures.lost or figures.behind),
        f"every state is kept, but {figures.lost} were lost and {figures.behind} are behind",
    )
    _require_right(figures)


def _require_unanswered(figures: Figures, share: float) -> None:
    allowed = share * figures.sent
    figures.require(
        figures.unanswered <= allowed,
        f"at most {allowed:.0f} clicks stay without an answer, but {figures.unanswered} did",
    )


def _require_live(figures: Figures, size: Size, bound: float) -> None:
    slow = percentile(figures.live, 0.99)
    if size.strict_times:
        figures.require(slow < bound, f"pages are live again within {bound} s (p99), not {slow:.2f} s")


SCENARIOS: tuple[Callable[[Size], Coroutine[Any, Any, Figures]], ...] = (
    rolling_restart,
    changed_model,
    killed_worker,
    frozen_worker,
    cut_network,
    killed_broker,
    frozen_broker,
)
