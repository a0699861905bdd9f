"""Idle joined connections: resident memory of each, and CPU time of ten thousand. Each figure in a new process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bench.arena import Arena
from bench.machine import Usage, most_connections
from bench.page import open_pages
from bench.rows import Row
from bench.server import BARE, OURS, Server, Site
from bench.socket_client import Tab, join, join_all


async def idle(arena: Arena) -> list[Row]:
    ours, other = arena.sites(OURS, BARE)
    counter, table = await growth(arena, ours, "/counter"), await growth(arena, ours, "/table")
    # The bare server has one page. Another checkout has both.
    bare = await growth(arena, other, "/counter")
    bare_table = await growth(arena, other, "/table") if arena.old else bare
    return [
        memory_row("idle", "idle connection, counter", counter, bare),
        memory_row("idle, table", "idle connection, table", table, bare_table),
    ]


async def crowd(arena: Arena) -> list[Row]:
    """Measure as many idle pages as one worker has at most, with the pings of the server."""
    ours, other = [await _crowd(arena, site) for site in arena.sites(OURS, BARE)]
    count = f"{most_connections(arena.plan.crowd):,} idle pages"
    return [
        memory_row("crowd", f"{count}, memory of each", ours[0], other[0]),
        Row("crowd, CPU", f"{count}, share of a core", " %", ours[1], other[1], ours[1] / other[1]),
    ]


def memory_row(key: str, title: str, ours: float, bare: float) -> Row:
    """Return the row of KiB per connection."""
    return Row(key, title, " KiB", ours, bare, ours / bare)


async def growth(arena: Arena, site: Site, path: str) -> float:
    """Return the KiB per connection."""
    async with _joined(arena, site, path, arena.plan.idle) as (server, before, count):
        return (server.usage().resident - before.resident) / count


async def _crowd(arena: Arena, site: Site) -> tuple[float, float]:
    """Return the KiB per connection, and the percentage of a core that all of them take."""
    async with _joined(arena, site, "/counter", arena.plan.crowd) as (server, before, count):
        joined = server.usage()
        await asyncio.sleep(arena.plan.crowd_seconds)
        share = (server.usage().cpu - joined.cpu) / arena.plan.crowd_seconds
        return (joined.resident - before.resident) / count, share * 100


@asynccontextmanager
async def _joined(
    arena: Arena, site: Site, path: str, wanted: int
) -> AsyncIterator[tuple[Server, Usage, int]]:
    """Join all pages. Yield the server, its usage before the joins, and the number of joins.

    Before, all pages are loaded and one tab joins, so that only what each connection needs is counted.
    """
    async with arena.one(site) as server:
        pages = await open_pages(server, path, most_connections(wanted))
        await join(pages[0], first := Tab())
        before = server.usage()
        tabs = [Tab() for _ in pages[1:]]
        await join_all(pages[1:], tabs)
        await asyncio.sleep(0.5)
        yield server, before, len(tabs)
        first.transport.disconnect()
