"""Durations in buckets: quantiles within 6 %, and sums that do not depend on who has counted."""

from hypothesis import given
from hypothesis import strategies as st

from pyview.observability.durations import HIGHEST_BUCKET, LOWEST_BUCKET, Durations

seconds = st.floats(min_value=1e-6, max_value=1e5)


def of(values: list[float]) -> Durations:
    durations = Durations()
    for value in values:
        durations.add(value)
    return durations


def test_without_durations_there_is_no_median() -> None:
    assert Durations().quantile(0.5) is None


@given(st.lists(seconds, min_size=1), st.sampled_from([0.5, 0.95, 1.0]))
def test_a_quantile_is_near_the_exact_one(values: list[float], share: float) -> None:
    exact = next(each for rank, each in enumerate(sorted(values), start=1) if rank >= share * len(values))
    found = of(values).quantile(share)
    assert found is not None
    assert abs(found - exact) <= 0.0626 * exact


@given(st.lists(seconds), st.lists(seconds))
def test_a_sum_is_the_same_as_one_count(some: list[float], others: list[float]) -> None:
    total, together = Durations.sum_of([of(some), of(others)]), of(some + others)
    assert (total.buckets, total.longest, total.count) == (together.buckets, together.longest, together.count)


@given(st.floats(min_value=-1.0, max_value=1e6))
def test_every_bucket_may_be_sent(value: float) -> None:
    assert all(LOWEST_BUCKET <= bucket <= HIGHEST_BUCKET for bucket in of([value]).buckets)
