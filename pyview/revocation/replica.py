"""What one worker knows to be revoked, and who wants to hear of it."""

import logging
from collections.abc import Callable, Iterator, Mapping
from heapq import heappop, heappush

from pyview.revocation.base import Listener
from pyview.revocation.revocation import Revocation

logger = logging.getLogger("pyview.security")


class Replica:
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
