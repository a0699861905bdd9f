"""Rates of the last seconds, from samples that come on time, late or too often."""

from pyview.observability.rates import SECONDS, RateHistory


class Worker:
    def __init__(self) -> None:
        self.now = 100.0
        self.total = 0
        self.rates = RateHistory(lambda: (self.total,), clock=lambda: self.now)

    def pass_by(self, seconds: float, events: int) -> None:
        self.now += seconds
        self.total += events
        self.rates.sample()


def test_each_second_has_its_rate() -> None:
    worker = Worker()
    for events in (3, 0, 5):
        worker.pass_by(1.0, events)
    assert worker.rates.series(0) == [3.0, 0.0, 5.0]


def test_a_late_sample_stands_for_all_seconds_that_it_missed() -> None:
    worker = Worker()
    worker.pass_by(4.0, 8)
    assert worker.rates.series(0) == [2.0, 2.0, 2.0, 2.0]
    worker.pass_by(1e6, 0)
    assert worker.rates.series(0) == [0.0] * SECONDS


def test_a_second_sample_in_a_moment_is_ignored() -> None:
    worker = Worker()
    worker.pass_by(0.01, 5)
    assert worker.rates.series(0) == []
    worker.pass_by(0.99, 5)
    assert worker.rates.series(0) == [10.0]
