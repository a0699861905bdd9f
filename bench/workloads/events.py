"""Events, one in flight per connection: the counter and the two tables."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from bench.apps.components import CLICKED, ROWS
from bench.apps.guarded import SIGN_IN
from bench.apps.rows import total_after
from bench.arena import Arena
from bench.measure import Comparison, Sample, Work, in_turns, sample
from bench.page import open_pages
from bench.rows import Row, bytes_row, rate_row
from bench.server import BARE, GUARDED, OURS, Server, Site
from bench.socket_client import Pump, join_all, shows

Expected = Callable[[int], str]
"""The text that the n-th answer on a connection must show."""


@dataclass(frozen=True)
class Scene:
    """A page of a site, the event that its tabs send, and what the answers show."""

    site: Site
    path: str
    event: str
    expected: Expected
    cid: int | None = None
    sign_in: str = ""


COUNTER = Scene(OURS, "/counter", "inc", str)


@dataclass(frozen=True)
class TabGroup:
    """Joined tabs of one server."""

    server: Server
    tabs: list[Pump]
    expected: Expected

    async def measure(self, seconds: float) -> Sample:
        return await sample(self.server, partial(self._work, seconds))

    async def _work(self, seconds: float) -> Work:
        events, received = self._totals()
        for tab in self.tabs:
            tab.start()
        await asyncio.sleep(seconds)
        for tab, response in zip(
            self.tabs, await asyncio.gather(*(tab.stop() for tab in self.tabs)), strict=True
        ):
            self._check(tab, response)
        events_now, received_now = self._totals()
        return Work(events_now - events, received_now - received)

    def _totals(self) -> tuple[int, int]:
        return sum(tab.events for tab in self.tabs), sum(tab.payload_bytes for tab in self.tabs)

    def _check(self, tab: Pump, response: Any) -> None:
        """Raise an error if the last response is wrong: a fast server with wrong results proves nothing."""
        text = self.expected(tab.events)
        if not shows(response.get("diff"), text):
            raise RuntimeError(f"after {tab.events} events the answer should show {text!r}: {response!r}")


async def counter(arena: Arena) -> list[Row]:
    return await events(arena, "counter", "counter", COUNTER)


async def table(arena: Arena) -> list[Row]:
    return await events(arena, "table", "table, 100 dict rows", Scene(OURS, "/table", "bump", _total))


async def frozen(arena: Arena) -> list[Row]:
    scene = Scene(OURS, "/frozen_table", "bump", _total)
    return await events(arena, "frozen", "table, 100 frozen rows", scene)


async def components(arena: Arena) -> list[Row]:
    """Measure one of 200 components against our own counter."""
    page = Scene(OURS, "/components", "inc", str, CLICKED)
    results = await compare(arena, page, COUNTER)
    return [
        rate_row("components", f"1 of {ROWS} components, events / counter", results),
        bytes_row("components, bytes", f"1 of {ROWS} components, payload per event / counter", results),
    ]


async def guarded(arena: Arena) -> list[Row]:
    """Measure the counter with rechecked users against our own public one."""
    protected = Scene(GUARDED, "/guarded", "inc", str, sign_in=SIGN_IN)
    results = await compare(arena, protected, COUNTER)
    return [rate_row("guarded", "protected counter, events / counter", results)]


def _total(bumps: int) -> str:
    return str(total_after(bumps))


async def events(arena: Arena, key: str, title: str, scene: Scene, baseline: Site = BARE) -> list[Row]:
    """Return the rows of the events of `scene`. The bare server gets the same frames."""
    results = await compare(arena, scene, replace(scene, site=baseline))
    return [
        rate_row(key, f"{title}, events", results),
        bytes_row(f"{key}, bytes", f"{title}, payload per event", results),
    ]


async def compare(arena: Arena, subject: Scene, baseline: Scene) -> Comparison:
    """Measure both scenes in turns. Another checkout shows the scene of the subject."""
    if arena.old is not None:
        baseline = subject
    async with arena.pair(subject.path, subject.site, baseline.site) as (ours, bare):
        ours_group, bare_group = await _gather(arena, ours, subject), await _gather(arena, bare, baseline)
        seconds = arena.plan.seconds
        return await in_turns(
            arena.plan.rounds, partial(ours_group.measure, seconds), partial(bare_group.measure, seconds)
        )


async def _gather(arena: Arena, server: Server, scene: Scene) -> TabGroup:
    pages = await open_pages(server, scene.path, arena.plan.connections, scene.sign_in)
    tabs = [Pump(page.click_frame(scene.event, scene.cid)) for page in pages]
    await join_all(pages, tabs)
    return TabGroup(server, tabs, str if server.is_bare else scene.expected)
