"""Targets of the rows, and results of other frameworks, measured in the same way.

The figures of Phoenix LiveView 1.2.10 and of PyView 0.9.0 are ratios to the same bare server, measured on two
cores of another machine: absolute figures differ between machines, ratios hardly.
"""

from dataclasses import dataclass

from bench.rows import Row


@dataclass(frozen=True)
class Goal:
    """Bound on the ratio of a row, or on our own figure if there is no fair ratio."""

    at_least: float | None = None
    at_most: float | None = None
    of_ratio: bool = True
    phoenix: float | None = None
    pyview: float | None = None

    def __str__(self) -> str:
        if self.at_least is not None:
            return f">= {self.at_least:g}"
        return "" if self.at_most is None else f"<= {self.at_most:g}"

    def judge(self, row: Row) -> bool | None:
        """Return True if the goal was reached, None if there is none."""
        value = row.ratio if self.of_ratio else row.ours
        if value is None:
            return None
        if self.at_least is not None:
            return value >= self.at_least
        return None if self.at_most is None else value <= self.at_most


GOALS = {
    "counter": Goal(at_least=1.30, phoenix=0.38, pyview=0.20),
    "counter, bytes": Goal(phoenix=97, pyview=126, of_ratio=False),
    "guarded": Goal(at_least=0.95),
    "components": Goal(at_least=0.50),
    "table": Goal(at_least=0.45, phoenix=0.125, pyview=0.018),
    "table, bytes": Goal(at_most=138, of_ratio=False, phoenix=139, pyview=4659),
    "frozen": Goal(at_least=0.65, phoenix=0.125, pyview=0.018),
    "frozen, bytes": Goal(at_most=138, of_ratio=False, phoenix=139, pyview=4659),
    "stream": Goal(at_least=0.9),
    "ticker": Goal(at_least=1.15, phoenix=0.79, pyview=0.40),
    "latency, p50": Goal(at_most=1.0, phoenix=1.4, pyview=1.8),
    "latency, p99": Goal(phoenix=1.17, pyview=1.9),
    "first page": Goal(at_least=0.32, phoenix=0.17, pyview=0.11),
    "first page, table": Goal(at_least=0.15, phoenix=0.087, pyview=0.025),
    "joins": Goal(at_least=0.85, phoenix=0.83, pyview=0.70),
    "idle": Goal(at_most=28, of_ratio=False, phoenix=43, pyview=31.5),
    "idle, table": Goal(at_most=60, of_ratio=False, phoenix=309, pyview=99),
}
