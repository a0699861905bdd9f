"""The marks on a shared board, and names for its users, independent of the web."""

from collections import deque
from dataclasses import dataclass
from itertools import count
from math import isnan
from secrets import choice, token_hex

KEPT_MARKS = 150
TONES = 6
FIRST = (
    "Amber",
    "Brisk",
    "Calm",
    "Deft",
    "Early",
    "Fond",
    "Glad",
    "Keen",
    "Lucid",
    "Merry",
    "Quiet",
    "Sunny",
)
LAST = (
    "Badger",
    "Crane",
    "Finch",
    "Heron",
    "Ibex",
    "Lynx",
    "Marten",
    "Otter",
    "Plover",
    "Raven",
    "Stoat",
    "Wren",
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A dot on the board, where `x` and `y` are percent of its width and height."""

    id: int
    x: float
    y: float
    tone: int


@dataclass(frozen=True, slots=True)
class Visitor:
    """A user of the board, in one page."""

    key: str
    name: str
    tone: int


class Board:
    """The latest marks, each in the colour of its user."""

    def __init__(self, kept: int = KEPT_MARKS) -> None:
        self._ids = count(1)
        self._marks: deque[Mark] = deque(maxlen=kept)

    @property
    def marks(self) -> tuple[Mark, ...]:
        return tuple(self._marks)

    def add(self, x: float, y: float, tone: int) -> Mark:
        mark = Mark(next(self._ids), within(x), within(y), tone)
        self._marks.append(mark)
        return mark

    def wipe(self) -> None:
        self._marks.clear()


def new_visitor() -> Visitor:
    return Visitor(token_hex(4), f"{choice(FIRST)} {choice(LAST)}", choice(range(TONES)))


def within(percent: float) -> float:
    """Clamp a coordinate to 0..100; NaN becomes 0."""
    return round(min(max(percent, 0.0), 100.0), 2) if not isnan(percent) else 0.0
