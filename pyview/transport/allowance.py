"""How many frames one browser may send."""

import time
from collections.abc import Callable


class Allowance:
    """A token bucket: `burst` frames at once, refilled with `rate` frames per second; a `rate` of 0 has no limit.

    `spent` counts the frames that came, `refused` those of them that were too many. `clock` returns seconds that never
    run backwards; it is read only when the bucket seems empty, so that an ordinary frame costs an addition.
    """

    __slots__ = ("_burst", "_clock", "_filled_at", "_granted", "_rate", "refused", "spent")

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = max(float(burst), 1.0)
        self._clock = clock
        self._filled_at = clock()
        self._granted = self._burst if rate > 0 else float("inf")
        self.spent = 0
        self.refused = 0

    def earn(self) -> None:
        """One more frame may come."""
        self._granted += 1

    def spend(self) -> bool:
        """One more frame has come: whether it may be handled."""
        self.spent += 1
        return self.spent <= self._granted or self._refill()

    def _refill(self) -> bool:
        now = self._clock()
        before = self.spent - 1
        left = self._granted - before + (now - self._filled_at) * self._rate
        if left < 1:
            self._granted += 1  # a refused frame takes nothing from those that follow
            self.refused += 1
            return False
        self._filled_at = now
        self._granted = before + min(left, self._burst)
        return True
