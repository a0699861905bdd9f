"""All open connections of one application: their number is limited, their timeouts are checked, and they all end when
the application stops."""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterator
from typing import Protocol

from starlette.types import Receive, Scope, Send

from pyview.auth.audit import AuditEvent, audit_of
from pyview.background.periodic import PeriodicChecks
from pyview.config import SecurityConfig
from pyview.transport.close_codes import POLICY, RESTART, CloseReason
from pyview.transport.limits import ClientGroup, Quotas

logger = logging.getLogger("pyview")

_LONGEST_PERIOD = 1.0
_SHORTEST_PERIOD = 0.01
_HTTP_RESPONSE = "websocket.http.response"  # ASGI extension: answer a handshake with an HTTP status


class OpenConnection(Protocol):
    """An open connection of a browser, by WebSocket or by long poll."""

    async def run(self) -> None: ...
    def check_timeouts(self, now: float) -> None: ...
    def end(self, reason: CloseReason) -> None: ...


class ConnectionMonitor:
    """Open connections, oldest first, whose timeouts are checked about once a second.

    `period` is the time between two checks in seconds.
    """

    def __init__(self, periodic: PeriodicChecks, period: float = _LONGEST_PERIOD) -> None:
        self._periodic = periodic
        self._period = period
        self._open: dict[OpenConnection, None] = {}

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[OpenConnection]:
        # A copy: connections open and close while they are looked at.
        return iter(tuple(self._open))

    def add(self, connection: OpenConnection) -> None:
        if not self._open:
            self._periodic.add(self._check, self._period)
        self._open[connection] = None

    def remove(self, connection: OpenConnection) -> None:
        """Forget `connection`. An unknown connection is ignored."""
        self._open.pop(connection, None)
        if not self._open:
            self._periodic.remove(self._check)

    def _check(self) -> None:
        now = asyncio.get_running_loop().time()
        for connection in self:
            try:
                connection.check_timeouts(now)
            except Exception:
                logger.exception("checking the timeouts of a connection failed")


class OpenConnections:
    """Serves the connections of one application. `monitor` lists those that are open."""

    def __init__(self, limits: SecurityConfig, periodic: PeriodicChecks) -> None:
        shortest = min(limits.join_timeout, limits.idle_timeout, limits.flood_timeout, limits.socket_max_age)
        # A quarter of the shortest timeout, so that none is noticed much later.
        period = min(_LONGEST_PERIOD, max(_SHORTEST_PERIOD, shortest / 4))
        self.monitor = ConnectionMonitor(periodic, period)
        self.quotas = Quotas("sockets", limits.max_sockets_per_session, limits.max_sockets_per_address)
        self._limits = limits
        self._draining = False

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

    async def drain(self, views: Callable[[], Collection[object]]) -> None:
        """Close every connection with 1012. Wait until all connections and `views` have ended, so that each
        `disconnect` has run, and for `drain_timeout` seconds at most."""
        self._draining = True  # clients reconnect at once; they have to reach another worker
        seconds = self._limits.drain_timeout
        try:
            for connection in self.monitor:
                connection.end(CloseReason(RESTART, "the server stops"))
            async with asyncio.timeout(seconds):
                while self.monitor or views():  # noqa: ASYNC110  only at shutdown
                    await asyncio.sleep(0.01)
        except TimeoutError:
            logger.warning(
                "after %g s %d sockets and %d views are left", seconds, len(self.monitor), len(views())
            )
        finally:
            self._draining = False

    def _refusal(self, scope: Scope, group: ClientGroup) -> int | None:
        """Return the HTTP status that refuses a handshake, None for one that may go on."""
        if self._draining:
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
