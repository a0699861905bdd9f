"""Timeouts of one connection, with a clock that the test sets."""

import math

import pytest

from pyview.config import SecurityConfig
from pyview.transport.close_codes import CloseReason
from pyview.transport.limits import ConnectionTimeouts, RateLimiter


class CheckedConnection:
    """Connection that is checked once a second, between frames of its browser."""

    def __init__(self, **limits: float) -> None:
        config = SecurityConfig(**limits)  # type: ignore[arg-type]
        self.now = 0.0
        self.limiter = RateLimiter(config.rate, config.burst, lambda: self.now)
        self.timeouts = ConnectionTimeouts(config, self.limiter, self.now)
        self.admitted = True

    def tick(self, frames: int = 0) -> CloseReason | None:
        flood = None
        for _ in range(frames):
            if not self.limiter.acquire():
                flood = self.timeouts.refused(self.now)
        self.now += 1
        return flood or self.timeouts.expired(self.now, admitted=self.admitted)

    def ends_at(self, frames: int = 0, within: int = 100_000) -> tuple[float, int]:
        """Return the second at which it ends with this number of frames each second, and the close code."""
        for _ in range(within):
            reason = self.tick(frames)
            if reason is not None:
                assert reason.text
                return self.now, reason.code
        return math.inf, 0


def test_a_page_must_join_within_ten_seconds() -> None:
    connection = CheckedConnection()
    connection.admitted = False
    assert connection.ends_at(frames=1) == (10, 4408)


def test_a_silent_connection_ends_after_65_seconds() -> None:
    assert CheckedConnection().ends_at() == (65, 4408)


@pytest.mark.parametrize("pause", [30, 60, 61])
def test_heartbeats_keep_a_connection_open_even_in_a_hidden_tab(pause: int) -> None:
    connection = CheckedConnection(socket_max_age=math.inf)
    for _ in range(20):
        assert [connection.tick() for _ in range(pause - 1)] == [None] * (pause - 1)
        assert connection.tick(frames=1) is None


def test_a_flood_ends_a_connection_five_seconds_after_the_first_refusal() -> None:
    """With 600 frames a second the burst lasts for five seconds."""
    assert CheckedConnection().ends_at(frames=600, within=60) == (11, 1008)


def test_ordinary_use_ends_no_connection() -> None:
    assert CheckedConnection(socket_max_age=math.inf).ends_at(frames=500, within=1000) == (math.inf, 0)


def test_a_second_without_refusals_resets_the_flood() -> None:
    connection = CheckedConnection()
    for _ in range(20):
        assert [connection.tick(frames=3000) for _ in range(4)] == [None] * 4
        assert [connection.tick() for _ in range(3)] == [None] * 3


def test_connections_end_after_a_day_or_up_to_a_tenth_earlier() -> None:
    ends = [CheckedConnection(socket_max_age=1000, idle_timeout=math.inf).ends_at() for _ in range(50)]
    assert {code for _, code in ends} == {1001}
    assert all(900 <= at <= 1000 for at, _ in ends)
    assert len({at for at, _ in ends}) > 10


def test_an_infinite_timeout_never_expires() -> None:
    connection = CheckedConnection(
        join_timeout=math.inf, idle_timeout=math.inf, socket_max_age=math.inf, flood_timeout=math.inf
    )
    connection.admitted = False
    assert connection.ends_at(within=1000) == (math.inf, 0)
    assert connection.ends_at(frames=2000, within=20) == (math.inf, 0)
