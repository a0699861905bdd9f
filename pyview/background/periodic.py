"""Registry of the short checks that a worker repeats: connections, identities, files, logs."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

logger = logging.getLogger("pyview")

Check = Callable[[], object]


class PeriodicChecks:
    """Calls short functions again and again, with one timer for all of them.

    There is no timer while no check is registered. Checks run between two events of the loop, so they must be short. A
    check that raises is logged and called again after its next period.
    """

    def __init__(self) -> None:
        self._periods: dict[Check, float] = {}
        self._due: dict[Check, float] = {}  # loop time
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def __len__(self) -> int:
        return len(self._periods)

    def add(self, check: Check, period: float) -> None:
        """Call `check` every `period` seconds, for the first time after one period."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            # An application may be served by one loop after another; the timer of a closed loop never fires.
            self._loop, self._timer = loop, None
        self._periods[check] = period
        self._due[check] = loop.time() + period
        self._arm()

    def remove(self, check: Check) -> None:
        """Stop calling `check`. An unknown check is ignored."""
        self._periods.pop(check, None)
        self._due.pop(check, None)
        if not self._periods and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @contextmanager
    def running(self, checks: Iterable[Check], period: float) -> Iterator[None]:
        """Call `checks` while the context is entered."""
        registered = list(checks)
        for check in registered:
            self.add(check, period)
        try:
            yield
        finally:
            for check in registered:
                self.remove(check)

    def _arm(self) -> None:
        if self._loop is None or not self._due:
            return
        first = min(self._due.values())
        if self._timer is not None:
            if self._timer.when() <= first:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(first, self._tick)

    def _tick(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        for check, due in tuple(self._due.items()):
            period = self._periods.get(check)
            # A check that is nearly due runs now, so that checks of equal periods soon share one wake-up.
            if period is None or due - now > period / 8:
                continue  # an earlier check may have removed this one
            self._due[check] = now + period
            try:
                check()
            except Exception:
                logger.exception("a periodic check failed")
        self._arm()
