"""When one socket has to end, although nobody has done anything wrong on it in a single frame.

How many frames one browser may send.

How many of one thing, such as open sockets, one session and one address may have at a time.
"""

import random
import time
from collections.abc import Callable

from starlette.types import Scope

from pyview.auth.connection import client_address
from pyview.config import SecurityConfig
from pyview.sessions.tracking import session_id
from pyview.transport.close_codes import GOING_AWAY, POLICY, TIMEOUT, CloseReason


class RateLimiter:
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

    def refund(self) -> None:
        """One more frame may come."""
        self._granted += 1

    def acquire(self) -> bool:
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


_JITTER = 0.1


class ConnectionTimeouts:
    """The time limits of one socket, looked at now and then. All times are of one clock, in seconds.

    `allowance` tells whether frames came since the last look, and whether too many did.
    """

    __slots__ = (
        "_ends",
        "_flooded_since",
        "_heard",
        "_limits",
        "_opened",
        "_rate_limiter",
        "_refused",
        "_spent",
    )

    def __init__(self, limits: SecurityConfig, allowance: RateLimiter, now: float) -> None:
        self._limits = limits
        self._rate_limiter = allowance
        self._opened = self._heard = now
        self._ends = now + _scattered(limits.socket_max_age)
        self._spent = self._refused = 0
        self._flooded_since: float | None = None

    def expired(self, now: float, *, admitted: bool, full: bool = False) -> CloseReason | None:
        """The first deadline that has passed. `admitted`: whether a join was ever accepted. `full`: whether nothing
        is read from it, because its views have too much to do."""
        self._listen(now)
        limits = self._limits
        if not admitted and now - self._opened >= limits.join_timeout:
            return CloseReason(TIMEOUT, f"no page joined within {limits.join_timeout:g} s")
        if now - self._heard >= limits.idle_timeout:
            why = "not read, because its views handle too slowly what came," if full else "silent"
            return CloseReason(TIMEOUT, f"{why} for {limits.idle_timeout:g} s")
        if self._flooded_since is not None and now - self._flooded_since >= limits.flood_timeout:
            return CloseReason(POLICY, f"more than {limits.rate:g} frames/s for {limits.flood_timeout:g} s")
        if now >= self._ends:
            return CloseReason(GOING_AWAY, "open long enough; the browser comes back")
        return None

    def _listen(self, now: float) -> None:
        allowance = self._rate_limiter
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


ClientGroup = tuple[tuple[str, str], ...]
"""What one of them is counted under."""


class Quotas:
    """Counts of one application's `things`. A limit of 0 is none; a visitor without a session has no count."""

    def __init__(self, things: str, per_session: int, per_address: int) -> None:
        self._things = things
        self._limits = {"session": per_session, "address": per_address}
        self._counts: dict[tuple[str, str], int] = {}

    def __len__(self) -> int:
        """How many sessions and addresses have one at least."""
        return len(self._counts)

    def place(self, scope: Scope) -> ClientGroup:
        """What one from this request or handshake counts under."""
        limits = self._limits
        session = _session(scope) if limits["session"] else ""
        address = client_address(scope) if limits["address"] else ""
        return tuple(key for key in (("session", session), ("address", address)) if key[1])

    def exceeded(self, place: ClientGroup) -> str | None:
        """What there are already enough sockets of; None where there is room."""
        for key in place:
            limit = self._limits[key[0]]
            if self._counts.get(key, 0) >= limit:
                return f"{limit} {self._things} of one {key[0]} are open"
        return None

    def take(self, place: ClientGroup) -> None:
        for key in place:
            self._counts[key] = self._counts.get(key, 0) + 1

    def free(self, place: ClientGroup) -> None:
        for key in place:
            self._counts[key] -= 1
            if not self._counts[key]:
                del self._counts[key]


def _session(scope: Scope) -> str:
    try:
        return session_id(scope)
    except RuntimeError:
        return ""  # a session that nobody has loaded: the join will say so, to somebody who can read it
