"""The shapes of a chart, as texts for the attribute `d` of a path. All numbers are whole."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

Points: TypeAlias = list[tuple[int, int]]
Height: TypeAlias = Callable[[float], int]


def runs(at: Sequence[int], values: Sequence[float | None], height: Height) -> Iterator[Points]:
    """Yield the points of a line, one list for each part between missing values.

    Of the points with the same place, the lowest and the highest are enough: so a line has at most 2,000 points.
    """
    run: Points = []
    for x, value in zip(at, values, strict=True):
        if value is None:
            if run:
                yield run
            run = []
        else:
            run.append((x, height(value)))
    if run:
        yield run


def thinned(points: Points) -> Points:
    """Return the first, lowest, highest and last point of each place."""
    if len(points) <= 1000:
        return points
    columns: dict[int, list[int]] = {}
    for x, y in points:
        columns.setdefault(x, []).append(y)
    kept: Points = []
    for x, ys in columns.items():
        shown = dict.fromkeys((ys[0], min(ys), max(ys), ys[-1]))
        kept += [(x, y) for y in shown]
    return kept


def line(points: Points) -> str:
    """Return a line. Steps from point to point are shorter than places."""
    (x, y), *others = points
    text = [f"M{x} {y}l" if others else f"M{x} {y}h0"]
    for to_x, to_y in others:
        text.append(f"{to_x - x} {to_y - y} ")
        x, y = to_x, to_y
    return "".join(text).replace(" -", "-").rstrip()


def lines(at: Sequence[int], values: Sequence[float | None], height: Height) -> str:
    """Return the line of a series, with gaps for missing values."""
    return "".join(line(thinned(points)) for points in runs(at, values, height) if len(points) > 1)


def dots(at: Sequence[int], values: Sequence[float | None], height: Height) -> str:
    """Return the points between missing values, which are on no line."""
    return "".join(line(points) for points in runs(at, values, height) if len(points) == 1)


def area(at: Sequence[int], values: Sequence[float | None], height: Height, zero: int) -> str:
    """Return the surfaces between the line of a series and the place `zero`."""
    shown = (thinned(points) for points in runs(at, values, height) if len(points) > 1)
    return "".join(f"{line(points)}V{zero}H{points[0][0]}z" for points in shown)


def between(at: Sequence[int], lower: Sequence[float], upper: Sequence[float], height: Height) -> str:
    """Return the surface between two lines, for stacked areas."""
    if len(at) < 2:
        return ""
    top = [(x, height(value)) for x, value in zip(at, upper, strict=True)]
    bottom = [(x, height(value)) for x, value in zip(at, lower, strict=True)]
    back = thinned(bottom)[::-1]
    return f"{line(thinned(top))}L{' '.join(f'{x} {y}' for x, y in back)}z"


def bar(left: int, right: int, top: int, bottom: int) -> str:
    """Return a rectangle. A bar without a height is not drawn."""
    width = max(right - left, 1)
    return f"M{left} {top}h{width}v{bottom - top}h-{width}z" if bottom > top else ""


def dot(x: int, y: int) -> str:
    """Return a point. The width of the stroke is its size."""
    return f"M{x} {y}h0"


def grid(places: Sequence[int], width: int) -> str:
    """Return horizontal lines."""
    return "".join(f"M0 {y}h{width}" for y in places)
