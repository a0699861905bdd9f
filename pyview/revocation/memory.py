"""Revocations within one process."""

import time
from collections.abc import Callable, Mapping

from pyview.revocation.base import Listener
from pyview.revocation.replica import Replica
from pyview.revocation.revocation import Revocation


class MemoryRevocations:
    """Known to this worker alone, and forgotten with it. `clock`: Unix time in seconds, when reading."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._replica = Replica(clock)

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
