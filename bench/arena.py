"""Parameters of a run, and the two servers of every workload."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

from bench.http_client import connect_http
from bench.machine import Cores
from bench.server import BARE, OURS, Server, Site, running


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
    crowd: int = 10_000
    crowd_seconds: float = 20.0


QUICK = Plan(rounds=5, seconds=0.4, joins=100, latency_events=300, idle=1000, crowd=2000, crowd_seconds=5.0)


@dataclass(frozen=True)
class Arena:
    """Start servers on their core.

    `old` is the checkout to compare this one with. Without it, every workload has a baseline of its own, mostly the
    bare server. With `calibrate`, the baseline is compared with itself.
    """

    plan: Plan
    cores: Cores
    old: Path | None = None
    calibrate: bool = False

    @contextlib.asynccontextmanager
    async def pair(
        self, path: str, subject: Site = OURS, baseline: Site = BARE
    ) -> AsyncIterator[tuple[Server, Server]]:
        """Start the server to measure and the one to compare it with. A bare one serves our page as fixed bytes."""
        subject, baseline = self.sites(subject, baseline)
        async with self.one(subject) as first, self.one(baseline) as second:
            await self._copy_page(path, first, second)
            yield first, second

    def sites(self, subject: Site, baseline: Site) -> tuple[Site, Site]:
        """Return the site to measure, and the one to compare it with in this run."""
        if self.old is not None:
            return subject, replace(subject, checkout=self.old)
        return (baseline, baseline) if self.calibrate else (subject, baseline)

    def one(self, site: Site) -> contextlib.AbstractAsyncContextManager[Server]:
        return running(site, self.cores.server)

    async def _copy_page(self, path: str, *servers: Server) -> None:
        bare = [server for server in servers if server.is_bare]
        if bare:
            async with self.one(OURS) as ours:
                for server in bare:
                    await copy_page(ours, path, server)


async def copy_page(source: Server, path: str, target: Server) -> None:
    """Copy the rendered page, so that the fixed one has the same size and tokens of the same length."""
    reader, writer = await connect_http(source.port), await connect_http(target.port)
    await writer.put("/page", (await reader.get(path)).body)
    reader.close()
    writer.close()
