"""Rates of growing totals, one value for each of the last seconds."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

SECONDS: Final = 60
_SHORTEST: Final = 0.9  # seconds between two samples


class RateHistory:
    """Rates per second of several totals. `totals` returns their values; `sample` is called about once a second."""

    def __init__(
        self, totals: Callable[[], Sequence[float]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._totals = totals
        self._clock = clock
        self._at = clock()
        self._last = totals()
        self._rates: deque[tuple[float, ...]] = deque(maxlen=SECONDS)

    def sample(self) -> None:
        """Add the rates since the last sample. Too soon after it, nothing happens."""
        now = self._clock()
        passed = now - self._at
        if passed < _SHORTEST:
            return
        totals = self._totals()
        rates = tuple([(new - old) / passed for new, old in zip(totals, self._last, strict=True)])
        self._at, self._last = now, totals
        # A blocked event loop samples late: each of the seconds gets the mean of all.
        self._rates.extend([rates] * min(SECONDS, max(1, round(passed))))

    def series(self, index: int) -> list[float]:
        """Return the rates of one total, the oldest first."""
        return [round(rates[index], 2) for rates in self._rates]
