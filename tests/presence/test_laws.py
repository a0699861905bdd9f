"""Laws of presence, for any sequence of what can happen to pages, workers and their link."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from pyview.presence import Presence
from tests.presence.bus import Bus, Link, Page, Watcher, metas, run, worker

PAGES = 4
WORKERS = 3
GHOST = 12.0  # seconds for which a view waits for its page
AWAY = 3.0  # seconds within which a page is back at another worker

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("open"), st.integers(0, PAGES - 1), st.integers(0, WORKERS - 1)),
        st.tuples(st.just("close"), st.integers(0, PAGES - 1), st.just(0)),
        st.tuples(st.just("change"), st.integers(0, PAGES - 1), st.integers(0, 3)),
        st.tuples(st.just("move"), st.integers(0, PAGES - 1), st.integers(0, WORKERS - 1)),
        st.tuples(st.just("deploy"), st.integers(0, WORKERS - 1), st.integers(0, 9)),
        st.tuples(st.just("kill"), st.integers(0, WORKERS - 1), st.integers(0, 9)),
        st.tuples(st.just("cut"), st.integers(0, WORKERS - 1), st.just(0)),
        st.tuples(st.just("outage"), st.just(0), st.integers(1, 40)),
        st.tuples(st.just("wait"), st.just(0), st.integers(0, 40)),
    ),
    max_size=25,
)


class Site:
    """Some workers and pages. `absences` has the times in which a page was at no worker, for each page."""

    def __init__(self) -> None:
        self.bus = Bus()
        self.pages = [Page(f"page {number}", {"n": 0}) for number in range(PAGES)]
        self.links: list[Link] = []
        self.workers: list[Presence] = []
        self.watchers: list[tuple[int, Watcher]] = []
        self.closed_at: dict[str, list[float]] = {page.name: [] for page in self.pages}

    async def start(self) -> None:
        for _ in range(WORKERS):
            self.links.append(Link(self.bus))
            self.workers.append(worker(self.links[-1]))
        for number, each in enumerate(self.workers):
            await each.start()
            self.watchers.append((number, Watcher(each)))

    async def play(self, step: str, one: int, other: int) -> None:
        await getattr(self, f"_{step}")(one, other)
        await asyncio.sleep(0.02)

    async def _open(self, page: int, worker: int) -> None:
        if self.pages[page].view is None:
            self.pages[page].open(self.workers[worker])

    async def _close(self, page: int, _: int) -> None:
        self.closed_at[self.pages[page].name].append(asyncio.get_running_loop().time())
        self.pages[page].close()

    async def _change(self, number: int, value: int) -> None:
        page = self.pages[number]
        if page.view is not None and page.presence is not None:
            page.meta = {"n": value}
            page.presence.update(page.view, "room", page.name, page.meta)

    async def _move(self, number: int, worker: int) -> None:
        page = self.pages[number]
        if page.view is not None:
            asyncio.get_running_loop().call_later(GHOST, page.ghost())
            page.open(self.workers[worker])

    async def _cut(self, worker: int, _: int) -> None:
        """A moment, in which nobody is given up."""
        self.links[worker].cut = True
        await asyncio.sleep(4)
        self.links[worker].heal(4)
        await asyncio.sleep(3)

    async def _outage(self, _: int, seconds: int) -> None:
        for link in self.links:
            link.cut = True
        await asyncio.sleep(seconds)
        for link in self.links:
            link.heal(seconds)
        await asyncio.sleep(3)

    async def _wait(self, _: int, tenths: int) -> None:
        await asyncio.sleep(tenths / 10)

    async def _deploy(self, worker: int, order: int) -> None:
        moved = self._of(worker)
        self.workers[worker].hand_over_all()
        for page in moved:
            page.close()
        await self.workers[worker].close()
        await self._replace(worker, moved, order)

    async def _kill(self, worker: int, order: int) -> None:
        moved = self._of(worker)
        for page in moved:
            page.ghost()
        await self._replace(worker, moved, order)

    def _of(self, worker: int) -> list[Page]:
        return [page for page in self.pages if page.presence is self.workers[worker]]

    async def _replace(self, number: int, moved: list[Page], order: int) -> None:
        """Start another worker, while the pages of the one before come back at all workers."""
        self.watchers = [(at, watcher) for at, watcher in self.watchers if at != number]
        self.links[number].cut = True
        self.links[number] = Link(self.bus)
        self.workers[number] = worker(self.links[number])
        loop = asyncio.get_running_loop()
        for index, page in enumerate(moved):
            pause = ((index + 1) * (order + 1) * 0.37) % AWAY
            loop.call_later(pause, self._come_back, page, (index + order) % WORKERS)
        await self.workers[number].start()
        self.watchers.append((number, Watcher(self.workers[number])))
        await asyncio.sleep(AWAY)

    def _come_back(self, page: Page, worker: int) -> None:
        page.open(self.workers[worker])

    def check_lists(self) -> None:
        expected = {page.name: [page.meta] for page in self.pages if page.view is not None}
        assert [metas(each) for each in self.workers] == [expected] * WORKERS

    def check_no_flaps(self) -> None:
        """A user leaves no list except by closing the page, which moves within a moment otherwise."""
        for _, watcher in self.watchers:
            for at, key in watcher.left():
                assert any(closed <= at for closed in self.closed_at[key]), (at, key)
            for name, closed in self.closed_at.items():
                assert sum(key == name for _, key in watcher.left()) <= len(closed)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_all_workers_agree_and_nobody_flaps(steps: list[tuple[str, int, int]]) -> None:
    async def main() -> None:
        site = Site()
        await site.start()
        for step, one, other in steps:
            await site.play(step, one, other)
        await asyncio.sleep(30)
        site.check_lists()
        site.check_no_flaps()

    run(main())


@settings(max_examples=30, deadline=None)
@given(STEPS, st.integers(0, WORKERS - 1))
def test_the_first_list_of_a_fresh_worker_is_complete(steps: list[tuple[str, int, int]], number: int) -> None:
    async def main() -> None:
        site = Site()
        await site.start()
        for step, one, other in steps:
            await site.play(step, one, other)
        await asyncio.sleep(3)
        link = Link(site.bus)
        fresh = worker(link)
        await fresh.start()
        assert metas(fresh) == metas(site.workers[number])

    run(main())
