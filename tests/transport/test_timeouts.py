"""The time limits of one socket, by a clock that a test sets."""

import math

import pytest

from pyview.config import SecurityConfig
from pyview.transport.close_codes import CloseReason
from pyview.transport.limits import ConnectionTimeouts, RateLimiter


class Socket:
    """One that ticks once a second, with whatever its browser sends in between."""

    def __init__(self, **limits: float) -> None:
        config = SecurityConfig(**limits)  # type: ignore[arg-type]
        self.now = 0.0
        self.allowance = RateLimiter(config.rate, config.burst, lambda: self.now)
        self.deadlines = ConnectionTimeouts(config, self.allowance, self.now)
        self.admitted = True

    def tick(self, frames: int = 0) -> CloseReason | None:
        for _ in range(frames):
            self.allowance.acquire()
        self.now += 1
        return self.deadlines.expired(self.now, admitted=self.admitted)

    def ends_at(self, frames: int = 0, within: int = 100_000) -> tuple[float, int]:
        """When it ends if every second brings so many frames, and with which code."""
        for _ in range(within):
            ending = self.tick(frames)
            if ending is not None:
                assert ending.text
                return self.now, ending.code
        return math.inf, 0


def test_a_join_is_due_after_ten_seconds_whatever_else_comes() -> None:
    socket = Socket()
    socket.admitted = False
    assert socket.ends_at(frames=1) == (10, 4408)


def test_silence_ends_a_joined_socket_a_little_after_a_minute() -> None:
    assert Socket().ends_at() == (65, 4408)


@pytest.mark.parametrize("pause", [30, 60, 61])
def test_a_heartbeat_keeps_it_open_in_a_hidden_tab_too(pause: int) -> None:
    socket = Socket(socket_max_age=math.inf)
    for _ in range(20):
        assert [socket.tick() for _ in range(pause - 1)] == [None] * (pause - 1)
        assert socket.tick(frames=1) is None


def test_a_flood_ends_it_five_seconds_after_its_first_refusal() -> None:
    """600 a second: the burst lasts for five."""
    assert Socket().ends_at(frames=600, within=60) == (11, 1008)


def test_ordinary_use_does_not() -> None:
    assert Socket(socket_max_age=math.inf).ends_at(frames=500, within=1000) == (math.inf, 0)


def test_a_second_without_refusals_forgives_a_flood() -> None:
    socket = Socket()
    for _ in range(20):
        assert [socket.tick(frames=3000) for _ in range(4)] == [None] * 4
        assert [socket.tick() for _ in range(3)] == [None] * 3


def test_a_day_ends_it_up_to_a_tenth_earlier_and_not_all_at_once() -> None:
    ends = [Socket(socket_max_age=1000, idle_timeout=math.inf).ends_at() for _ in range(50)]
    assert {code for _, code in ends} == {1001}
    assert all(900 <= at <= 1000 for at, _ in ends)
    assert len({at for at, _ in ends}) > 10


def test_infinite_times_never_come() -> None:
    socket = Socket(
        join_timeout=math.inf, idle_timeout=math.inf, socket_max_age=math.inf, flood_timeout=math.inf
    )
    socket.admitted = False
    assert socket.ends_at(within=1000) == (math.inf, 0)
    assert socket.ends_at(frames=2000, within=20) == (math.inf, 0)
