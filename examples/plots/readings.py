"""Readings of a weather station, independent of the web and of the libraries that draw them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

SEASONS = ("Winter", "Spring", "Summer", "Autumn")


@dataclass(frozen=True)
class Day:
    """Mean temperature in degrees Celsius and wind in metres per second of one day."""

    number: int
    season: str
    temperature: float
    wind: float


def days(random: Random) -> list[Day]:
    """Return the 365 days of a year."""
    return [_day(number, random) for number in range(365)]


def _day(number: int, random: Random) -> Day:
    season = SEASONS[(number + 31) // 91 % 4]
    middle = {"Winter": 1.0, "Spring": 10.0, "Summer": 20.0, "Autumn": 11.0}[season]
    return Day(number, season, round(random.gauss(middle, 3.5), 1), round(random.gammavariate(3, 1.4), 1))


def seconds(start: datetime, random: Random) -> Iterator[tuple[str, float]]:
    """Yield a time and the wind at that time, one second after the other."""
    wind = 6.0
    while True:
        wind = min(max(wind + random.gauss(0, 0.6), 0.2), 14)
        yield start.isoformat(timespec="seconds"), round(wind, 2)
        start += timedelta(seconds=1)
