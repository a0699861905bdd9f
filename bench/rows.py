"""A row of the result."""

from dataclasses import dataclass, field
from statistics import median

from bench.measure import Comparison


@dataclass(frozen=True)
class Row:
    """Our figure and that of the bare server. CPU shares: 1.0 is one full core."""

    key: str
    title: str
    unit: str
    ours: float
    bare: float | None
    ratio: float | None
    ratios: list[float] = field(default_factory=list)
    cpu_microseconds: tuple[float, float] | None = None
    server_share: float | None = None
    generator_share: float | None = None
    left_out: int = 0


def rate_row(key: str, title: str, comparison: Comparison) -> Row:
    """Return the row of operations per second."""
    ours, bare = comparison.rates()
    return Row(
        key=key,
        title=title,
        unit="/s",
        ours=ours,
        bare=bare,
        ratio=median(comparison.ratios()),
        ratios=comparison.ratios(),
        cpu_microseconds=comparison.microseconds(),
        server_share=comparison.server_share(),
        generator_share=comparison.generator_share(),
        left_out=comparison.left_out,
    )


def bytes_row(key: str, title: str, comparison: Comparison) -> Row:
    """Return the row of payload bytes sent per event."""
    ours, bare = comparison.bytes()
    return Row(key, title, " B", ours, bare, None)
