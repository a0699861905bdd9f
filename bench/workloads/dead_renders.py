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


async def dead(arena: Arena) -> list[Row]:
    return await _dead_renders(arena, "dead", "dead render, counter", "/counter")


async def dead_table(arena: Arena) -> list[Row]:
    return await _dead_renders(arena, "dead, table", "dead render, table", "/table")


async def _dead_renders(arena: Arena, key: str, title: str, path: str) -> list[Row]:
    async with arena.pair(path) as (ours, bare):
        ours_clients, bare_clients = await _gather(arena, ours, path), await _gather(arena, bare, path)
        seconds = arena.plan.seconds
        results = await in_turns(
            arena.plan.rounds, partial(ours_clients.measure, seconds), partial(bare_clients.measure, seconds)
        )
    return [rate_row(key, title, results), bytes_row(f"{key}, bytes", f"{title}, whole response", results)]


async def _gather(arena: Arena, server: Server, path: str) -> HttpClients:
    connections = [await connect_http(server.port) for _ in range(arena.plan.browsers)]
    return HttpClients(server, path, connections)
