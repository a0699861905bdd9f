"""Limits of connections: frames per second, timeouts, and counts for each session and client IP."""

import math
import random
import time
from collections.abc import Callable

from starlette.types import Scope

from pyview.auth.connection import client_address
from pyview.config import SecurityConfig
from pyview.sessions.tracking import session_id
from pyview.transport.close_codes import GOING_AWAY, POLICY, TIMEOUT, CloseReason
from pyview.transport.shared_counts import SharedCounts

_JITTER = 0.1
_NEAR = 8  # from an eighth of a limit on, the other workers get a count at once
_CALM = 1.0  # seconds without a refused frame that end a flood


class RateLimiter:
    """Token bucket for incoming frames: `burst` frames at once, refilled with `rate` frames per second.

    A `rate` of 0 is no limit. `received` counts all frames, and `refused` those beyond the limit. `clock` returns
    seconds that never run backwards. It is read only when the bucket seems empty, so that an ordinary frame costs one
    addition and one comparison.
    """

    __slots__ = ("_burst", "_clock", "_filled_at", "_granted", "_rate", "received", "refused")

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = max(float(burst), 1.0)
        self._clock = clock
        self._filled_at = clock()
        self._granted = self._burst if rate > 0 else float("inf")
        self.received = 0
        self.refused = 0

    def acquire(self) -> bool:
        """Count one frame. Return True if it may be handled."""
        if self.acquire_unless_refused():
            return True
        self.received += 1
        self._granted += 1  # a refused frame takes nothing from those that follow
        self.refused += 1
        return False

    def acquire_unless_refused(self) -> bool:
        """Count one frame and return True if it may be handled. Count nothing otherwise."""
        if self.received + 1 > self._granted and not self._refill():
            return False
        self.received += 1
        return True

    def give_back(self) -> None:
        """Count one frame less: it is counted elsewhere."""
        self.received -= 1

    def refund(self) -> None:
        """Allow one more frame."""
        self._granted += 1

    def _refill(self) -> bool:
        """Fill the bucket up to now. Return True if one frame may be handled."""
        now = self._clock()
        left = self._granted - self.received + (now - self._filled_at) * self._rate
        if left < 1:
            return False
        # At most one burst is saved up, however long the pause was.
        self._filled_at = now
        self._granted = self.received + min(left, self._burst)
        return True


class ConnectionTimeouts:
    """Join, idle, rate and age timeouts of one connection, checked now and then.

    All times are seconds of one clock. The `rate_limiter` shows if frames came since the last check, so that a frame
    itself costs nothing here; a refused frame is counted by `refused`.
    """

    __slots__ = (
        "_ends_at",
        "_flooded_since",
        "_last_frame_at",
        "_limits",
        "_opened_at",
        "_rate_limiter",
        "_received",
        "_refused_at",
    )

    def __init__(self, limits: SecurityConfig, rate_limiter: RateLimiter, now: float) -> None:
        self._limits = limits
        self._rate_limiter = rate_limiter
        self._opened_at = self._last_frame_at = now
        # Up to a tenth earlier, so that connections that were opened together do not end together.
        self._ends_at = now + limits.socket_max_age * (1 - _JITTER * random.random())  # noqa: S311  not a secret
        self._received = 0
        self._flooded_since = self._refused_at = -math.inf

    def expired(self, now: float, *, admitted: bool, full: bool = False) -> CloseReason | None:
        """Return the first timeout that has expired.

        `admitted`: a join has been accepted. `full`: no frames are read because the views have too much to handle.
        """
        self._look_at_frames(now)
        limits = self._limits
        if not admitted and now - self._opened_at >= limits.join_timeout:
            return CloseReason(TIMEOUT, f"no page joined within {limits.join_timeout:g} s")
        if now - self._last_frame_at >= limits.idle_timeout:
            why = "not read, because its views handle too slowly what came," if full else "silent"
            return CloseReason(TIMEOUT, f"{why} for {limits.idle_timeout:g} s")
        if now >= self._ends_at:
            return CloseReason(GOING_AWAY, "open long enough; the browser comes back")
        return None

    def next_check(self, now: float, *, admitted: bool) -> float:
        """Return the time at which a timeout may have expired, or frames have to be looked at again."""
        # Only that frames came since the last check is known. A quarter of the timeout, so that a silent connection is
        # noticed at most a quarter late.
        look = min(now + self._limits.idle_timeout / 4, self._last_frame_at + self._limits.idle_timeout)
        join = math.inf if admitted else self._opened_at + self._limits.join_timeout
        return min(look, join, self._ends_at)

    def refused(self, now: float) -> CloseReason | None:
        """Count a frame beyond the rate. Return a reason to close if such frames have come for `flood_timeout`."""
        if now - self._refused_at > _CALM:
            self._flooded_since = now
        self._refused_at = now
        limits = self._limits
        if now - self._flooded_since < limits.flood_timeout:
            return None
        return CloseReason(POLICY, f"more than {limits.rate:g} frames/s for {limits.flood_timeout:g} s")

    def _look_at_frames(self, now: float) -> None:
        limiter = self._rate_limiter
        if limiter.received != self._received:
            self._received = limiter.received
            self._last_frame_at = now


ClientGroup = tuple[tuple[str, str], ...]
"""Session and client IP that a connection or view is counted under: `(("session", id), ("address", ip))`."""


class Quotas:
    """Counts of open `things`, such as sockets, for each session and client IP of one application.

    A limit of 0 is no limit. A visitor without a session is counted by client IP only. With `shared`, the counts of the
    other workers are added to those of this one.
    """

    def __init__(
        self, things: str, per_session: int, per_address: int, shared: SharedCounts | None = None
    ) -> None:
        self._things = things
        self._shared = shared
        self._limits = {"session": per_session, "address": per_address}
        self._counts: dict[tuple[str, str], int] = {}

    def __len__(self) -> int:
        """Return the number of sessions and addresses that have at least one."""
        return len(self._counts)

    def group_of(self, scope: Scope) -> ClientGroup:
        """Return the group that a request or handshake is counted in."""
        session = _session(scope) if self._limits["session"] and "session" in scope else ""
        address = client_address(scope) if self._limits["address"] else ""
        own = (("session", session),) if session else ()
        return (*own, ("address", address)) if address else own

    def exceeded(self, group: ClientGroup) -> str | None:
        """Return the limit that is reached, as text for the log; None below the limits."""
        for key in group:
            limit = self._limits[key[0]]
            if self._total(key) >= limit:
                return f"{limit} {self._things} of one {key[0]} are open"
        return None

    def take(self, group: ClientGroup) -> None:
        for key in group:
            self._change(key, 1)

    def release(self, group: ClientGroup) -> None:
        for key in group:
            self._change(key, -1)

    def _total(self, key: tuple[str, str]) -> int:
        elsewhere = 0 if self._shared is None else self._shared.elsewhere(key)
        return self._counts.get(key, 0) + elsewhere

    def _change(self, key: tuple[str, str], by: int) -> None:
        count = self._counts[key] = self._counts.get(key, 0) + by
        if not count:
            # Sessions and addresses come and go, and an entry for each would fill the memory.
            del self._counts[key]
        if self._shared is not None:
            # Sockets that are opened at all workers at once must not each be the first there.
            self._shared.changed(key, count, urgent=_NEAR * count >= self._limits[key[0]])


def _session(scope: Scope) -> str:
    try:
        return session_id(scope)
    except RuntimeError:
        return ""  # a session that is not loaded; the join reports it to the developer
