"""Claims within one process."""

import time
from collections.abc import Callable
from heapq import heappop, heappush

from pyview.claims.base import checked


class MemoryClaims:
    """Known to this worker alone: each of several workers grants a claim once. `clock`: Unix time in seconds."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._claimed: set[str] = set()
        self._expiring: list[tuple[float, str]] = []

    async def start(self) -> None:
        """Nothing to reach."""

    async def close(self) -> None:
        """Nothing to let go of."""

    async def claim(self, key: str, until: float) -> bool:
        now = self._clock()
        checked(key, until, now)
        self._forget_expired(now)
        if key in self._claimed:
            return False
        self._claimed.add(key)
        heappush(self._expiring, (until, key))
        return True

    def _forget_expired(self, now: float) -> None:
        while self._expiring and self._expiring[0][0] <= now:
            self._claimed.discard(heappop(self._expiring)[1])
