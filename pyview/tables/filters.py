"""Filters of columns by kind: their values, and their text in an address."""

import datetime
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from pyview.tables.columns import Column
from pyview.tables.values import plain_text

Bound: TypeAlias = int | float | datetime.date

MAX_TEXT: Final = 200
"""Characters of a search or of a filter. A longer text is cut."""

_LARGEST: Final = 2**63 - 1  # databases refuse a larger integer
_RANGE: Final = ".."


@dataclass(frozen=True, slots=True)
class Contains:
    """The text contains `text`, in upper or lower case."""

    text: str


@dataclass(frozen=True, slots=True)
class Between:
    """The value is at least `low` and at most `high`; None is no bound. Bounds of a datetime are whole days."""

    low: Bound | None = None
    high: Bound | None = None


@dataclass(frozen=True, slots=True)
class OneOf:
    """The value is one of these choices, given as their texts, in the order of the column's choices."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Is:
    """The value is this boolean."""

    value: bool


Filter: TypeAlias = Contains | Between | OneOf | Is


def read_filter(column: Column, texts: Sequence[str]) -> Filter | None:
    """Return the filter that these texts of an address or a form describe; None for none, and for nonsense."""
    first = texts[0] if texts else ""
    match column.kind:
        case "text":
            text = clean_text(first)
            return Contains(text) if text else None
        case "number":
            return _between(first, _number)
        case "date" | "datetime":
            return _between(first, _day)
        case "boolean":
            return Is(first == "true") if first in ("true", "false") else None
        case "choice":
            return _one_of(column, texts)
    return None


def write_filter(chosen: Filter) -> list[str]:
    """Return the texts of a filter for an address. `read_filter` is the inverse."""
    match chosen:
        case Contains(text):
            return [text]
        case Is(value):
            return [plain_text(value)]
        case OneOf(texts):
            return list(texts)
        case Between(low, high):
            return [f"{plain_text(low)}{_RANGE}{plain_text(high)}"]


def range_text(low: str, high: str) -> str:
    """Return the text of a range from two fields of a form."""
    return f"{low.strip()}{_RANGE}{high.strip()}" if low.strip() or high.strip() else ""


def clean_text(text: str) -> str:
    """Return a search without control characters and spaces around it, cut to `MAX_TEXT` characters."""
    # PostgreSQL refuses a NUL, and a lone surrogate cannot be encoded.
    kept = "".join(one if one.isprintable() else " " for one in text[: MAX_TEXT * 2])
    return kept.strip()[:MAX_TEXT].strip()


def chosen_values(column: Column, chosen: OneOf) -> list[Any]:
    """Return the choices of a column that a filter names."""
    return [one for one in column.choices or () if plain_text(one) in chosen.texts]


def day_bounds(
    chosen: Between, zone: datetime.tzinfo | None
) -> tuple[datetime.datetime | None, datetime.datetime | None]:
    """Return the first moment of the range, and the first moment after it."""
    low, high = chosen.low, chosen.high
    start = _midnight(low, zone) if isinstance(low, datetime.date) else None
    # The last day of the calendar has no next one.
    if not isinstance(high, datetime.date) or high == datetime.date.max:
        return start, None
    return start, _midnight(high + datetime.timedelta(days=1), zone)


def _midnight(day: datetime.date, zone: datetime.tzinfo | None) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time.min, zone)


def _between(text: str, parse: Any) -> Between | None:
    first, dots, last = text.partition(_RANGE)
    low = parse(first.strip())
    high = parse(last.strip()) if dots else low
    return None if low is None and high is None else Between(low, high)


def _number(text: str) -> int | float | None:
    try:
        if text.lstrip("+-").isascii() and text.lstrip("+-").isdigit() and len(text) <= 20:
            whole = int(text)
            return whole if abs(whole) <= _LARGEST else None
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _day(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None


def _one_of(column: Column, texts: Iterable[str]) -> OneOf | None:
    asked = set(texts)
    known = tuple(text for text in map(plain_text, column.choices or ()) if text in asked)
    return OneOf(known) if known else None
