"""Parameters of a run, and the two servers of every workload."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from bench.http_client import connect_http
from bench.machine import Cores
from bench.server import BARE, GUARDED, Server, running


@dataclass(frozen=True)
class Plan:
    """Parameters of a run: counts, and durations in seconds."""

    rounds: int = 13
    seconds: float = 0.6
    connections: int = 100
    subscribers: int = 1000
    ticks_in_flight: int = 2
    browsers: int = 16
    joins: int = 200
    latency_events: int = 500
    idle: int = 2000


QUICK = Plan(rounds=5, seconds=0.4, joins=100, latency_events=300, idle=1000)


@dataclass(frozen=True)
class Arena:
    """Start servers on their core. `application` is the one to compare with the bare server."""

    plan: Plan
    cores: Cores
    application: str

    @contextlib.asynccontextmanager
    async def pair(self, path: str) -> AsyncIterator[tuple[Server, Server]]:
        """Start both servers. The bare one serves the other's page as fixed bytes."""
        async with self.ours() as ours, self.bare() as bare:
            await copy_page(ours, path, bare)
            yield ours, bare

    def ours(self) -> contextlib.AbstractAsyncContextManager[Server]:
        return running(self.application, self.cores.server)

    def guarded(self) -> contextlib.AbstractAsyncContextManager[Server]:
        return running(GUARDED, self.cores.server)

    def bare(self) -> contextlib.AbstractAsyncContextManager[Server]:
        return running(BARE, self.cores.server)


async def copy_page(source: Server, path: str, target: Server) -> None:
    """Copy the rendered page, so that the fixed one has the same size and tokens of the same length."""
    reader, writer = await connect_http(source.port), await connect_http(target.port)
    await writer.put("/page", (await reader.get(path)).body)
    reader.close()
    writer.close()
