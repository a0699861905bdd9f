"""Broadcasts of this worker that its own subscribers get when they come back from the server."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

MANY: Final = 1000  # own broadcasts under way from which on the next one waits
OVERDUE: Final = 0.5  # seconds without one that comes back, after which own subscribers get all at once

GiveWay = Callable[[], Awaitable[None]]


class PendingBroadcasts:
    """The own broadcasts under way, by number, in their order.

    All workers deliver in the order of the server. If the server does not send them back, `deliver` gets them in the
    order in which they were made.
    """

    def __init__(self, deliver: Callable[[str, Any], GiveWay | None]) -> None:
        self._deliver = deliver
        self._messages: OrderedDict[int, tuple[str, Any]] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None
        self._progress = asyncio.Event()
        self._returned = 0  # the last number that came back
        self._seen = 0  # the value of it at the last check
        self.held = False
        """True while the reader waits for slow subscribers: broadcasts that are not read yet are not overdue."""
        self.overdue = False
        """True from a check that found none coming back until one comes back."""

    def add(self, number: int, topic: str, message: Any) -> None:
        """Keep a broadcast until `returned` or `deliver_all`."""
        self._messages[number] = (topic, message)
        if self._timer is None:
            self._seen = self._returned
            self._schedule()

    def returned(self, number: int) -> GiveWay | None:
        """Deliver the broadcast with this number; does nothing if it was delivered already."""
        self._returned, self.overdue = number, False
        message = self._messages.pop(number, None)
        if message is None:
            return None
        # The server keeps the order of a worker: earlier ones were refused, and do not come any more.
        while self._messages and next(iter(self._messages)) < number:
            self._deliver(*self._messages.popitem(last=False)[1])
        self._announce_progress()
        return self._deliver(*message)

    def deliver_all(self) -> None:
        """Deliver all broadcasts now."""
        messages, self._messages = self._messages, OrderedDict()
        for message in messages.values():
            self._deliver(*message)
        self._announce_progress()

    async def give_way(self) -> None:
        """Wait while too many are under way."""
        while len(self._messages) > MANY:
            progress = self._progress
            with suppress(TimeoutError):
                async with asyncio.timeout(OVERDUE):
                    await progress.wait()

    def close(self) -> None:
        """Deliver all broadcasts, and stop the timer."""
        self.deliver_all()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _announce_progress(self) -> None:
        self._progress.set()
        self._progress = asyncio.Event()

    def _schedule(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(OVERDUE, self._check)

    def _check(self) -> None:
        self._timer = None
        if not self._messages:
            return
        if self._returned == self._seen and not self.held:
            self.overdue = True
            self.deliver_all()
            return
        self._seen = self._returned
        self._schedule()
