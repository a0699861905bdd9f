"""The timers of one view, cancelled with it."""

import asyncio
from collections.abc import Callable
from typing import Any

from pyview.threads import on_loop


class Timer:
    """One timer. A repeating one keeps its interval, and skips a turn while its last event waits in the mailbox."""

    __slots__ = ("_due", "_fire", "_handle", "_loop", "event", "interval", "waiting")

    def __init__(
        self, event: Any, seconds: float, interval: float | None, fire: Callable[["Timer"], None]
    ) -> None:
        self.event = event
        self.interval = interval
        self.waiting = False
        self._fire = fire
        self._loop = asyncio.get_running_loop()
        self._due = self._loop.time() + seconds
        self._handle = self._loop.call_at(self._due, self._elapsed)

    def _elapsed(self) -> None:
        if self.interval is not None:
            # The next multiple of the interval: the timer does not drift, and does not catch up after the event loop
            # was blocked.
            missed = int((self._loop.time() - self._due) / self.interval)
            self._due += (missed + 1) * self.interval
            self._handle = self._loop.call_at(self._due, self._elapsed)
        if not self.waiting:
            self.waiting = True
            self._fire(self)

    def cancel(self) -> None:
        """Stop the timer. A handler in a worker thread may call it."""
        on_loop(self._handle.cancel)


class Timers:
    """The running timers of one view. `fire` puts an elapsed timer into the mailbox and returns at once."""

    __slots__ = ("_fire", "_running")

    def __init__(self, fire: Callable[[Timer], None]) -> None:
        self._fire = fire
        self._running: set[Timer] = set()

    def every(self, event: Any, seconds: float) -> Timer:
        if not seconds > 0:
            raise ValueError(f"schedule_info expected an interval above 0 seconds, got {seconds!r}")
        return self._start(Timer(event, seconds, seconds, self._elapsed))

    def once(self, event: Any, seconds: float) -> Timer:
        return self._start(Timer(event, max(seconds, 0.0), None, self._elapsed))

    def __len__(self) -> int:
        return len(self._running)

    def cancel(self) -> None:
        for timer in self._running:
            timer.cancel()
        self._running.clear()

    def _start(self, timer: Timer) -> Timer:
        self._running.add(timer)
        return timer

    def _elapsed(self, timer: Timer) -> None:
        if timer.interval is None:
            self._running.discard(timer)
        self._fire(timer)
