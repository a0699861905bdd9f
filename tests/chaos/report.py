"""Figures of one scenario, their goals, and the table of all scenarios."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import isnan

from tests.chaos.clicker import Clicker, percentile
from tests.chaos.feed import Delivery


@dataclass
class Figures:
    """Figures of one scenario.

    `kept`, `behind`, `lost`: states that were complete after a return, those without the latest clicks, and those that
    were gone. `seconds_behind` is the longest time of missing clicks. `live`: seconds from the loss of each connection
    until its view answered again. `away`: what sent pages away. `seen_leaving`: users who stayed and seemed to leave.
    `failures`: missed goals.
    """

    scenario: str
    sent: int = 0
    answered: int = 0
    unanswered: int = 0
    kept: int = 0
    behind: int = 0
    seconds_behind: float = 0.0
    lost: int = 0
    live: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    away: list[str] = field(default_factory=list)
    presence_right: bool = True
    seen_leaving: int = 0
    delivery: Delivery | None = None
    failures: list[str] = field(default_factory=list)

    def count(self, clickers: Sequence[Clicker]) -> None:
        """Add up what the users have counted."""
        for clicker in clickers:
            self.sent += clicker.sent
            self.answered += clicker.answered
            self.unanswered += clicker.unanswered
            self.kept += clicker.breaks_kept
            self.behind += clicker.breaks_behind
            self.seconds_behind = max(self.seconds_behind, *clicker.behind, 0.0)
            self.lost += clicker.breaks_lost
            self.live += clicker.page.returns
            self.latencies += clicker.latencies
            self.away += clicker.page.away

    def require(self, holds: bool, goal: str) -> None:
        if not holds:
            self.failures.append(goal)


def seconds(share: float) -> Callable[[list[float]], str]:
    def text(values: list[float]) -> str:
        value = percentile(values, share)
        return "-" if isnan(value) else f"{value:.2f}"

    return text


HEADINGS = (
    "scenario",
    "clicks",
    "unanswered",
    "states kept",
    "behind",
    "by s",
    "lost",
    "live p50",
    "p99 s",
    "click p99",
    "max s",
    "sent away",
    "presence",
    "seen leaving",
    "broadcasts",
    "lost",
    "doubled",
    "out of order",
)


def table(results: Sequence[Figures]) -> str:
    """Return the figures of all scenarios as a table, and the goals that were missed below it."""
    rows = [HEADINGS, *map(_cells, results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    missed = [f"missed in {each.scenario}: {goal}" for each in results for goal in each.failures]
    return "\n".join([*lines, *missed])


def _cells(figures: Figures) -> tuple[str, ...]:
    delivery = figures.delivery
    return (
        figures.scenario,
        str(figures.sent),
        str(figures.unanswered),
        str(figures.kept),
        str(figures.behind),
        f"{figures.seconds_behind:.2f}",
        str(figures.lost),
        seconds(0.5)(figures.live),
        seconds(0.99)(figures.live),
        seconds(0.99)(figures.latencies),
        seconds(1.0)(figures.latencies),
        str(len(figures.away)),
        "right" if figures.presence_right else "WRONG",
        str(figures.seen_leaving),
        *("-" if delivery is None else str(value) for value in delivery or (0,) * 4),
    )
