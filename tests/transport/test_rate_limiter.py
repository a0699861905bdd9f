"""The rate limiter, compared with a token bucket that reads its clock at every frame."""

from hypothesis import given
from hypothesis import strategies as st

from pyview.transport.limits import RateLimiter


class Clock:
    def __init__(self) -> None:
        self.now = 100.0
        self.reads = 0

    def __call__(self) -> float:
        self.reads += 1
        return self.now


def accepted(allowance: RateLimiter, frames: int) -> int:
    return sum(allowance.acquire() for _ in range(frames))


def test_a_burst_passes_and_the_next_frame_does_not() -> None:
    allowance = RateLimiter(500, 1000, Clock())
    assert accepted(allowance, 1500) == 1000
    assert (allowance.received, allowance.refused) == (1500, 500)


def test_the_rate_passes_forever() -> None:
    clock = Clock()
    allowance = RateLimiter(500, 1000, clock)
    for _ in range(100):
        assert accepted(allowance, 50) == 50
        clock.now += 0.1
    assert allowance.refused == 0


def test_after_a_pause_one_burst_passes_and_no_more() -> None:
    clock = Clock()
    allowance = RateLimiter(10, 20, clock)
    assert accepted(allowance, 25) == 20
    clock.now += 3600
    assert accepted(allowance, 100) == 20


def test_refused_frames_take_nothing_from_later_ones() -> None:
    clock = Clock()
    allowance = RateLimiter(10, 5, clock)
    passed = accepted(allowance, 5)
    for _ in range(100):
        clock.now += 0.01
        passed += accepted(allowance, 3)
    assert passed == 5 + 10


def test_a_rate_of_zero_is_no_limit() -> None:
    assert accepted(RateLimiter(0, 1), 100_000) == 100_000


def test_the_clock_is_not_read_for_ordinary_frames() -> None:
    clock = Clock()
    allowance = RateLimiter(500, 1000, clock)
    accepted(allowance, 1000)
    assert clock.reads == 1


@given(
    st.floats(0.5, 1000),
    st.integers(1, 50),
    st.lists(st.tuples(st.floats(0, 5), st.integers(1, 40)), max_size=30),
)
def test_never_more_than_two_bursts_and_the_rate_pass(
    rate: float, burst: int, visits: list[tuple[float, int]]
) -> None:
    """One burst is allowed. A second one may be left from the last time that the clock was read."""
    clock = Clock()
    allowance = RateLimiter(rate, burst, clock)
    history: list[tuple[float, int]] = []
    for pause, frames in visits:
        clock.now += pause
        history.append((clock.now, accepted(allowance, frames)))
    for start, (since, _) in enumerate(history):
        for end in range(start, len(history)):
            passed = sum(count for _, count in history[start : end + 1])
            assert passed <= 2 * burst + rate * (history[end][0] - since) + 1


@given(
    st.floats(0.5, 1000),
    st.integers(1, 50),
    st.lists(st.tuples(st.floats(0, 5), st.integers(1, 40)), max_size=30),
)
def test_it_is_never_stricter_than_the_exact_bucket(
    rate: float, burst: int, visits: list[tuple[float, int]]
) -> None:
    clock = Clock()
    allowance = RateLimiter(rate, burst, clock)
    tokens, filled = float(burst), clock.now
    for pause, frames in visits:
        clock.now += pause
        tokens, filled = min(burst, tokens + (clock.now - filled) * rate), clock.now
        passed = accepted(allowance, frames)
        assert passed >= min(frames, int(tokens - 1e-6))
        tokens -= min(passed, tokens)
