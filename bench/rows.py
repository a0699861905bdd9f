"""A row of the result."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import comb
from statistics import median

from bench.measure import Comparison

PER_SECOND = "/s"
SMALLEST_CHANGE = 0.02
"""Changes below this share are not reported: with so many rows, chance moves one of them a little in every run."""


@dataclass(frozen=True)
class Row:
    """Our figure and that of the bare server, or of the other checkout. CPU shares: 1.0 is one full core.

    `ratios` has one ratio for each round, `cpu_ratios` the same of the CPU time per operation, where higher is better.
    """

    key: str
    title: str
    unit: str
    ours: float
    bare: float | None
    ratio: float | None
    ratios: list[float] = field(default_factory=list)
    cpu_microseconds: tuple[float, float] | None = None
    cpu_ratios: list[float] = field(default_factory=list)
    server_share: float | None = None
    generator_share: float | None = None
    left_out: int = 0

    @property
    def change(self) -> str:
        """ "faster", "slower", "more" or "less", or empty if the two do not differ beyond noise."""
        worse, better = ("slower", "faster") if self.unit == PER_SECOND else ("less", "more")
        low, high = self._bounds()
        if low > 1 + SMALLEST_CHANGE:
            return better
        return worse if high < 1 - SMALLEST_CHANGE else ""

    def _bounds(self) -> tuple[float, float]:
        """Return between which values the ratio is."""
        ratios = self.cpu_ratios or self.ratios
        if ratios:
            return median_bounds(ratios)
        only = self.ours / self.bare if self.bare else 1.0
        return only, only


def median_bounds(values: Sequence[float]) -> tuple[float, float]:
    """Return the confidence interval of the median: about 95 % by the binomial law, or all values if they are few.

    It needs no assumption about the distribution of the values.
    """
    ordered, count = sorted(values), len(values)
    outside, rank = 0.0, 0
    while rank < count // 2:
        outside += 2 * comb(count, rank) / 2**count
        if outside > 0.05:
            break
        rank += 1
    lowest = max(rank - 1, 0)
    return ordered[lowest], ordered[count - 1 - lowest]


def rate_row(key: str, title: str, comparison: Comparison) -> Row:
    """Return the row of operations per second."""
    ours, bare = comparison.rates()
    return Row(
        key=key,
        title=title,
        unit=PER_SECOND,
        ours=ours,
        bare=bare,
        ratio=median(comparison.ratios()),
        ratios=comparison.ratios(),
        cpu_microseconds=comparison.microseconds(),
        cpu_ratios=comparison.cpu_ratios(),
        server_share=comparison.server_share(),
        generator_share=comparison.generator_share(),
        left_out=comparison.left_out,
    )


def bytes_row(key: str, title: str, comparison: Comparison) -> Row:
    """Return the row of payload bytes sent per event."""
    ours, bare = comparison.bytes()
    return Row(key, title, " B", ours, bare, None)
