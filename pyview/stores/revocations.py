"""Revocations: the sessions and users that are signed out although their cookie is still valid.

The contract, one revocation, the cache that every worker keeps, and the implementation in memory. Every worker gets a
revocation within a second. Keys are text that the caller makes: `sid:<digest>`, `user:<digest>` or `all`.
"""

import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Protocol

logger = logging.getLogger("pyview.security")

Listener = Callable[[str], None]


class Revocations(Protocol):
    """The revoked keys, each until its time; every worker is notified.

    Use it on one event loop, between `start` and `close`. Times are Unix times in seconds, by the clock of the worker
    that passes them: the clocks of several hosts must agree.
    """

    async def start(self) -> None:
        """Open the store. Raises `StoreUnavailable` if it cannot be reached; call it again then."""

    async def close(self) -> None:
        """Remove the listeners, and close connections and files."""

    async def revoke(self, key: str, until: float, not_before: float | None = None) -> None:
        """Revoke `key` until `until`, for sign-ins before `not_before`; for all of them without `not_before`.

        `until`: the time at which the last affected cookie expires by itself. Revoking a key again only adds: the later
        `until` and the later `not_before` (None is the latest) hold. Raises `StoreUnavailable` if the store did not
        accept it: this worker applies it nevertheless, and writes it as soon as the store is back. Raises `ValueError`
        for times that are not finite numbers.
        """

    async def revoked(self, keys: Mapping[str, float]) -> bool:
        """Return True if any of `keys` is revoked for the sign-in time given with it. Asks the store.

        Raises `StoreUnavailable` if the store cannot answer: refuse then.
        """

    def known_revoked(self, keys: Mapping[str, float]) -> bool:
        """Return the same from this worker's cache: never waits, may be a second late.

        Revocations by other workers arrive only while there is a subscriber; see `staleness`.
        """

    def staleness(self) -> float:
        """Return the seconds since this worker's cache was last complete.

        Below 2 in normal operation, `inf` before the first subscription.
        """

    def subscribe(self, listener: Listener) -> None:
        """Call `listener(key)` on this event loop for every revocation by any worker.

        For this worker's own revocations at once, for others' within a second, for those missed during an outage after
        it. The listener must return at once and must not raise. Subscribing twice is the same as once.
        """

    def unsubscribe(self, listener: Listener) -> None:
        """Remove a listener; an unknown one is ignored."""


@dataclass(frozen=True, slots=True)
class Revocation:
    """`key` is revoked until `until`, for sign-ins before `not_before`; None: for all sign-ins.

    Unix times in seconds. Raises `ValueError` for an empty key and for times that are not finite numbers.
    """

    key: str
    until: float
    not_before: float | None = None

    def __post_init__(self) -> None:
        if not self.key:
            raise ValueError("revoke expected a key such as 'sid:<digest>', got an empty one")
        if not (math.isfinite(self.until) and math.isfinite(self.not_before or 0.0)):
            raise ValueError(
                f"revoke({self.key!r}) expected Unix times in seconds, "
                f"got until={self.until!r}, not_before={self.not_before!r}"
            )

    def as_json(self) -> list[str | float | None]:
        """Return it as JSON data, for `revocation_of`."""
        return [self.key, self.until, self.not_before]

    def applies_to(self, signed_in_at: float, now: float) -> bool:
        """Return True if a sign-in at `signed_in_at` is revoked at `now`."""
        # `not >=` instead of `<`: a sign-in time that is NaN counts as revoked.
        return self.until > now and (self.not_before is None or not signed_in_at >= self.not_before)

    def merged(self, other: "Revocation") -> "Revocation":
        """Return the union: it revokes every sign-in that either of the two revokes."""
        befores = (self.not_before, other.not_before)
        not_before = None if None in befores else max(before for before in befores if before is not None)
        return Revocation(self.key, max(self.until, other.until), not_before)

    def replacing(self, earlier: "Revocation | None", now: float) -> "Revocation":
        """Return the revocation to keep at `now` instead of `earlier`, which counts unless it has expired."""
        return self if earlier is None or earlier.until <= now else earlier.merged(self)


def revocation_of(data: object) -> Revocation | None:
    """Return the revocation of JSON data, None if they are not one."""
    match data:
        case [str(key), float() | int() as until, (float() | int() | None) as not_before]:
            with suppress(ValueError):
                return Revocation(key, until, not_before)
    return None


class RevocationCache:
    """The revocations that one worker knows and that have not expired, with their listeners.

    `clock`: Unix time in seconds, for reading.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._known: dict[str, Revocation] = {}
        self._expiring: list[tuple[float, str]] = []
        self._listeners: dict[Listener, None] = {}

    def __iter__(self) -> Iterator[Revocation]:
        self._remove_expired()
        return iter(tuple(self._known.values()))

    def __len__(self) -> int:
        return len(self._known)

    @property
    def has_listeners(self) -> bool:
        return bool(self._listeners)

    def revoked(self, keys: Mapping[str, float]) -> bool:
        """Return True if any of `keys` is revoked for the sign-in time given with it."""
        known = self._known
        for key, signed_in_at in keys.items():
            revocation = known.get(key)
            if revocation is not None and revocation.applies_to(signed_in_at, self._clock()):
                return True
        return False

    def add(self, revocation: Revocation) -> None:
        """Add a revocation, and notify the listeners if it changes anything."""
        self._remove_expired()
        now, known = self._clock(), self._known.get(revocation.key)
        merged = revocation.replacing(known, now)
        # Nothing new: for example, this worker's own revocation comes back from the shared log.
        if merged == known or revocation.until <= now:
            return
        self._known[merged.key] = merged
        heappush(self._expiring, (merged.until, merged.key))
        # A copy: a listener may unsubscribe itself, or subscribe another, while it runs.
        for listener in tuple(self._listeners):
            try:
                listener(merged.key)
            except Exception:
                logger.exception("a listener failed on a revocation; the others are notified nevertheless")

    def subscribe(self, listener: Listener) -> None:
        self._listeners[listener] = None

    def unsubscribe(self, listener: Listener) -> None:
        self._listeners.pop(listener, None)

    def remove_listeners(self) -> None:
        self._listeners.clear()

    def _remove_expired(self) -> None:
        now = self._clock()
        while self._expiring and self._expiring[0][0] <= now:
            _, key = heappop(self._expiring)
            # The key may have been revoked again, for longer: then a later entry of the heap stands for it.
            known = self._known.get(key)
            if known is not None and known.until <= now:
                del self._known[key]


class MemoryRevocations:
    """Revocations of a single process, lost with it. `clock`: Unix time in seconds, for reading."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._cache = RevocationCache(clock)

    async def start(self) -> None:
        """Do nothing: the store is this process."""

    async def close(self) -> None:
        self._cache.remove_listeners()

    async def revoke(self, key: str, until: float, not_before: float | None = None) -> None:
        self._cache.add(Revocation(key, until, not_before))

    async def revoked(self, keys: Mapping[str, float]) -> bool:
        return self._cache.revoked(keys)

    def known_revoked(self, keys: Mapping[str, float]) -> bool:
        return self._cache.revoked(keys)

    def staleness(self) -> float:
        return 0.0

    def subscribe(self, listener: Listener) -> None:
        self._cache.subscribe(listener)

    def unsubscribe(self, listener: Listener) -> None:
        self._cache.unsubscribe(listener)
