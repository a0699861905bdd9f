"""Samples of two servers taken in turns, and what their ratio was."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from statistics import median

from bench.server import Server


@dataclass(frozen=True)
class Work:
    """What a load did: operations completed, and the bytes that came back for them."""

    operations: int
    received_bytes: int


@dataclass(frozen=True)
class Sample:
    """One slice of load on one server. Times are seconds."""

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


async def sample(server: Server, load: Callable[[], Awaitable[Work]]) -> Sample:
    cpu, generator, start = server.usage().cpu, time.process_time(), time.perf_counter()
    work = await load()
    seconds = time.perf_counter() - start
    return Sample(work, seconds, server.usage().cpu - cpu, time.process_time() - generator)


def cpu_microseconds(samples: Sequence[Sample]) -> float:
    """The server's CPU time for one operation, which other work on the machine hardly moves.

    Over all samples at once: the system counts in steps of 10 ms.
    """
    cpu = sum(sample.server_cpu for sample in samples)
    return cpu / sum(sample.work.operations for sample in samples) * 1e6


@dataclass(frozen=True)
class Comparison:
    """The samples of both servers, round by round."""

    ours: list[Sample]
    bare: list[Sample]

    def rates(self) -> tuple[float, float]:
        return median(s.rate for s in self.ours), median(s.rate for s in self.bare)

    def ratios(self) -> list[float]:
        """One per round: what disturbs the machine for longer than a round disturbs both sides of it."""
        return [ours.rate / bare.rate for ours, bare in zip(self.ours, self.bare, strict=True)]

    def microseconds(self) -> tuple[float, float]:
        return cpu_microseconds(self.ours), cpu_microseconds(self.bare)

    def bytes(self) -> tuple[float, float]:
        return median(s.bytes_per_operation for s in self.ours), median(
            s.bytes_per_operation for s in self.bare
        )

    def generator_share(self) -> float:
        return median(s.generator_share for s in self.ours + self.bare)

    def server_share(self) -> float:
        return min(median(s.server_share for s in self.ours), median(s.server_share for s in self.bare))


Measure = Callable[[], Awaitable[Sample]]


async def in_turns(rounds: int, ours: Measure, bare: Measure) -> Comparison:
    """One round of each to warm up, then A B A B; the first of a round changes places every time."""
    await ours()
    await bare()
    comparison = Comparison([], [])
    for turn in range(rounds):
        for side in ("ours", "bare") if turn % 2 else ("bare", "ours"):
            if side == "ours":
                comparison.ours.append(await ours())
            else:
                comparison.bare.append(await bare())
    return comparison
