"""Monitor of the connections whose views depend on the user: it has them rechecked at revocations and regularly."""

import asyncio
import time
from collections.abc import Mapping
from typing import Protocol

from pyview.background.periodic import PeriodicChecks
from pyview.stores.revocations import Revocations

ALL_SESSIONS = "all"
"""Revocation key of every session."""

_PERIOD = 1.0  # seconds


class MonitoredConnection(Protocol):
    """An open or dropped connection with a guarded view."""

    @property
    def checked_at(self) -> float: ...
    @property
    def ends_at(self) -> float: ...
    async def recheck(self) -> None: ...


class IdentityMonitor:
    """Rechecks a connection when one of its keys is revoked, `recheck_interval` seconds after the last lookup of its
    identity, and when its session expires.

    It is registered for periodic checks, and subscribed to revocations, only while there are connections.
    """

    def __init__(self, revocations: Revocations, recheck_interval: float, periodic: PeriodicChecks) -> None:
        self._revocations = revocations
        self._recheck_interval = recheck_interval
        self._periodic = periodic
        self._keys: dict[MonitoredConnection, tuple[str, ...]] = {}
        self._by_key: dict[str, set[MonitoredConnection]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, connection: MonitoredConnection, keys: Mapping[str, float]) -> None:
        """Monitor `connection`. `keys` are its revocation keys, each with the Unix time since which it is valid.

        Adding a connection again changes nothing.
        """
        if connection in self._keys:
            return
        if not self._keys:
            self._revocations.subscribe(self._revoked)
            self._periodic.add(self._check, min(_PERIOD, self._recheck_interval))
        named = self._keys[connection] = (*keys, ALL_SESSIONS)
        for key in named:
            self._by_key.setdefault(key, set()).add(connection)
        # A revocation may have come while the identity was looked up, when the connection was not monitored yet.
        if self._revocations.known_revoked(keys):
            self._start(connection)

    def remove(self, connection: MonitoredConnection) -> None:
        """Stop monitoring `connection`. An unknown connection is ignored."""
        keys = self._keys.pop(connection, None)
        if keys is None:
            return
        for key in keys:
            connections = self._by_key[key]
            connections.discard(connection)
            if not connections:
                del self._by_key[key]
        if not self._keys:
            self._revocations.unsubscribe(self._revoked)
            self._periodic.remove(self._check)

    def _check(self) -> None:
        now = time.time()
        oldest = asyncio.get_running_loop().time() - self._recheck_interval
        for connection in tuple(self._keys):
            if connection.checked_at <= oldest or connection.ends_at <= now:
                self._start(connection)

    def _revoked(self, key: str) -> None:
        for connection in tuple(self._by_key.get(key, ())):
            self._start(connection)

    def _start(self, connection: MonitoredConnection) -> None:
        task = asyncio.ensure_future(connection.recheck())
        self._tasks.add(task)  # the loop itself holds a weak reference only
        task.add_done_callback(self._tasks.discard)
