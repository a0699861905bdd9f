"""Small line charts, as the points of an SVG polyline."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Final, NamedTuple

from pyview.observability.rates import SECONDS

WIDTH: Final = 2 * (SECONDS - 1)
HEIGHT: Final = 32
_LINE: Final = 1.5  # half of a line must not be cut off


class Chart(NamedTuple):
    """One series of the last minute. `title` says in words what the line shows; `points` is "" without values."""

    title: str
    points: str
    area: str


def chart(name: str, series: Sequence[float], unit: str = "per second") -> Chart:
    if len(series) < 2:
        return Chart(f"{name}: not measured yet", "", "")
    highest = max(series)
    scale = (HEIGHT - 2 * _LINE) / (highest or 1.0)
    first = SECONDS - len(series)
    xs = [2 * (first + index) for index in range(len(series))]
    points = " ".join(
        f"{x},{HEIGHT - _LINE - value * scale:.1f}" for x, value in zip(xs, series, strict=True)
    )
    area = f"{xs[0]},{HEIGHT} {points} {xs[-1]},{HEIGHT}"
    title = f"{name} in the last {len(series)} seconds: {series[-1]:,.1f} {unit} now, {highest:,.1f} at most"
    return Chart(title, points, area)


def sum_of(several: Sequence[Sequence[float]]) -> list[float]:
    """Return the sums of series that end now, and may have begun at different times."""
    backwards = zip_longest(*(reversed(series) for series in several), fillvalue=0.0)
    return [sum(values) for values in backwards][::-1]


def recent(series: Sequence[float], seconds: int = 3) -> float | None:
    """Return the mean of the last seconds; None without values."""
    last = series[-seconds:]
    return sum(last) / len(last) if last else None
