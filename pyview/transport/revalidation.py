"""The connections that somebody is signed in on: who has to be asked again, and whom a revocation concerns."""

import asyncio
import time
from collections.abc import Awaitable, Mapping
from typing import Protocol

from pyview.stores.revocations import Revocations

ALL = "all"


class MonitoredConnection(Protocol):
    """A connection with a guarded view."""

    @property
    def checked_at(self) -> float: ...
    @property
    def ends_at(self) -> float: ...
    async def recheck(self) -> None: ...


class IdentityMonitor:
    """Hears of revocations at once, and patrols: every connection is asked again each `interval` seconds, and when
    its session ends by itself.

    One timer for all of them, and only while there are any.
    """

    def __init__(self, revocations: Revocations, interval: float, period: float = 1.0) -> None:
        self._revocations = revocations
        self._interval = interval
        self._beat = min(period, interval)
        self._keys: dict[MonitoredConnection, tuple[str, ...]] = {}
        self._by_key: dict[str, set[MonitoredConnection]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._checks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, connection: MonitoredConnection, keys: Mapping[str, float]) -> None:
        """Watch over `connection`; a revocation of any of `keys` concerns it, for what holds since the time given with
        it. Adding again changes nothing."""
        if connection in self._keys:
            return
        if not self._keys:
            self._begin()
        named = self._keys[connection] = (*keys, ALL)
        for key in named:
            self._by_key.setdefault(key, set()).add(connection)
        # Told while somebody still asked who is there: nobody listened for this connection then.
        if self._revocations.known_revoked(keys):
            self._start(connection.recheck())

    def remove(self, connection: MonitoredConnection) -> None:
        """An unknown connection is ignored."""
        for key in self._keys.pop(connection, ()):
            concerned = self._by_key[key]
            concerned.discard(connection)
            if not concerned:
                del self._by_key[key]
        if not self._keys:
            self._end()

    def _begin(self) -> None:
        self._revocations.subscribe(self._revoked)
        self._arm()

    def _end(self) -> None:
        self._revocations.unsubscribe(self._revoked)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._beat, self._patrol)

    def _patrol(self) -> None:
        now = time.time()
        due = asyncio.get_running_loop().time() - self._interval
        for connection in tuple(self._keys):
            if connection.checked_at <= due or connection.ends_at <= now:
                self._start(connection.recheck())
        self._arm()

    def _revoked(self, key: str) -> None:
        for connection in tuple(self._by_key.get(key, ())):
            self._start(connection.recheck())

    def _start(self, check: Awaitable[None]) -> None:
        task = asyncio.ensure_future(check)
        self._checks.add(task)
        task.add_done_callback(self._checks.discard)
