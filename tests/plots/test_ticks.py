"""Axes: round numbers and round times, and their texts."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyview.plots.chart.ticks import nice_range, number_text, tick_texts
from pyview.plots.chart.times import seconds_of, time_texts, time_ticks

NUMBERS = st.floats(-1e300, 1e300)


@given(NUMBERS, NUMBERS)
def test_an_axis_holds_all_its_values_and_has_few_ticks(one: float, other: float) -> None:
    low, high = sorted((one, other))
    found = nice_range(low, high, 4)
    slack = found.step * 1e-6
    assert found.low <= low + slack
    assert found.high >= high - slack
    assert found.low < found.high
    assert 2 <= len(found.ticks) <= 8
    assert len(tick_texts(found.ticks, found.step)) == len(found.ticks)


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (0, 100, ["0", "25", "50", "75", "100"]),
        (0, 0.4, ["0.0", "0.1", "0.2", "0.3", "0.4"]),
        (-7, 12, ["-10", "-5", "0", "5", "10", "15"]),
        (0, 3_400_000, ["0M", "1M", "2M", "3M", "4M"]),
        (0, 9_000, ["0", "2,500", "5,000", "7,500", "10,000"]),
        (5, 5, ["0.0", "2.5", "5.0", "7.5", "10.0"]),
    ],
)
def test_ticks_are_round_numbers(low: float, high: float, texts: list[str]) -> None:
    found = nice_range(low, high, 4)
    assert tick_texts(found.ticks, found.step) == texts


def test_fixed_ends_are_kept() -> None:
    found = nice_range(3, 80, 4, bottom=0, top=100)
    assert (found.low, found.high) == (0, 100)
    assert nice_range(30, 40, 4, bottom=50).low == 50
    with pytest.raises(ValueError, match="lower end below the upper end"):
        nice_range(1, 2, 4, bottom=5, top=5)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "\N{EN DASH}"), (12.0, "12"), (1234567.0, "1,234,567"), (0.1 + 0.2, "0.3"), (1e20, "1e+20")],
)
def test_values_are_written_briefly(value: float | None, text: str) -> None:
    assert number_text(value) == text


def test_values_have_the_format_and_the_unit_of_the_chart() -> None:
    assert number_text(1234.5, ",.2f", "€") == "1,234.50\N{NO-BREAK SPACE}€"
    assert number_text(12, unit="%") == "12%"


TIMES = st.datetimes(datetime(1950, 1, 1), datetime(2150, 1, 1))


@given(TIMES, st.timedeltas(timedelta(seconds=2), timedelta(days=40_000)))
def test_round_times_are_few_and_within_the_axis(start: datetime, length: timedelta) -> None:
    first, last = seconds_of(start), seconds_of(start) + length.total_seconds()
    ticks = time_ticks(first, last, 7, None, dates=False)
    assert len(ticks) <= 9
    assert all(first <= tick.seconds <= last for tick in ticks)
    assert all(one.seconds < other.seconds for one, other in pairwise(ticks))


@pytest.mark.parametrize(
    ("start", "end", "texts"),
    [
        (
            datetime(2026, 3, 1, 9),
            datetime(2026, 3, 1, 9, 1),
            ["09:00:00", "09:00:10", "09:00:20", "09:00:30", "09:00:40", "09:00:50", "09:01:00"],
        ),
        (datetime(2026, 3, 1, 20), datetime(2026, 3, 2, 4), ["20:00", "22:00", "2 Mar", "02:00", "04:00"]),
        (date(2026, 1, 1), date(2026, 12, 1), ["2026", "Mar", "May", "Jul", "Sep", "Nov"]),
        (date(1990, 1, 1), date(2020, 1, 1), ["1990", "1995", "2000", "2005", "2010", "2015", "2020"]),
    ],
)
def test_round_times_have_short_texts(start: date, end: date, texts: list[str]) -> None:
    dates = not isinstance(start, datetime)
    assert [
        tick.text for tick in time_ticks(seconds_of(start), seconds_of(end), 7, None, dates=dates)
    ] == texts


def test_days_begin_at_midnight_of_the_zone_also_when_clocks_change() -> None:
    zone = ZoneInfo("Europe/Berlin")
    start, end = datetime(2026, 3, 27, tzinfo=zone), datetime(2026, 3, 31, tzinfo=zone)
    ticks = time_ticks(seconds_of(start), seconds_of(end), 5, zone, dates=True)
    assert [tick.text for tick in ticks] == ["27 Mar", "28 Mar", "29 Mar", "30 Mar", "31 Mar"]
    assert [datetime.fromtimestamp(tick.seconds, zone).hour for tick in ticks] == [0] * 5


def test_times_of_one_day_are_written_without_the_day() -> None:
    start = datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert time_texts([start, start + timedelta(minutes=1)]) == ["09:00", "09:01"]
    assert time_texts([start, start + timedelta(days=1)]) == ["1 Mar 2026 09:00", "2 Mar 2026 09:00"]
    assert time_texts([date(2026, 3, 1)]) == ["1 Mar 2026"]
