"""Draw the flow charts of the documentation as SVG, so that no script of another host is needed.

A chart has what `tests/docs/text_blocks.py` allows: a direction, then one arrow a line. Its nodes stand in rows, each
below all nodes that lead to it.
"""

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

_NODE = r'(\w+)(?:\["([^"]+)"\])?'
_ARROW = re.compile(rf" +{_NODE} --> {_NODE}")
_LETTER, _HEIGHT, _GAP, _ROW, _WIDTH = 8, 34, 18, 76, 760


class Box(NamedTuple):
    """A node of the chart: its text, and the place of its upper left corner."""

    text: str
    x: float
    y: float

    @property
    def width(self) -> int:
        return len(self.text) * _LETTER + 24


def drawn(lines: Sequence[str]) -> str:
    """Return a flow chart as an SVG element of one line."""
    labels, arrows = _read(lines)
    boxes = _placed(labels, _rows(list(labels), arrows), arrows)
    height = max(box.y for box in boxes.values()) + _HEIGHT + 2
    paths = "".join(_path(boxes[start], boxes[end]) for start, end in arrows)
    shapes = "".join(map(_shape, boxes.values()))
    names = escape("; ".join(f"{labels[start]} to {labels[end]}" for start, end in arrows), quote=True)
    return (
        f'<svg class="chart" viewBox="-2 -2 {_WIDTH + 4} {height + 4:.0f}" role="img" aria-label="Arrows: {names}">'
        f"{paths}{shapes}</svg>"
    )


def _read(lines: Sequence[str]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    labels: dict[str, str] = {}
    arrows = []
    for line in lines[1:]:
        found = _ARROW.fullmatch(line)
        if found is None:
            raise ValueError(f'a line of a flow chart is `a --> b` or `a --> b["label"]`, not {line!r}')
        start, start_label, end, end_label = found.groups()
        for name, label in ((start, start_label), (end, end_label)):
            labels[name] = label or labels.get(name, name)
        arrows.append((start, end))
    return labels, arrows


def _rows(names: Sequence[str], arrows: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Return the nodes in rows: each one below the last node that leads to it."""
    row = dict.fromkeys(names, 0)
    for _ in names:
        for start, end in arrows:
            row[end] = max(row[end], row[start] + 1)
    if any(row[end] <= row[start] for start, end in arrows):
        raise ValueError("a flow chart has a circle")
    return [[name for name in names if row[name] == at] for at in range(max(row.values()) + 1)]


def _placed(
    labels: Mapping[str, str], rows: Sequence[Sequence[str]], arrows: Sequence[tuple[str, str]]
) -> dict[str, Box]:
    boxes: dict[str, Box] = {}
    for at, row in enumerate(rows):
        # Nodes stand in the order of those that lead to them: fewer arrows cross.
        ordered = sorted(row, key=lambda name: _middle_above(name, boxes, arrows))
        widths = [Box(labels[name], 0, 0).width for name in ordered]
        gap = min(_GAP * 4, (_WIDTH - sum(widths)) / max(1, len(row) - 1)) if len(row) > 1 else _GAP
        x = (_WIDTH - sum(widths) - gap * (len(row) - 1)) / 2
        for name, width in zip(ordered, widths, strict=True):
            boxes[name] = Box(labels[name], x, at * _ROW)
            x += width + gap
    return boxes


def _middle_above(name: str, boxes: Mapping[str, Box], arrows: Sequence[tuple[str, str]]) -> float:
    above = [
        boxes[start].x + boxes[start].width / 2 for start, end in arrows if end == name and start in boxes
    ]
    return sum(above) / len(above) if above else _WIDTH / 2


def _path(start: Box, end: Box) -> str:
    x1, y1 = start.x + start.width / 2, start.y + _HEIGHT
    x2, y2 = end.x + end.width / 2, end.y
    bend = (y2 - y1) / 2
    curve = f"M{x1:.0f} {y1:.0f}C{x1:.0f} {y1 + bend:.0f} {x2:.0f} {y2 - bend:.0f} {x2:.0f} {y2 - 5:.0f}"
    return f'<path d="{curve}m-4-2l4 6l4-6"/>'


def _shape(box: Box) -> str:
    middle, line = box.x + box.width / 2, box.y + _HEIGHT / 2 + 4
    return (
        f'<rect x="{box.x:.0f}" y="{box.y:.0f}" width="{box.width}" height="{_HEIGHT}" rx="8"/>'
        f'<text x="{middle:.0f}" y="{line:.0f}">{escape(box.text)}</text>'
    )
