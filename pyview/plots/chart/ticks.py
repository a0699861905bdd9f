"""Round numbers for an axis of numbers, and their texts."""

import math
from typing import Final, NamedTuple

_NICE: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
_SUFFIXES: Final = ((1e12, "T"), (1e9, "B"), (1e6, "M"))
_SMALLEST: Final = 1e-300


class Range(NamedTuple):
    """An axis from `low` to `high`, with a tick every `step`."""

    low: float
    high: float
    step: float

    @property
    def ticks(self) -> list[float]:
        """The round numbers from `low` to `high`."""
        first = math.ceil(self.low / self.step - 1e-6)
        last = math.floor(self.high / self.step + 1e-6)
        return [number * self.step for number in range(first, min(last, first + 50) + 1)]


def nice_range(
    low: float, high: float, count: int, bottom: float | None = None, top: float | None = None
) -> Range:
    """Return the smallest range of round numbers that holds `low` and `high`, with about `count` steps.

    `bottom` and `top` are fixed ends. Raises `ValueError` if they leave no room.
    """
    if bottom is not None and top is not None and bottom >= top:
        raise ValueError(f"expected a lower end below the upper end of the axis, got {bottom} and {top}")
    low = low if bottom is None else bottom
    high = high if top is None else top
    low, high = _apart(low, high, bottom, top)
    step = nice_step((high - low) / count)
    return Range(
        math.floor(low / step + 1e-9) * step if bottom is None else bottom,
        math.ceil(high / step - 1e-9) * step if top is None else top,
        step,
    )


def _apart(low: float, high: float, bottom: float | None, top: float | None) -> tuple[float, float]:
    """Return two numbers whose difference a float can show. All values may be the same, or outside a fixed end."""
    least = max(abs(low), abs(high)) * 1e-12 + _SMALLEST
    if high - low > least:
        return low, high
    size = abs(low if bottom is not None else high)
    room = size if size > _SMALLEST else 1.0
    return (low, low + room) if bottom is not None else (high - room, high + (0 if top is not None else room))


def nice_step(wanted: float) -> float:
    """Return the smallest of 1, 2, 2.5 and 5 times a power of ten that is not below `wanted`."""
    power = 10.0 ** math.floor(math.log10(wanted))
    return next(nice * power for nice in _NICE if nice * power >= wanted * (1 - 1e-9))


def tick_texts(ticks: list[float], step: float, unit: str = "") -> list[str]:
    """Return the texts of ticks: all with the same number of decimals, large ones as 1.5M."""
    largest = max(map(abs, ticks), default=0)
    ending = with_unit("", unit) if len(unit) <= 3 else ""
    if largest >= 1e15 or 0 < largest < 1e-4:
        return [f"{_zero(tick):.4g}{ending}" for tick in ticks]
    size, suffix = next(((size, suffix) for size, suffix in _SUFFIXES if largest >= size), (1.0, ""))
    decimals = _decimals(step / size)
    return [f"{_zero(round(tick / size, decimals)):,.{decimals}f}{suffix}{ending}" for tick in ticks]


def _decimals(step: float) -> int:
    """Return how many decimals a step needs: 0 for 5, 1 for 0.5, 2 for 0.25."""
    for decimals in range(12):
        if abs(round(step, decimals) - step) < step * 1e-6:
            return decimals
    return 12


def _zero(number: float) -> float:
    return number or 0.0  # -0.0 would be written with its sign


def number_text(value: float | None, spec: str = "", unit: str = "") -> str:
    """Return the text of a value: with `spec`, a format such as ",.2f", or with up to six digits."""
    if value is None:
        return "\N{EN DASH}"
    if spec:
        text = format(value, spec)
    elif value == int(value) and abs(value) < 1e15:
        text = f"{int(value):,}"
    else:
        text = (
            f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.2f}" if abs(value) < 1e15 else f"{value:.6g}"
        )
    return with_unit(text, unit)


def with_unit(text: str, unit: str) -> str:
    """Return the text with its unit. Only "%" follows a number without a space."""
    return f"{text}{unit}" if unit == "%" or not unit else f"{text}\N{NO-BREAK SPACE}{unit}"
