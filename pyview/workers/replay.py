"""Refusal of calls that come a second time: what was recorded at the broker must not act again."""

import time
from collections.abc import Callable

from pyview.tokens.secrets import CLOCK_SKEW
from pyview.workers.messages import MAX_AGE

_WIDTH = 4096  # numbers
# After that time, no message of a sender can be decrypted any more, so that its numbers may be forgotten.
_FORGET_AFTER = MAX_AGE + 2 * CLOCK_SKEW


class SeenNumbers:
    """The numbers that one sender has used: every one of the last few thousand, and all before them.

    Calls arrive nearly in the order of their numbers, so one integer with a bit for each of the last ones is enough.
    """

    __slots__ = ("_bits", "_highest", "last_used")

    def __init__(self) -> None:
        self._bits = 0
        self._highest = 0
        self.last_used = 0.0

    def add(self, number: int) -> bool:
        """Return True for a number that was not used before."""
        ahead = number - self._highest
        if ahead > 0:
            self._bits = (self._bits << ahead | 1) & (1 << _WIDTH) - 1 if ahead < _WIDTH else 1
            self._highest = number
            return True
        bit = 1 << -ahead
        if -ahead >= _WIDTH or self._bits & bit:
            return False
        self._bits |= bit
        return True


class ReplayGuard:
    """The numbers of the calls that every other worker has made. `clock` returns seconds, monotonic."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._senders: dict[str, SeenNumbers] = {}

    def __len__(self) -> int:
        """Return the number of senders."""
        return len(self._senders)

    def admits(self, sender: str, number: int) -> bool:
        """Return True for a call that has not come before. The sender was authenticated, so it is a worker."""
        numbers = self._senders.get(sender)
        if numbers is None:
            self._forget_old()
            numbers = self._senders[sender] = SeenNumbers()
        numbers.last_used = self._clock()
        return numbers.add(number)

    def _forget_old(self) -> None:
        limit = self._clock() - _FORGET_AFTER
        for sender in [sender for sender, each in self._senders.items() if each.last_used < limit]:
            del self._senders[sender]
