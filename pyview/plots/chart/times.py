"""Round times for an axis of dates and times, and their texts."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final, NamedTuple

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0
_STEPS: Final = (
    *(1, 2, 5, 10, 15, 30, _MINUTE, 2 * _MINUTE, 5 * _MINUTE, 10 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE),
    *(_HOUR, 2 * _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 7 * _DAY),
)
_MONTHS: Final = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 6000)
_MONTH: Final = 30.4 * _DAY
_MONTH_NAMES: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONDAY: Final = datetime(1970, 1, 5)
_EPOCH: Final = datetime(1970, 1, 1)


class TimeTick(NamedTuple):
    """A round time: seconds since 1970, and its text."""

    seconds: float
    text: str


def zone_of(xs: Sequence[object]) -> tzinfo | None:
    """Return the time zone of the first value; None for dates and for times without one."""
    first = xs[0] if xs else None
    return first.tzinfo if isinstance(first, datetime) else None


def seconds_of(x: date | datetime) -> float:
    """Return the seconds since 1970. A time without a zone counts as UTC."""
    if not isinstance(x, datetime):
        return (x.toordinal() - _EPOCH.toordinal()) * _DAY
    return x.timestamp() if x.tzinfo else (x - _EPOCH).total_seconds()


def time_ticks(first: float, last: float, count: int, zone: tzinfo | None, *, dates: bool) -> list[TimeTick]:
    """Return at most about `count` round times between two times. With `dates`, none is within a day."""
    if last <= first:
        return []
    wanted = (last - first) / count
    start, end = _wall(first, zone), _wall(last, zone)
    step = next((step for step in _STEPS if step >= wanted and (not dates or step >= _DAY)), None)
    if step is None:
        months = next((months for months in _MONTHS if months * _MONTH >= wanted), _MONTHS[-1])
        return [TimeTick(_seconds(at, zone), _month_text(at, months)) for at in _months(start, end, months)]
    return [TimeTick(_seconds(at, zone), _text(at, step)) for at in _steps(start, end, step)]


def time_texts(xs: Sequence[date | datetime]) -> list[str]:
    """Return the full text of each position. Times of one day are written without the day."""
    if not any(isinstance(x, datetime) for x in xs):
        return [_day_text(x) for x in xs]
    times = [x for x in xs if isinstance(x, datetime)]
    if times[0].date() == times[-1].date():
        return [_clock_text(x) for x in times]
    return [f"{_day_text(x)} {_clock_text(x)}" for x in times]


def _day_text(x: date) -> str:
    return f"{x.day} {_MONTH_NAMES[x.month - 1]} {x.year}"


def _clock_text(x: datetime) -> str:
    clock = f"{x.hour:02}:{x.minute:02}"
    return f"{clock}:{x.second:02}" if x.second or x.microsecond else clock


def _wall(seconds: float, zone: tzinfo | None) -> datetime:
    """Return the time on a clock in the zone, without the zone."""
    utc = _EPOCH + timedelta(seconds=seconds)
    return utc.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) if zone else utc


def _seconds(wall: datetime, zone: tzinfo | None) -> float:
    return seconds_of(wall.replace(tzinfo=zone))


def _steps(start: datetime, end: datetime, step: float) -> Iterator[datetime]:
    # From a Monday, so that weeks begin on one, and days at midnight.
    at = _MONDAY + timedelta(seconds=-(-(start - _MONDAY).total_seconds() // step) * step)
    while at <= end:
        yield at
        at += timedelta(seconds=step)


def _months(start: datetime, end: datetime, months: int) -> Iterator[datetime]:
    number = -(-(start.year * 12 + start.month - 1) // months) * months
    if number == start.year * 12 + start.month - 1 and start > datetime(start.year, start.month, 1):
        number += months
    while number // 12 <= 9999 and (at := datetime(number // 12, number % 12 + 1, 1)) <= end:
        yield at
        number += months


def _text(at: datetime, step: float) -> str:
    if step < _MINUTE:
        return f"{at.hour:02}:{at.minute:02}:{at.second:02}"
    if step < _DAY and (at.hour or at.minute):  # midnight shows the new day
        return f"{at.hour:02}:{at.minute:02}"
    return f"{at.day} {_MONTH_NAMES[at.month - 1]}"


def _month_text(at: datetime, months: int) -> str:
    return str(at.year) if months >= 12 or at.month == 1 else _MONTH_NAMES[at.month - 1]
