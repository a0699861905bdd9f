"""The benchmark's judgement of two measurements: changes beyond noise."""

from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.rows import Row, median_bounds

RATIOS = st.lists(st.floats(0.1, 10), min_size=1, max_size=30)


def row(ratios: list[float], unit: str = "/s", cpu_ratios: list[float] | None = None) -> Row:
    return Row("key", "title", unit, 1.0, 1.0, median(ratios), ratios, cpu_ratios=cpu_ratios or [])


@given(RATIOS)
def test_the_bounds_contain_the_median(ratios: list[float]) -> None:
    low, high = median_bounds(ratios)
    assert min(ratios) <= low <= median(ratios) <= high <= max(ratios)


@pytest.mark.parametrize(
    ("count", "lowest", "highest"),
    # From tables of the binomial distribution, at 95 %.
    [(5, 1, 5), (6, 1, 6), (9, 2, 8), (13, 3, 11), (25, 8, 18)],
)
def test_the_bounds_are_those_of_the_binomial_law(count: int, lowest: int, highest: int) -> None:
    assert median_bounds([float(each) for each in range(1, count + 1)]) == (lowest, highest)


@pytest.mark.parametrize(
    ("ratios", "change"),
    [
        ([1.3, 1.2, 1.25, 1.4, 1.31], "faster"),
        ([0.7, 0.8, 0.75, 0.6, 0.69], "slower"),
        ([0.9, 1.2, 1.3, 1.2, 1.3], ""),
        ([1.01, 1.01, 1.01, 1.01, 1.01], ""),
    ],
)
def test_a_row_moves_if_all_likely_ratios_are_on_one_side(ratios: list[float], change: str) -> None:
    assert row(ratios).change == change


def test_less_is_less_for_a_row_that_is_no_rate() -> None:
    assert row([0.7, 0.7, 0.7], " us").change == "less"
    assert Row("key", "title", " KiB", 30.0, 20.0, 1.5).change == "more"
    assert Row("key", "title", " B", 137.0, 137.0, None).change == ""


def test_cpu_time_decides_because_other_work_changes_it_less() -> None:
    assert row([0.5, 2.0, 1.0, 0.4, 3.0], cpu_ratios=[1.2] * 5).change == "faster"
