"""TCP connect, upgrade, `phx_join` and its reply, 32 at a time: alone, and with the leave of each tab."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial

from bench.arena import Arena
from bench.measure import Sample, Work, in_turns, sample
from bench.page import Page, open_pages
from bench.rows import Row, rate_row
from bench.server import BARE, OURS, Server, Site
from bench.socket_client import Tab, join


@dataclass(frozen=True)
class Visitors:
    """Tabs that load the page of one server and connect."""

    server: Server
    path: str
    count: int

    async def visit(self) -> Sample:
        """Measure joins and leaves: each tab closes before the next one opens.

        The pages are loaded before, because first pages are another row.
        """
        pages = await self._pages()
        return await sample(self.server, partial(_in_turns, pages, _visit))

    async def arrive(self) -> Sample:
        """Measure joins. The tabs leave afterwards."""
        tabs: list[Tab] = []
        pages = await self._pages()
        result = await sample(self.server, partial(_in_turns, pages, partial(_arrive, tabs)))
        await asyncio.gather(*(tab.leave() for tab in tabs))
        return result

    async def _pages(self) -> list[Page]:
        return await open_pages(self.server, self.path, self.count)


Visit = Callable[[Page], Awaitable[None]]


async def _in_turns(pages: list[Page], visit: Visit) -> Work:
    turns = iter(pages)
    await asyncio.gather(*(_all_of(turns, visit) for _ in range(32)))
    return Work(len(pages), 0)


async def _all_of(turns: Iterator[Page], visit: Visit) -> None:
    for page in turns:
        await visit(page)


async def _visit(page: Page) -> None:
    tab = Tab()
    await join(page, tab)
    await tab.leave()


async def _arrive(tabs: list[Tab], page: Page) -> None:
    tabs.append(tab := Tab())
    await join(page, tab)


async def joins(arena: Arena) -> list[Row]:
    return await compare_joins(arena, "joins", "counter, 32 at a time")


async def compare_joins(
    arena: Arena, key: str, title: str, subject: Site = OURS, baseline: Site = BARE
) -> list[Row]:
    async with arena.pair("/counter", subject, baseline) as servers:
        ours, bare = [Visitors(server, "/counter", arena.plan.joins) for server in servers]
        visits = await in_turns(arena.plan.rounds, ours.visit, bare.visit)
        arrivals = await in_turns(arena.plan.rounds, ours.arrive, bare.arrive)
    return [
        rate_row(key, f"join and leave, {title}", visits),
        rate_row(f"{key}, alone", f"join alone, {title}", arrivals),
    ]
