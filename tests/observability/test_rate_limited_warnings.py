"""Warnings about many bad clients are few lines in the log."""

import logging

import pytest

from pyview.observability.rate_limited_warnings import RateLimitedWarnings


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def warnings(clock: Clock) -> RateLimitedWarnings:
    return RateLimitedWarnings(logging.getLogger("tests.warnings"), per_minute=3, clock=clock)


def test_each_client_gets_so_many_lines_a_minute(
    warnings: RateLimitedWarnings, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(10):
        warnings.warn("1.1.1.1", "malformed")
    warnings.warn("2.2.2.2", "malformed")
    assert caplog.messages == ["1.1.1.1: malformed"] * 3 + ["2.2.2.2: malformed"]
    caplog.clear()
    clock.now = 60
    warnings.warn("1.1.1.1", "again")
    assert caplog.messages == ["1.1.1.1: 7 more warnings, left out", "1.1.1.1: again"]


def test_a_million_addresses_share_one_limit(
    warnings: RateLimitedWarnings, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(10_100):
        warnings.warn(f"client {number}", "x")
    assert len(caplog.messages) == 10_000 + 3
    assert caplog.messages[-1] == "client 10002: x"
