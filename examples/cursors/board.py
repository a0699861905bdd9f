"""The board itself: marks that people have left on it, and names for people. Nothing about the web."""

from collections import deque
from dataclasses import dataclass
from itertools import count
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
    """Somebody who looks at the board, in one page."""

    key: str
    name: str
    tone: int


class Board:
    """The last marks, each in the colour of who made it."""

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
    """A place on the board: no number, and none too large, is off it."""
    return round(min(max(percent, 0.0), 100.0), 2) if percent == percent else 0.0
