"""When one socket has to end, although nobody has done anything wrong on it in a single frame."""

import random

from pyview.config import SecurityConfig
from pyview.transport.allowance import Allowance
from pyview.transport.endings import GOING_AWAY, POLICY, TIMEOUT, Ending

_JITTER = 0.1


class Deadlines:
    """The time limits of one socket, looked at now and then. All times are of one clock, in seconds.

    `allowance` tells whether frames came since the last look, and whether too many did.
    """

    __slots__ = (
        "_allowance",
        "_ends",
        "_flooded_since",
        "_heard",
        "_limits",
        "_opened",
        "_refused",
        "_spent",
    )

    def __init__(self, limits: SecurityConfig, allowance: Allowance, now: float) -> None:
        self._limits = limits
        self._allowance = allowance
        self._opened = self._heard = now
        self._ends = now + _scattered(limits.socket_max_age)
        self._spent = self._refused = 0
        self._flooded_since: float | None = None

    def missed(self, now: float, *, admitted: bool, full: bool = False) -> Ending | None:
        """The first deadline that has passed. `admitted`: whether a join was ever accepted. `full`: whether nothing
        is read from it, because its views have too much to do."""
        self._listen(now)
        limits = self._limits
        if not admitted and now - self._opened >= limits.join_timeout:
            return Ending(TIMEOUT, f"no page joined within {limits.join_timeout:g} s")
        if now - self._heard >= limits.idle_timeout:
            why = "not read, because its views handle too slowly what came," if full else "silent"
            return Ending(TIMEOUT, f"{why} for {limits.idle_timeout:g} s")
        if self._flooded_since is not None and now - self._flooded_since >= limits.flood_timeout:
            return Ending(POLICY, f"more than {limits.rate:g} frames/s for {limits.flood_timeout:g} s")
        if now >= self._ends:
            return Ending(GOING_AWAY, "open long enough; the browser comes back")
        return None

    def _listen(self, now: float) -> None:
        allowance = self._allowance
        if allowance.spent != self._spent:
            self._spent = allowance.spent
            self._heard = now
        if allowance.refused == self._refused:
            self._flooded_since = None
        else:
            self._refused = allowance.refused
            if self._flooded_since is None:
                self._flooded_since = now


def _scattered(seconds: float) -> float:
    """Up to a tenth less, so that sockets that were opened together do not end together."""
    return seconds * (1 - _JITTER * random.random())  # noqa: S311  not a secret
