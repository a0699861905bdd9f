"""Scales of a chart: positions and values as whole numbers from 0 to 1000, from the left and from the top."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from pyview.plots.chart.data import Axis, ChartData
from pyview.plots.chart.ticks import Range, nice_range, tick_texts
from pyview.plots.chart.times import seconds_of, time_texts, time_ticks, zone_of

SIZE: Final = 1000
"""Width and height of the drawing. Whole numbers are short, and exact enough for a screen."""

_WIDE: Final = 78
"""Characters that fit below a chart on a wide screen; 34 on a narrow one."""
_NARROW: Final = 34
_LONGEST: Final = 15
"""Most characters of a label. The table and the titles have the whole text."""


class Tick(NamedTuple):
    """A label of an axis. `at` is its place in per cent; `name` a class: which screens show it, and its alignment."""

    at: str
    text: str
    name: str


class Places(NamedTuple):
    """The positions of a chart. `at` are their places, `edges` the ends of the bands around them, one more."""

    at: list[int]
    edges: list[int]
    texts: list[str]
    ticks: list[Tick]


def places(data: ChartData, *, bars: bool) -> Places:
    """Return the places of all positions. Bars, and categories, have equal shares of the width."""
    texts = position_texts(data)
    count = len(texts)
    if bars or data.axis == "category":
        at = [SIZE * (2 * i + 1) // (2 * count) for i in range(count)]
        edges = [SIZE * i // count for i in range(count)] + [SIZE]
        return Places(at, edges, texts, _named(at, texts))
    numbers = [float(x) if data.axis == "number" else seconds_of(x) for x in data.xs]  # type: ignore[arg-type]
    low, high = min(numbers, default=0.0), max(numbers, default=0.0)
    scale = SIZE / (high - low) if high > low else 0.0
    at = [round((number - low) * scale) for number in numbers] if scale else [SIZE // 2] * count
    return Places(at, _edges(at), texts, _ticks(data, low, high, scale) if scale else _named(at, texts))


def position_texts(data: ChartData) -> list[str]:
    """Return the text of each position."""
    if data.axis == "number":
        return [f"{x:,.10g}" for x in data.xs]
    if data.axis == "time":
        return time_texts(data.xs)  # type: ignore[arg-type]
    return [str(x) for x in data.xs]


def _edges(at: Sequence[int]) -> list[int]:
    if not at:
        return []
    return [0, *((left + right) // 2 for left, right in pairwise(at)), SIZE]


def _ticks(data: ChartData, low: float, high: float, scale: float) -> list[Tick]:
    if data.axis == "number":
        span = nice_range(low, high, 6)
        whole = all(number == int(number) for number in (low, high, *data.xs))  # type: ignore[arg-type]
        inside = [tick for tick in span.ticks if low <= tick <= high and not (whole and tick % 1)]
        found = [*zip(inside, tick_texts(inside, max(span.step, 1) if whole else span.step), strict=True)]
    else:
        dates = not any(hasattr(x, "hour") for x in data.xs[:1])
        found = [*time_ticks(low, high, 7, zone_of(data.xs), dates=dates)]
    return _fitting([(round((number - low) * scale), text) for number, text in found])


def _named(at: Sequence[int], texts: Sequence[str]) -> list[Tick]:
    return _fitting([(place, _short(text)) for place, text in zip(at, texts, strict=True)])


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _fitting(labels: list[tuple[int, str]]) -> list[Tick]:
    """Return as many labels as fit on a wide screen. Those that do not fit on a narrow one have the class for that."""
    longest = 2 + max((len(text) for _, text in labels), default=0)
    wide, narrow = (-(-len(labels) * longest // room) or 1 for room in (_WIDE, _NARROW))
    narrow = -(-narrow // wide) * wide  # a narrow screen shows some of the labels of a wide one
    return [
        Tick(f"{at / 10:g}%", text, _alignment(at) + ("" if i % narrow == 0 else " pv-wide"))
        for i, (at, text) in enumerate(labels)
        if i % wide == 0
    ]


def _alignment(at: int) -> str:
    # A text in the middle of the first or the last place would be outside of the chart.
    return "pv-first" if at < 30 else "pv-last" if at > 970 else "pv-middle"


class Heights(NamedTuple):
    """The values of a chart: `scale` and `zero` give the place of a value; `ticks` are the labels at the side."""

    span: Range
    zero: int
    ticks: list[Tick]

    def at(self, value: float) -> int:
        """Return the place of a value, from the top."""
        return height(value, self.span)


def height(value: float, span: Range) -> int:
    # Halves, because the difference of two large numbers may be more than a float.
    part = (span.high / 2 - value / 2) / (span.high / 2 - span.low / 2)
    # A value outside of fixed ends is drawn a little outside, where the chart is cut off.
    return round(SIZE * min(max(part, -0.1), 1.1))


def heights(low: float, high: float, bottom: float | None, top: float | None, unit: str) -> Heights:
    """Return the places of the values between `low` and `high`."""
    span = nice_range(low, high, 4, bottom, top)
    ticks = span.ticks
    labels = [
        Tick(f"{height(tick, span) / 10:g}%", text, "")
        for tick, text in zip(ticks, tick_texts(ticks, span.step, unit), strict=True)
    ]
    return Heights(span, min(max(height(0.0, span), 0), SIZE), labels)


__all__ = ["SIZE", "Axis", "Heights", "Places", "Tick", "heights", "places", "position_texts"]
