"""What one worker knows to be revoked, and who wants to hear of it.

The contract between those who sign somebody out and those who have to notice.

One revocation, and what two of one key amount to.

Revocations within one process.
"""

import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Protocol

Listener = Callable[[str], None]


class Revocations(Protocol):
    """What has been revoked, and until when; every worker is told.

    Used on one event loop, between `start` and `close`. Times are Unix times in seconds, by the clock of the
    worker that says them: workers on several hosts need clocks that agree.
    """

    async def start(self) -> None:
        """Raises `StoreUnavailable` when the store cannot be reached; may be called again then."""

    async def close(self) -> None:
        """Forget the listeners and let go of everything."""

    async def revoke(self, key: str, until: float, not_before: float | None = None) -> None:
        """From now until `until`, everything under `key` that was signed in before `not_before` is dead; without
        `not_before`, everything under it.

        `until`: when the last cookie that is to die would have died anyway. Revoking again only ever adds: the
        later `until` and the later `not_before` (none being the latest) hold. Raises `StoreUnavailable` when the
        store did not take it: this worker keeps to it all the same, and writes it as soon as the store is back.
        Raises `ValueError` for times that are no numbers.
        """

    async def revoked(self, keys: Mapping[str, float]) -> bool:
        """Whether any of `keys` is dead for what was signed in at the time given with it. Asks the store itself.

        Raises `StoreUnavailable` when it cannot be asked: refuse then.
        """

    def known_revoked(self, keys: Mapping[str, float]) -> bool:
        """The same, from what this worker knows: never waits, may be a second late.

        What other workers revoke becomes known only while somebody has subscribed; see `behind`.
        """

    def behind(self) -> float:
        """Seconds since what this worker knows was last complete: below 2 while all is well, and `inf` before
        anybody has subscribed."""

    def subscribe(self, listener: Listener) -> None:
        """Call `listener(key)` on this event loop for every revocation by any worker: for one's own at once, for
        others' within a second, and for those missed during an outage when it is over. It must return at once,
        and must not fail. Subscribing twice is the same as once."""

    def unsubscribe(self, listener: Listener) -> None:
        """An unknown listener is ignored."""


@dataclass(frozen=True, slots=True)
class Revocation:
    """`key` is dead until `until`, for what was signed in before `not_before`; None: for everything.

    Unix times in seconds. Raises `ValueError` for an empty key and for times that are no numbers.
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

    def kills(self, signed_in_at: float, now: float) -> bool:
        return self.until > now and self._reaches(signed_in_at)

    def _reaches(self, signed_in_at: float) -> bool:
        # The other way round, a sign-in time that is no number would escape.
        return self.not_before is None or not signed_in_at >= self.not_before

    def merged(self, other: "Revocation") -> "Revocation":
        """Both: never kills less than either of them did."""
        return Revocation(self.key, max(self.until, other.until), _later(self.not_before, other.not_before))

    def joined(self, earlier: "Revocation | None", now: float) -> "Revocation":
        """What is to be kept at `now` where `earlier` was kept: what is over no longer counts."""
        return self if earlier is None or earlier.until <= now else earlier.merged(self)


def _later(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else max(one, other)


logger = logging.getLogger("pyview.security")


class RevocationCache:
    """Revocations that have not yet expired. `clock`: Unix time in seconds, when reading."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._known: dict[str, Revocation] = {}
        self._expiring: list[tuple[float, str]] = []
        self._listeners: dict[Listener, None] = {}

    def __iter__(self) -> Iterator[Revocation]:
        self._forget_expired()
        return iter(tuple(self._known.values()))

    def __len__(self) -> int:
        return len(self._known)

    @property
    def heard(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners)

    def revoked(self, keys: Mapping[str, float]) -> bool:
        known = self._known
        for key, signed_in_at in keys.items():
            revocation = known.get(key)
            if revocation is not None and revocation.kills(signed_in_at, self._clock()):
                return True
        return False

    def add(self, revocation: Revocation) -> None:
        """Learn it, and tell the listeners unless it says nothing new."""
        self._forget_expired()
        now, known = self._clock(), self._known.get(revocation.key)
        merged = revocation.joined(known, now)
        if merged == known or revocation.until <= now:
            return
        self._known[merged.key] = merged
        heappush(self._expiring, (merged.until, merged.key))
        self._tell(merged.key)

    def subscribe(self, listener: Listener) -> None:
        self._listeners[listener] = None

    def unsubscribe(self, listener: Listener) -> None:
        self._listeners.pop(listener, None)

    def deafen(self) -> None:
        self._listeners.clear()

    def _tell(self, key: str) -> None:
        # A copy: a listener may leave, or bring another, while it is told.
        for listener in tuple(self._listeners):
            try:
                listener(key)
            except Exception:
                logger.exception("A listener failed on a revocation; the others are told all the same")

    def _forget_expired(self) -> None:
        now = self._clock()
        while self._expiring and self._expiring[0][0] <= now:
            _, key = heappop(self._expiring)
            known = self._known.get(key)
            if known is not None and known.until <= now:
                del self._known[key]


class MemoryRevocations:
    """Known to this worker alone, and forgotten with it. `clock`: Unix time in seconds, when reading."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._replica = RevocationCache(clock)

    async def start(self) -> None:
        """Nothing to reach."""

    async def close(self) -> None:
        self._replica.deafen()

    async def revoke(self, key: str, until: float, not_before: float | None = None) -> None:
        self._replica.add(Revocation(key, until, not_before))

    async def revoked(self, keys: Mapping[str, float]) -> bool:
        return self._replica.revoked(keys)

    def known_revoked(self, keys: Mapping[str, float]) -> bool:
        return self._replica.revoked(keys)

    def behind(self) -> float:
        return 0.0

    def subscribe(self, listener: Listener) -> None:
        self._replica.subscribe(listener)

    def unsubscribe(self, listener: Listener) -> None:
        self._replica.unsubscribe(listener)
