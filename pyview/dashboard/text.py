"""Numbers as the dashboard writes them."""

from typing import Final

UNKNOWN: Final = "unknown"
NONE_YET: Final = "-"

_UNITS: Final = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def size_text(size: int | None, *, is_peak: bool = False) -> str:
    """Return a number of bytes such as "123 MB"; with `is_peak`, "at most 123 MB"."""
    if size is None:
        return UNKNOWN
    scale, unit = next((each for each in _UNITS if size >= each[0]), (1, "B"))
    text = f"{_three(size / scale)} {unit}"
    return f"at most {text}" if is_peak else text


def duration_text(seconds: float | None) -> str:
    """Return a short time such as "850 µs", "12.3 ms" or "1.2 s"."""
    if seconds is None:
        return NONE_YET
    if seconds < 1e-3:
        return f"{seconds * 1e6:.0f} µs"
    return f"{_three(seconds * 1e3)} ms" if seconds < 1 else f"{_three(seconds)} s"


def age_text(seconds: float) -> str:
    """Return a long time in its two largest units, such as "3 d 4 h"."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def rate_text(rate: float | None) -> str:
    """Return a rate such as "0", "0.4", "12" or "1,234"."""
    if rate is None:
        return NONE_YET
    return "0" if rate < 0.005 else _three(rate)


def count_text(count: int) -> str:
    return f"{count:,}"


def percent_text(percent: float | None) -> str:
    return NONE_YET if percent is None else f"{percent:.0f} %"


def _three(number: float) -> str:
    """Return a number with three digits, or all that are before the point."""
    if number >= 99.95:
        return f"{number:,.0f}"
    return f"{number:.1f}".removesuffix(".0") if number >= 9.995 else f"{number:.2f}".rstrip("0").rstrip(".")
