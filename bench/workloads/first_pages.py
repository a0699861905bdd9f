"""GET of the page over keep-alive connections, compared with a fixed page of the same size."""

import asyncio
from dataclasses import dataclass
from functools import partial

from bench.arena import Arena
from bench.http_client import HttpConnection, connect_http
from bench.measure import Sample, Work, in_turns, sample
from bench.rows import Row, bytes_row, rate_row
from bench.server import Server


@dataclass(frozen=True)
class HttpClients:
    """Connections to one server, and the page that they request."""

    server: Server
    path: str
    connections: list[HttpConnection]

    async def measure(self, seconds: float) -> Sample:
        return await sample(self.server, partial(self._work, seconds))

    async def _work(self, seconds: float) -> Work:
        answered, received = self._totals()
        for connection in self.connections:
            connection.start(self.path)
        await asyncio.sleep(seconds)
        await asyncio.gather(*(connection.stop() for connection in self.connections))
        answered_now, received_now = self._totals()
        return Work(answered_now - answered, received_now - received)

    def _totals(self) -> tuple[int, int]:
        answered = sum(connection.answered for connection in self.connections)
        return answered, sum(connection.received_bytes for connection in self.connections)


async def first_page(arena: Arena) -> list[Row]:
    return await _first_pages(arena, "first page", "first page, counter", "/counter")


async def first_page_table(arena: Arena) -> list[Row]:
    return await _first_pages(arena, "first page, table", "first page, table", "/table")


async def crawled_page(arena: Arena) -> list[Row]:
    """Measure the page of a client that does not load documents: its view is not kept for a join."""
    return (await _first_pages(arena, "crawled", "page of a crawler, counter", "/counter", navigates=False))[
        :1
    ]


async def _first_pages(arena: Arena, key: str, title: str, path: str, *, navigates: bool = True) -> list[Row]:
    async with arena.pair(path) as (ours, bare):
        ours_clients, bare_clients = [
            await _gather(arena, server, path, navigates) for server in (ours, bare)
        ]
        seconds = arena.plan.seconds
        results = await in_turns(
            arena.plan.rounds, partial(ours_clients.measure, seconds), partial(bare_clients.measure, seconds)
        )
    return [rate_row(key, title, results), bytes_row(f"{key}, bytes", f"{title}, whole response", results)]


async def _gather(arena: Arena, server: Server, path: str, navigates: bool) -> HttpClients:
    connections = [await connect_http(server.port) for _ in range(arena.plan.browsers)]
    for connection in connections:
        connection.navigates = navigates
    return HttpClients(server, path, connections)
