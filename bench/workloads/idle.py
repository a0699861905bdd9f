"""Resident memory of idle joined connections, each figure in a new process."""

import asyncio
from contextlib import AbstractAsyncContextManager

from bench.arena import Arena
from bench.machine import most_connections
from bench.page import open_pages
from bench.rows import Row
from bench.server import Server
from bench.socket_client import Tab, join, join_all


async def idle(arena: Arena) -> list[Row]:
    counter = await _growth(arena, arena.ours(), "/counter")
    table = await _growth(arena, arena.ours(), "/table")
    bare = await _growth(arena, arena.bare(), "/counter")
    return [
        Row("idle", "idle connection, counter", " KiB", counter, bare, counter / bare),
        Row("idle, table", "idle connection, table", " KiB", table, bare, table / bare),
    ]


async def _growth(arena: Arena, starting: AbstractAsyncContextManager[Server], path: str) -> float:
    """Return the KiB per connection, after all pages have been loaded and one tab has joined."""
    async with starting as server:
        pages = await open_pages(server, path, most_connections(arena.plan.idle))
        await join(pages[0], first := Tab())
        before = server.usage().resident
        tabs = [Tab() for _ in pages[1:]]
        await join_all(pages[1:], tabs)
        await asyncio.sleep(0.5)
        growth = server.usage().resident - before
        first.transport.disconnect()
    return growth / len(tabs)
