"""Samples of two servers, taken in turns, and their ratio."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import median

from bench.busy_loop import busy_loop, idle_turn
from bench.server import Server


@dataclass(frozen=True)
class Work:
    """Result of a load: completed operations, and received bytes."""

    operations: int
    received_bytes: int


@dataclass(frozen=True)
class Sample:
    """One period of load on one server. Times are in seconds; those of the generator exclude idle turns."""

    work: Work
    seconds: float
    server_cpu: float
    generator_cpu: float

    @property
    def rate(self) -> float:
        return self.work.operations / self.seconds

    @property
    def server_share(self) -> float:
        return self.server_cpu / self.seconds

    @property
    def generator_share(self) -> float:
        return self.generator_cpu / self.seconds

    @property
    def bytes_per_operation(self) -> float:
        return self.work.received_bytes / self.work.operations

    @property
    def microseconds(self) -> float:
        """CPU time of the server per operation. Other work on the machine hardly changes it."""
        return self.server_cpu / self.work.operations * 1e6


async def sample(server: Server, load: Callable[[], Awaitable[Work]]) -> Sample:
    idle = await idle_turn()
    cpu, generator, start = server.usage().cpu, time.process_time(), time.perf_counter()
    async with busy_loop() as turns:
        work = await load()
    seconds = time.perf_counter() - start
    busy = time.process_time() - generator - turns.count * idle
    return Sample(work, seconds, server.usage().cpu - cpu, busy)


@dataclass(frozen=True)
class Round:
    """Samples of both servers, one right after the other."""

    ours: Sample
    bare: Sample

    @property
    def ratio(self) -> float:
        return self.ours.rate / self.bare.rate

    @property
    def cpu_ratio(self) -> float:
        """CPU time of the bare server by ours: like the ratio of rates, higher is better."""
        return self.bare.microseconds / self.ours.microseconds

    @property
    def disturbed(self) -> bool:
        """Return True if a server under full load shared its core with another process."""
        return min(self.ours.server_share, self.bare.server_share) < 0.9


@dataclass(frozen=True)
class Comparison:
    """The valid rounds, and the number of rounds dropped because other work disturbed them."""

    rounds: list[Round]
    left_out: int

    @property
    def ours(self) -> list[Sample]:
        return [each.ours for each in self.rounds]

    @property
    def bare(self) -> list[Sample]:
        return [each.bare for each in self.rounds]

    def rates(self) -> tuple[float, float]:
        return median(s.rate for s in self.ours), median(s.rate for s in self.bare)

    def ratios(self) -> list[float]:
        """One ratio per round: a disturbance longer than a round affects both servers."""
        return [each.ratio for each in self.rounds]

    def microseconds(self) -> tuple[float, float]:
        return median(s.microseconds for s in self.ours), median(s.microseconds for s in self.bare)

    def cpu_ratios(self) -> list[float]:
        return [each.cpu_ratio for each in self.rounds]

    def bytes(self) -> tuple[float, float]:
        ours, bare = ([s.bytes_per_operation for s in side] for side in (self.ours, self.bare))
        return median(ours), median(bare)

    def generator_share(self) -> float:
        return median(s.generator_share for s in self.ours + self.bare)

    def server_share(self) -> float:
        return min(median(s.server_share for s in self.ours), median(s.server_share for s in self.bare))


Measure = Callable[[], Awaitable[Sample]]

MAX_TRIES = 3
"""At most this many times the wanted number of rounds is tried, to get enough undisturbed ones."""


async def in_turns(rounds: int, ours: Measure, bare: Measure) -> Comparison:
    """Take one round to warm up, then the given number of rounds. Repeat disturbed ones, within a limit."""
    await _round(0, ours, bare)
    tried: list[Round] = []
    undisturbed: list[Round] = []
    while len(undisturbed) < rounds and len(tried) < MAX_TRIES * rounds:
        tried.append(await _round(len(tried), ours, bare))
        undisturbed = [each for each in tried if not each.disturbed]
    counted = undisturbed if 2 * len(undisturbed) > rounds else tried
    return Comparison(counted, len(tried) - len(counted))


async def _round(turn: int, ours: Measure, bare: Measure) -> Round:
    """Take one round. The order of the servers alternates."""
    if turn % 2:
        first = await ours()
        return Round(first, await bare())
    second = await bare()
    return Round(await ours(), second)
