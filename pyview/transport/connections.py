"""Every open socket of one application: how many there may be, who looks after them, and how they all end.

All open connections of one application, looked at about once a second.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterator
from typing import Generic, Protocol, TypeVar

from starlette.types import Receive, Scope, Send

from pyview.auth.audit import AuditEvent, audit_of
from pyview.config import SecurityConfig
from pyview.transport.close_codes import RESTART, CloseReason
from pyview.transport.limits import ClientGroup, Quotas

logger = logging.getLogger("pyview")

MonitoredT = TypeVar("MonitoredT")


class ConnectionMonitor(Generic[MonitoredT]):
    """One timer for all connections, and none while there is no connection.

    `beat` is the time between two looks, in seconds.
    """

    def __init__(self, period: float = 1.0) -> None:
        self._beat = period
        self._open: dict[MonitoredT, None] = {}
        self._hooks: list[Callable[[MonitoredT, float], object]] = []
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[MonitoredT]:
        """The open connections, oldest first; they may open and close meanwhile."""
        return iter(tuple(self._open))

    def on_tick(self, hook: Callable[[MonitoredT, float], object]) -> None:
        """Call `hook(connection, now)` for every open connection at every beat; `now` is loop time.

        It runs between two events of the loop, so it must be short. One that raises is logged, and called again at the
        next beat.
        """
        self._hooks.append(hook)

    def add(self, connection: MonitoredT) -> None:
        self._open[connection] = None
        if self._timer is None:
            self._arm()

    def remove(self, connection: MonitoredT) -> None:
        """An unknown connection is ignored."""
        self._open.pop(connection, None)
        if not self._open and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._beat, self._tick)

    def _tick(self) -> None:
        now = asyncio.get_running_loop().time()
        self._arm()
        for hook in self._hooks:
            for connection in self:
                try:
                    hook(connection, now)
                except Exception:
                    logger.exception("a look at an open socket failed")


_LONGEST_BEAT = 1.0
_SHORTEST_BEAT = 0.01
_EXTENSION = "websocket.http.response"


class OpenSocket(Protocol):
    """One browser's socket."""

    async def run(self) -> None: ...
    def sweep(self, now: float) -> None: ...
    def end(self, ending: CloseReason) -> None: ...


class OpenSockets:
    """`sweeper` lists them, and takes further hooks for its beat."""

    def __init__(self, limits: SecurityConfig) -> None:
        self.sweeper: ConnectionMonitor[OpenSocket] = ConnectionMonitor(_beat(limits))
        self.sweeper.on_tick(lambda socket, now: socket.sweep(now))
        self.quotas = Quotas("sockets", limits.max_sockets_per_session, limits.max_sockets_per_address)
        self._limits = limits
        self._draining = False

    async def serve(
        self, connect: Callable[[], OpenSocket], scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Serve the socket that `connect` makes to its end; where there is no room, refuse its handshake."""
        place = self.quotas.place(scope)
        refusal = self._refusal(scope, place)
        if refusal is not None:
            await refuse_handshake(refusal, scope, receive, send)
            return
        socket = connect()
        self.quotas.take(place)
        self.sweeper.add(socket)
        try:
            await socket.run()
        finally:
            self.sweeper.remove(socket)
            self.quotas.free(place)

    async def drain(self, views: Callable[[], Collection[object]]) -> None:
        """End every socket with 1012 and wait, `drain_timeout` seconds at the most, until all sockets and `views` have
        gone, so that each `disconnect` has run."""
        self._draining = True
        try:
            for socket in self.sweeper:
                socket.end(CloseReason(RESTART, "the server stops"))
            async with asyncio.timeout(self._limits.drain_timeout):
                await self._gone(views)
        except TimeoutError:
            seconds = self._limits.drain_timeout
            logger.warning(
                "after %g s %d sockets and %d views are left", seconds, len(self.sweeper), len(views())
            )
        finally:
            self._draining = False

    async def _gone(self, views: Callable[[], Collection[object]]) -> None:
        while self.sweeper or views():  # noqa: ASYNC110  at shutdown, and nowhere else
            await asyncio.sleep(0.01)

    def _refusal(self, scope: Scope, place: ClientGroup) -> int | None:
        """The HTTP status that refuses a handshake."""
        if self._draining:
            return 503
        exceeded = self.quotas.exceeded(place)
        if exceeded is None:
            return None
        audit_of(scope).record(AuditEvent.RATE_LIMITED, scope, exceeded)
        return 429


async def refuse_handshake(status: int, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a handshake with an HTTP status; with 403, which every server can, where it takes no other."""
    await receive()  # websocket.connect
    if _EXTENSION not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [(b"content-length", b"0"), (b"retry-after", b"10")]
    await send({"type": f"{_EXTENSION}.start", "status": status, "headers": headers})
    await send({"type": f"{_EXTENSION}.body", "body": b""})


def _beat(limits: SecurityConfig) -> float:
    """Often enough for the shortest of the time limits, and no oftener than once a second otherwise."""
    shortest = min(limits.join_timeout, limits.idle_timeout, limits.flood_timeout, limits.socket_max_age)
    return min(_LONGEST_BEAT, max(_SHORTEST_BEAT, shortest / 4))
