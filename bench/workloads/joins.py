"""TCP connect, upgrade, `phx_join` and its reply, 32 at a time. Each tab closes before the next one opens."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from bench.arena import Arena
from bench.measure import Sample, Work, in_turns, sample
from bench.page import Page, open_pages
from bench.rows import Row, rate_row
from bench.server import Server
from bench.socket_client import Tab, join


@dataclass(frozen=True)
class Visitors:
    """Tabs that load the page of one server and connect."""

    server: Server
    path: str
    count: int

    async def measure(self) -> Sample:
        """Measure joins. The pages are loaded before, because dead renders are another row."""
        pages = await open_pages(self.server, self.path, self.count)
        return await sample(self.server, partial(self._work, pages))

    async def _work(self, pages: list[Page]) -> Work:
        turns = iter(pages)
        await asyncio.gather(*(_visit_in_turn(turns) for _ in range(32)))
        return Work(len(pages), 0)


async def _visit_in_turn(turns: Iterator[Page]) -> None:
    for page in turns:
        tab = Tab()
        await join(page, tab)
        await tab.leave()


async def joins(arena: Arena) -> list[Row]:
    async with arena.pair("/counter") as (ours, bare):
        ours_visitors = Visitors(ours, "/counter", arena.plan.joins)
        bare_visitors = Visitors(bare, "/counter", arena.plan.joins)
        results = await in_turns(arena.plan.rounds, ours_visitors.measure, bare_visitors.measure)
    return [rate_row("joins", "join and leave, counter, 32 at a time", results)]
