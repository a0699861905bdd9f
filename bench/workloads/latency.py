"""Latency of replies on the only connection of a server."""

from dataclasses import dataclass
from statistics import median, quantiles

from bench.arena import Arena
from bench.page import open_pages
from bench.rows import Row
from bench.server import Server
from bench.socket_client import LatencyTab, join, shows

Percentiles = list[float]
"""The 1st to the 99th, in microseconds."""


@dataclass
class LatencyRun:
    """The tab of one server."""

    server: Server
    tab: LatencyTab
    played: int = 0

    async def measure(self, count: int) -> Percentiles:
        self.tab.nanoseconds.clear()
        response = await self.tab.play(count)
        self.played += count
        if not shows(response.get("diff"), str(self.played)):
            raise RuntimeError(f"after {self.played} events the answer was {response!r}")
        return [nanoseconds / 1000 for nanoseconds in quantiles(self.tab.nanoseconds, n=100)]


async def latency(arena: Arena) -> list[Row]:
    ours_rounds: list[Percentiles] = []
    bare_rounds: list[Percentiles] = []
    async with arena.pair("/counter") as (ours, bare):
        ours_tab, bare_tab = await _join(ours), await _join(bare)
        await ours_tab.measure(arena.plan.latency_events)
        await bare_tab.measure(arena.plan.latency_events)
        for _ in range(arena.plan.rounds):
            bare_rounds.append(await bare_tab.measure(arena.plan.latency_events))
            ours_rounds.append(await ours_tab.measure(arena.plan.latency_events))
    return [_row(percent, ours_rounds, bare_rounds) for percent in (50, 99)]


async def _join(server: Server) -> LatencyRun:
    [page] = await open_pages(server, "/counter", 1)
    tab = LatencyTab(page.click_frame("inc"))
    await join(page, tab)
    return LatencyRun(server, tab)


def _row(percent: int, ours_rounds: list[Percentiles], bare_rounds: list[Percentiles]) -> Row:
    ours, bare = ([round_[percent - 1] for round_ in rounds] for rounds in (ours_rounds, bare_rounds))
    ratios = [mine / theirs for mine, theirs in zip(ours, bare, strict=True)]
    return Row(
        key=f"latency, p{percent}",
        title=f"latency p{percent}, counter, 1 connection",
        unit=" us",
        ours=median(ours),
        bare=median(bare),
        ratio=median(ratios),
        ratios=ratios,
    )
