"""Insertions into a stream: their cost must not depend on the number of shown items."""

from functools import partial

from bench.arena import Arena
from bench.measure import in_turns
from bench.page import open_pages
from bench.rows import Row, bytes_row, rate_row
from bench.server import OURS, Server
from bench.socket_client import Pump, join_all
from bench.workloads.events import TabGroup

MANY, FEW = 10_000, 10
MOST_PAGES = 4


async def stream(arena: Arena) -> list[Row]:
    """Compare two servers of the same application, with many and with few shown items."""
    shown = (MANY, MANY if arena.old else FEW)
    async with arena.pair("/counter", OURS, OURS) as servers:
        many, few = [await _group(arena, *each) for each in zip(servers, shown, strict=True)]
        seconds = arena.plan.seconds
        results = await in_turns(
            arena.plan.rounds, partial(many.measure, seconds), partial(few.measure, seconds)
        )
    title = f"stream insert, {MANY:,} shown (bare: ours with {FEW})"
    return [
        rate_row("stream", title, results),
        bytes_row("stream, bytes", "stream, payload per event", results),
    ]


async def _group(arena: Arena, server: Server, shown: int) -> TabGroup:
    pages = await open_pages(server, f"/stream/{shown}", min(MOST_PAGES, arena.plan.connections))
    tabs = [Pump(page.click_frame("add")) for page in pages]
    await join_all(pages, tabs)
    return TabGroup(server, tabs, "line {}".format)
