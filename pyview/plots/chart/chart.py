"""A chart as shapes and texts, which a template writes. A changed value changes as few of them as possible."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Any, Final, Literal, NamedTuple, TypeAlias, get_args

from markupsafe import Markup, escape

from pyview.plots.chart import marks
from pyview.plots.chart.data import ChartData, Series
from pyview.plots.chart.scales import SIZE, Heights, Places, Tick, heights, places
from pyview.plots.chart.ticks import number_text

Kind: TypeAlias = Literal["line", "bar", "area", "sparkline"]
KINDS: Final = get_args(Kind)

COLOURS: Final = 8
MOST_ROWS: Final = 200
"""Most positions with a title under the pointer, and most rows of the table."""

_NAMES: Final = {"line": "Line chart", "bar": "Bar chart", "area": "Area chart", "sparkline": "Line"}


class Mark(NamedTuple):
    """A shape of one series. `name` are its classes, `d` its path."""

    name: str
    d: str


class Hit(NamedTuple):
    """A part of the chart that can be pointed at or clicked. `place` is the number of its position."""

    name: str
    d: str
    title: str
    series: str
    x: str
    value: str
    place: int


class Row(NamedTuple):
    """A row of the table: the text of the position, and its cells."""

    label: str
    cells: Markup


class Chart(NamedTuple):
    """Everything that the template of a chart writes.

    `legend` has the class and the label of each series. `width` is the width of the labels at the side, in em. `note`
    says that the table is not complete, else it is "".
    """

    summary: str
    legend: tuple[Mark, ...]
    grid: str
    zero: str
    ticks: tuple[Tick, ...]
    labels: tuple[Tick, ...]
    width: str
    marks: tuple[Mark, ...]
    hits: tuple[Hit, ...]
    rows: tuple[Row, ...]
    note: str


class Style(NamedTuple):
    """Options of a chart: the arguments of `ui.chart`."""

    kind: Kind = "line"
    label: str = ""
    stacked: bool = False
    unit: str = ""
    spec: str = ""
    low: float | None = None
    high: float | None = None
    hover: bool = True
    clicks: bool = False
    table: bool = True


def chart(data: ChartData, **options: Any) -> Chart:
    """Return the chart of the data. `options` are the fields of `Style`. Raises `ValueError` for an unknown kind."""
    style = Style(**options)
    if style.kind not in KINDS:
        raise ValueError(f"expected one of {', '.join(KINDS)} as the kind of a chart, got {style.kind!r}")
    stacks = _stacks(data.series) if style.stacked and style.kind in ("bar", "area") else None
    across = places(data, bars=style.kind == "bar")
    up = _heights(data.series, stacks, style)
    return Chart(
        summary=_summary(data, across, style),
        legend=tuple(Mark(colour(i), series.label) for i, series in enumerate(data.series)),
        grid=marks.grid([up.at(tick) for tick in up.span.ticks], SIZE),
        zero=marks.grid([up.zero], SIZE) if up.span.low <= 0 <= up.span.high else "",
        ticks=tuple(up.ticks),
        labels=tuple(across.ticks),
        width=f"{max((len(tick.text) for tick in up.ticks), default=0) * 0.6 + 0.6:.1f}em",
        marks=tuple(mark for mark in _marks(data, stacks, across, up, style) if mark.d),
        hits=tuple(_hits(data, stacks, across, up, style)),
        rows=tuple(_rows(data, across, style)) if style.table else (),
        note=f"The last {MOST_ROWS} of {len(data.xs):,} rows." if len(data.xs) > MOST_ROWS else "",
    )


def colour(number: int) -> str:
    """Return the classes of the series of that number. After the last colour, dashes make the difference."""
    return f"pv-s{number % COLOURS + 1}" + (" pv-again" if number >= COLOURS else "")


# Values


class Stack(NamedTuple):
    """The lower and the upper ends of a stacked series."""

    lower: list[float]
    upper: list[float]


def _stacks(all_series: Sequence[Series]) -> list[Stack]:
    """Return the ends of stacked series: positive values upwards from zero, negative ones downwards."""
    count = len(all_series[0].values) if all_series else 0
    above, below = [0.0] * count, [0.0] * count
    stacks = []
    for series in all_series:
        lower, upper = [], []
        for i, value in enumerate(series.values):
            ends = above if (value or 0) >= 0 else below
            start, ends[i] = ends[i], ends[i] + (value or 0)
            lower.append(min(start, ends[i]))
            upper.append(max(start, ends[i]))
        stacks.append(Stack(lower, upper))
    return stacks


def _heights(all_series: Sequence[Series], stacks: list[Stack] | None, style: Style) -> Heights:
    if stacks is not None:
        values = [value for stack in stacks for end in stack for value in end]
    else:
        values = [value for series in all_series for value in series.values if value is not None]
    if style.kind in ("bar", "area") or not values:
        values.append(0.0)  # the length of a bar is its value
    low, high = min(values), max(values)
    return heights(low, high if values != [0.0] else 1.0, style.low, style.high, style.unit)


# Shapes


def _marks(
    data: ChartData, stacks: list[Stack] | None, across: Places, up: Heights, style: Style
) -> list[Mark]:
    found: list[Mark] = []
    for i, series in enumerate(data.series):
        name = colour(i)
        if style.kind == "bar":
            shapes = _bars(i, data, stacks, across, up)
            found.append(Mark(f"pv-bar {name}", "".join(shapes)))
        elif stacks is not None:
            found.append(Mark(f"pv-stack {name}", marks.between(across.at, *stacks[i], up.at)))
        else:
            found += _line_marks(name, series, across, up, style)
    return found


def _line_marks(name: str, series: Series, across: Places, up: Heights, style: Style) -> list[Mark]:
    found = []
    if style.kind == "area":
        found.append(Mark(f"pv-area {name}", marks.area(across.at, series.values, up.at, up.zero)))
    found.append(Mark(f"pv-line {name}", marks.lines(across.at, series.values, up.at)))
    found.append(Mark(f"pv-dot {name}", marks.dots(across.at, series.values, up.at)))
    return found


def _bars(number: int, data: ChartData, stacks: list[Stack] | None, across: Places, up: Heights) -> list[str]:
    """Return the bar of each position, "" for a missing value."""
    shapes = []
    for i, value in enumerate(data.series[number].values):
        left, right = _sides(
            number, len(data.series), across.edges[i], across.edges[i + 1], stacks is not None
        )
        if value is None:
            shapes.append("")
        elif stacks is not None:
            stack = stacks[number]
            shapes.append(marks.bar(left, right, up.at(stack.upper[i]), up.at(stack.lower[i])))
        else:
            top, bottom = sorted((up.at(value), up.zero))
            shapes.append(marks.bar(left, right, top, bottom))
    return shapes


def _sides(number: int, count: int, start: int, end: int, stacked: bool) -> tuple[int, int]:
    """Return the left and right sides of a bar between two edges. Bars of a group stand side by side."""
    width = end - start
    gap = width // 8
    start, width = start + gap, max(width - 2 * gap, 1)
    if stacked:
        return start, start + width
    return start + width * number // count, start + width * (number + 1) // count


# What can be pointed at


def _hits(
    data: ChartData, stacks: list[Stack] | None, across: Places, up: Heights, style: Style
) -> list[Hit]:
    if not (style.hover or style.clicks) or len(data.xs) > MOST_ROWS:
        return []
    if style.kind == "bar" or (style.clicks and len(data.series) > 1):
        return [
            hit
            for i in range(len(data.series))
            for hit in _hits_of_series(i, data, stacks, across, up, style)
        ]
    return _bands(data, across, style)


def _hits_of_series(
    number: int, data: ChartData, stacks: list[Stack] | None, across: Places, up: Heights, style: Style
) -> list[Hit]:
    series = data.series[number]
    if style.kind == "bar":
        name, shapes = "pv-hit", _bars(number, data, stacks, across, up)
        if stacks is None:
            shapes = _columns(number, data, across)
    else:
        name = f"pv-hit pv-hit-dot {colour(number)}"
        ends = series.values if stacks is None else stacks[number].upper
        shapes = [
            "" if value is None or end is None else marks.dot(x, up.at(end))
            for x, value, end in zip(across.at, series.values, ends, strict=True)
        ]
    return [_hit(data, across, style, i, name, d, [series]) for i, d in enumerate(shapes) if d]


def _columns(number: int, data: ChartData, across: Places) -> list[str]:
    """Return the parts of bars side by side, as high as the chart: a small bar can be pointed at, too."""
    sides = (_sides(number, len(data.series), *edges, False) for edges in pairwise(across.edges))
    values = data.series[number].values
    return [
        "" if value is None else marks.bar(*side, 0, SIZE) for value, side in zip(values, sides, strict=True)
    ]


def _bands(data: ChartData, across: Places, style: Style) -> list[Hit]:
    """Return one part for each position, as high as the chart: it shows the values of all series."""
    found = []
    for i, (left, right) in enumerate(pairwise(across.edges)):
        if any(series.values[i] is not None for series in data.series):
            d = marks.bar(left, right, 0, SIZE)
            found.append(_hit(data, across, style, i, "pv-hit pv-band", d, data.series))
    return found


def _hit(
    data: ChartData, across: Places, style: Style, i: int, name: str, d: str, shown: Sequence[Series]
) -> Hit:
    text, x = across.texts[i], data.xs[i]
    values = [number_text(series.values[i], style.spec, style.unit) for series in shown]
    if len(data.series) == 1:
        title = f"{text}: {values[0]}"
    else:
        named = [f"{series.label} {value}" for series, value in zip(shown, values, strict=True)]
        title = f"{text}: {', '.join(named)}"
    one = shown[0] if len(shown) == 1 else None
    return Hit(
        name=name,
        d=d,
        title=title,
        series=one.label if one else "",
        x=x.isoformat() if isinstance(x, date) else x if isinstance(x, str) else f"{x:.15g}",
        value=f"{one.values[i]:.15g}" if one else "",
        place=i,
    )


# Texts


def _rows(data: ChartData, across: Places, style: Style) -> list[Row]:
    texts = [
        [number_text(value, style.spec) for value in series.values[-MOST_ROWS:]] for series in data.series
    ]
    return [
        Row(label, Markup("".join([f"<td>{escape(text)}</td>" for text in row])))  # noqa: S704  every text is escaped
        for label, row in zip(across.texts[-MOST_ROWS:], zip(*texts, strict=True), strict=True)
    ]


def _summary(data: ChartData, across: Places, style: Style) -> str:
    """Return in words what the chart shows. Screen readers read it."""
    parts = [style.label, _NAMES[style.kind]] if style.label else [_NAMES[style.kind]]
    if not data.xs or not data.series:
        return ". ".join([*parts, "No data"]) + "."
    count = len(data.xs)
    parts.append(f"{across.texts[0]} to {across.texts[-1]}" if count > 1 else across.texts[0])
    parts += [_summary_of(series, style) for series in data.series[:4]]
    if len(data.series) > 4:
        parts.append(f"{len(data.series) - 4} more series")
    return ". ".join(parts) + "."


def _summary_of(series: Series, style: Style) -> str:
    values = [value for value in series.values if value is not None]
    if not values:
        return f"{series.label}: no values"
    low, high, last = (
        number_text(each, style.spec, style.unit) for each in (min(values), max(values), values[-1])
    )
    return f"{series.label}: {low} to {high}, last {last}" if len(values) > 1 else f"{series.label}: {last}"
