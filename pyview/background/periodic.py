"""Short tasks that a worker repeats every few seconds for as long as its application runs."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

logger = logging.getLogger("pyview")


class Periodic:
    """Calls short functions again and again, one timer for all of them."""

    def __init__(self, calls: Sequence[Callable[[], object]], seconds: float = 2.0) -> None:
        self._calls = calls
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Call them while the context is entered."""
        self._arm()
        try:
            yield
        finally:
            if self._timer is not None:
                self._timer.cancel()

    def _arm(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._tick)

    def _tick(self) -> None:
        self._arm()
        for call in self._calls:
            try:
                call()
            except Exception:
                logger.exception("a periodic look at the worker failed")
