"""The numbers of the charts, independent of the web."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

SECONDS = 60
MACHINES = ("web", "worker", "database")


@dataclass(frozen=True)
class Month:
    """Sales of one month in the three channels, in thousands. None is a month without a report."""

    name: str
    shop: float
    online: float
    partners: float | None


SALES = (
    Month("Jan", 42, 18, 9),
    Month("Feb", 39, 21, 8),
    Month("Mar", 45, 26, 11),
    Month("Apr", 44, 31, 12),
    Month("May", 48, 35, None),
    Month("Jun", 51, 41, 14),
    Month("Jul", 38, 39, 13),
    Month("Aug", 36, 44, 12),
    Month("Sep", 47, 52, 16),
    Month("Oct", 52, 58, 18),
    Month("Nov", 61, 71, 22),
    Month("Dec", 78, 96, 27),
)

CHANGES = {"Change to last year": [4, 7, -3, 2, -6, -11, 5, 9]}
COUNTRIES = ("Peru", "Chile", "Japan", "India", "Ghana", "Egypt", "Spain", "Norway")


@dataclass(frozen=True)
class Load:
    """Load of the machines in the last minute, in per cent: for each machine as many values as times."""

    times: tuple[datetime, ...]
    values: dict[str, tuple[float, ...]]

    def later(self, random: Random) -> "Load":
        """Return the load one second later."""
        return Load(
            (*self.times[1:], self.times[-1] + timedelta(seconds=1)),
            {name: (*values[1:], _next(values[-1], random)) for name, values in self.values.items()},
        )


def first_load(now: datetime, random: Random) -> Load:
    """Return the load of the minute before `now`."""
    start = now.replace(microsecond=0) - timedelta(seconds=SECONDS)
    starts = zip(MACHINES, (25.0, 55.0, 70.0), strict=True)
    load = Load(
        tuple(start + timedelta(seconds=i) for i in range(SECONDS)), {n: (v,) * SECONDS for n, v in starts}
    )
    for _ in range(SECONDS):
        load = load.later(random)
    return Load(tuple(each - timedelta(seconds=SECONDS) for each in load.times), load.values)


def _next(value: float, random: Random) -> float:
    return round(min(max(value + random.gauss(0, 4), 2), 98), 1)


def totals(months: Sequence[Month], channel: str) -> list[float | None]:
    """Return the sales of one channel."""
    return [getattr(month, channel) for month in months]
