"""All open connections of one application: their number is limited, and their timeouts are checked."""

import asyncio
import logging
import math
from collections.abc import Callable, Iterator
from typing import Protocol

from starlette.types import Receive, Scope, Send

from pyview.auth.audit import AuditEvent, audit_of
from pyview.background.periodic import PeriodicChecks
from pyview.config import SecurityConfig
from pyview.observability.refused_handshakes import note_refused
from pyview.transport.close_codes import POLICY, CloseReason
from pyview.transport.limits import ClientGroup, Quotas
from pyview.transport.shared_counts import SharedCounts

logger = logging.getLogger("pyview")

_LONGEST_PERIOD = 1.0
_SHORTEST_PERIOD = 0.01
_LONGEST_PAUSE = 60.0  # seconds between two checks of a connection without timeouts
_HTTP_RESPONSE = "websocket.http.response"  # ASGI extension: answer a handshake with an HTTP status


class OpenConnection(Protocol):
    """An open connection of a browser, by WebSocket or by long poll.

    `check_timeouts` returns the loop time at which it should be called again.
    """

    @property
    def busy(self) -> bool: ...
    @property
    def unsaved(self) -> bool: ...
    async def keep(self) -> None: ...
    async def run(self) -> None: ...
    def check_timeouts(self, now: float) -> float: ...
    def ask_to_reconnect(self) -> bool: ...
    def end(self, reason: CloseReason) -> None: ...


class ConnectionMonitor:
    """Open connections, oldest first. The timeouts of each are checked when one may have expired.

    Most connections are idle most of the time. So those that are due in the same `period` of seconds share a slot, and
    a check looks at the slots that are due, not at every connection.
    """

    def __init__(self, periodic: PeriodicChecks, period: float = _LONGEST_PERIOD) -> None:
        self._periodic = periodic
        self._period = period
        self._open: dict[OpenConnection, int] = {}
        self._slots: dict[int, dict[OpenConnection, None]] = {}

    def __len__(self) -> int:
        return len(self._open)

    def __contains__(self, connection: OpenConnection) -> bool:
        return connection in self._open

    def __iter__(self) -> Iterator[OpenConnection]:
        # A copy: connections open and close while they are looked at.
        return iter(tuple(self._open))

    def add(self, connection: OpenConnection) -> None:
        if not self._open:
            self._periodic.add(self._check, self._period)
        self._file(connection, 0.0)

    def remove(self, connection: OpenConnection) -> None:
        """Forget `connection`. An unknown connection is ignored."""
        slot = self._open.pop(connection, None)
        if slot is None:
            return
        filed = self._slots[slot]
        del filed[connection]
        if not filed:
            del self._slots[slot]
        if not self._open:
            self._periodic.remove(self._check)

    def _file(self, connection: OpenConnection, due: float) -> None:
        """File `connection` in the slot of the loop time `due`."""
        slot = math.ceil(due / self._period)
        self._open[connection] = slot
        self._slots.setdefault(slot, {})[connection] = None

    def _check(self) -> None:
        now = asyncio.get_running_loop().time()
        current = math.floor(now / self._period)
        for slot in [slot for slot in self._slots if slot <= current]:
            for connection in tuple(self._slots.get(slot, ())):
                # A check above may have closed this one.
                if self._open.get(connection) == slot:
                    self._check_one(connection, slot, now)

    def _check_one(self, connection: OpenConnection, slot: int, now: float) -> None:
        due = now
        try:
            due = connection.check_timeouts(now)
        except Exception:
            logger.exception("checking the timeouts of a connection failed")
        if connection in self._open:
            del self._slots[slot][connection]
            if not self._slots[slot]:
                del self._slots[slot]
            # Never in a slot that has been looked at: a connection that closes is checked until it is gone.
            self._file(connection, min(max(due, now + self._period), now + _LONGEST_PAUSE))


class OpenConnections:
    """Serves the connections of one application. `monitor` lists those that are open.

    `refusing`: the application stops, and no connection is accepted any more. `shared`: the counts of other workers.
    """

    def __init__(
        self, limits: SecurityConfig, periodic: PeriodicChecks, shared: SharedCounts | None = None
    ) -> None:
        shortest = min(limits.join_timeout, limits.idle_timeout, limits.socket_max_age)
        # A quarter of the shortest timeout, so that none is noticed much later.
        period = min(_LONGEST_PERIOD, max(_SHORTEST_PERIOD, shortest / 4))
        self.monitor = ConnectionMonitor(periodic, period)
        per_session, per_address = limits.max_sockets_per_session, limits.max_sockets_per_address
        self.quotas = Quotas("sockets", per_session, per_address, shared)
        self.refusing = False

    async def serve(
        self, connect: Callable[[], OpenConnection], scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Serve the connection that `connect` makes until it closes. Refuse the handshake beyond the limits."""
        group = self.quotas.group_of(scope)
        refusal = self._refusal(scope, group)
        if refusal is not None:
            await refuse_handshake(refusal, scope, receive, send)
            return
        # Counted without an await after the check, so that two handshakes cannot both take the last place.
        connection = connect()
        self.quotas.take(group)
        self.monitor.add(connection)
        try:
            await connection.run()
        finally:
            self.monitor.remove(connection)
            self.quotas.release(group)

    def _refusal(self, scope: Scope, group: ClientGroup) -> int | None:
        """Return the HTTP status that refuses a handshake, None for one that may go on."""
        if self.refusing:
            return 503
        exceeded = self.quotas.exceeded(group)
        if exceeded is None:
            return None
        audit_of(scope).record(AuditEvent.RATE_LIMITED, scope, exceeded)
        return 429


async def refuse_handshake(status: int, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a handshake with an HTTP status. A server without the ASGI extension for that answers 403."""
    await receive()  # websocket.connect
    if _HTTP_RESPONSE not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": POLICY})
        return
    # A browser shows no status of a handshake to scripts. These headers are for proxies and other clients.
    headers = [(b"content-length", b"0"), (b"retry-after", b"10")]
    await send({"type": f"{_HTTP_RESPONSE}.start", "status": status, "headers": headers})
    await send({"type": f"{_HTTP_RESPONSE}.body", "body": b""})
    note_refused()
