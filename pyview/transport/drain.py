"""The ordered end of a worker: not ready, no new connections, and then its pages, a few at a time.

A page answers its events until its own connection closes. An event that the browser sends while a close frame is on its
way would be lost. So the client is asked to connect again, and closes when it waits for no answer. It reaches another
worker at once: the rate of the drain is the rate at which the others have to join pages.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager

from pyview.process.app_context import AppContext
from pyview.transport.close_codes import RESTART, CloseReason
from pyview.transport.connections import OpenConnection, OpenConnections
from pyview.transport.reconnect import DetachedViews

logger = logging.getLogger("pyview")

_PAUSE = 0.02  # seconds between two batches
_MADE_UP = 4  # times as large as an ordinary batch is the largest one
_SHARE = 0.5
"""Share of `drain_timeout` in which all idle connections close, however many there are."""
_FETCH_TIME = 2.0
"""Seconds for browsers to fetch the last messages of their long polls. One that has gone fetches none."""
_ANSWER_TIME = 1.0
"""Seconds in which a client that was asked to connect again does so. Then its connection is closed."""
_KEEP_TIME = 1.0
"""Seconds to store the states of one batch. A store that takes longer is not waited for again."""
_STOPS = CloseReason(RESTART, "the server stops")


class Pace:
    """Count of the connections that are due, at `rate` a second. `clock` returns seconds.

    A pause that was too long is made up for, but not all at once: a worker that is late has too much to do already.
    """

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._begun = clock()
        self._taken = 0
        self._most = max(1, round(rate * _PAUSE * _MADE_UP))

    def due(self) -> int:
        """Return how many more are due now, at least one."""
        owed = round(self._rate * (self._clock() - self._begun)) - self._taken
        number = min(max(1, owed), self._most)
        self._taken += number
        return number


class Drain:
    """Ends the connections and views of one application when its server stops.

    The context of `forwarding_stopped` answers the long polls that wait for other workers. `unfetched` returns the
    number of long polls whose last messages the browser has not fetched.
    """

    def __init__(
        self,
        connections: OpenConnections,
        detached_views: DetachedViews,
        app_context: Callable[[], AppContext],
        forwarding_stopped: Callable[[], AbstractContextManager[None]],
        unfetched: Callable[[], int],
    ) -> None:
        self._connections = connections
        self._detached_views = detached_views
        self._app_context = app_context
        self._forwarding_stopped = forwarding_stopped
        self._unfetched = unfetched
        self._hurried = asyncio.Event()
        self._early = True
        self._storing = True
        self._stored_twice: set[OpenConnection] = set()
        self._asked: deque[tuple[float, OpenConnection]] = deque()
        """Connections whose clients were asked to connect again, with the loop times at which they close."""
        self._task: asyncio.Task[None] | None = None

    @property
    def begun(self) -> bool:
        return self._task is not None

    @property
    def finished(self) -> bool:
        return self._task is not None and self._task.done()

    @asynccontextmanager
    async def at_end(self) -> AsyncIterator[None]:
        """Context of the worker's life. It is left when everything has ended, and connections may come again."""
        try:
            yield
            await self.begin(early=False)
        finally:
            self._connections.refusing = False

    def begin(self, *, early: bool = True, accepting: bool = False) -> "asyncio.Task[None]":
        """Start to drain, unless that has begun already. The task ends when nothing is open any more.

        `early`: the server has closed no connection yet. `accepting`: it still accepts new ones, so a load balancer
        gets time to stop sending them.
        """
        if self._task is None:
            self._early = early
            app = self._app_context()
            # In development no load balancer has to notice the stop.
            delay = app.security.drain_delay if accepting and not app.development else 0.0
            self._task = asyncio.get_running_loop().create_task(self._run(delay))
        return self._task

    def hurry(self) -> None:
        """Close everything at once. Running handlers have half a second."""
        self._hurried.set()
        self._app_context().unfinished.hurry()

    async def _run(self, delay: float) -> None:
        app = self._app_context()
        await self._sleep(delay)
        # Browsers connect again at once. They have to reach another worker.
        self._connections.refusing = True
        # Other workers list its users until their pages have come back.
        app.presence.hand_over_all()
        seconds = app.security.drain_timeout
        with app.unfinished.hurried(), self._detached_views.closed(), self._forwarding_stopped():
            if self._hurried.is_set():
                app.unfinished.hurry()
            try:
                async with asyncio.timeout(seconds):
                    # The states of detached views, which have just ended.
                    await self._store([app.kept_states.flush])
                    await self._close_connections(app)
                    await self._wait_for_end(app)
                    await self._wait_for_polls()
            except TimeoutError:
                logger.warning(
                    "after %g s %d sockets and %d views are left",
                    seconds,
                    len(self._connections.monitor),
                    len(app.processes),
                )

    async def _close_connections(self, app: AppContext) -> None:
        """Ask the clients to connect again, a few at a time. Close the connections of those that do not."""
        waiting = deque(self._connections.monitor)
        pace = Pace(self._rate(len(waiting), app), asyncio.get_running_loop().time)
        while waiting or self._asked:
            due = pace.due() if self._may_wait(app) else len(waiting)
            batch = [waiting.popleft() for _ in range(min(due, len(waiting)))]
            waiting += await self._ask(batch, app)
            await self._close_asked(app)
            if (waiting or self._asked) and self._may_wait(app):
                await self._sleep(_PAUSE)

    async def _ask(self, batch: Sequence[OpenConnection], app: AppContext) -> list[OpenConnection]:
        """Ask the clients that wait for nothing to connect again. Return the other connections."""
        # A handler that is running answers first, and what it changes is kept as well.
        later = [connection for connection in batch if connection.busy and self._may_wait(app)]
        idle = [connection for connection in batch if connection not in later]
        await self._store([connection.keep for connection in idle])
        for connection in idle:
            if self._may_wait(app) and (connection.busy or self._has_changed(connection)):
                later.append(connection)
                continue
            if self._early and connection.ask_to_reconnect():
                self._asked.append((asyncio.get_running_loop().time() + _ANSWER_TIME, connection))
            else:
                connection.end(_STOPS)
            # The others read what has arrived meanwhile: their events are answered before they close.
            await asyncio.sleep(0)
        return later

    async def _close_asked(self, app: AppContext) -> None:
        """Close the connections of clients that have had time to connect again."""
        now, open_ones = asyncio.get_running_loop().time(), self._connections.monitor
        self._asked = deque(asked for asked in self._asked if asked[1] in open_ones)
        while self._asked and (self._asked[0][0] <= now or not self._may_wait(app)):
            _, connection = self._asked.popleft()
            if connection.busy and self._may_wait(app):
                self._asked.append((now + _PAUSE, connection))
                return
            connection.end(_STOPS)
            await asyncio.sleep(0)

    async def _store(self, writes: Iterable[Callable[[], Awaitable[None]]]) -> None:
        """Wait until states are stored. Pages still answer events meanwhile."""
        if not self._storing:
            return
        try:
            async with asyncio.timeout(_KEEP_TIME):
                await asyncio.gather(*(write() for write in writes), return_exceptions=True)
        except TimeoutError:
            logger.warning("kept states are not stored within %g s; pages close without waiting", _KEEP_TIME)
            self._storing = False

    def _has_changed(self, connection: OpenConnection) -> bool:
        """Return True, once for each connection, if an event has changed a view while its state was stored."""
        if not connection.unsaved or connection in self._stored_twice:
            return False
        self._stored_twice.add(connection)
        return True

    def _rate(self, connections: int, app: AppContext) -> float:
        limits = app.security
        return max(limits.drain_rate, connections / max(limits.drain_timeout * _SHARE, _PAUSE))

    def _may_wait(self, app: AppContext) -> bool:
        stops_at = app.unfinished.stops_at
        late = stops_at is not None and asyncio.get_running_loop().time() >= stops_at
        return not (late or self._hurried.is_set())

    async def _wait_for_end(self, app: AppContext) -> None:
        while self._connections.monitor or app.processes:  # noqa: ASYNC110  only at a stop
            await asyncio.sleep(_PAUSE)

    async def _wait_for_polls(self) -> None:
        for _ in range(round(_FETCH_TIME / _PAUSE)):
            if not self._unfetched() or self._hurried.is_set():
                return
            await asyncio.sleep(_PAUSE)

    async def _sleep(self, seconds: float) -> None:
        """Wait, but not in a hurry."""
        if seconds <= 0:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._hurried.wait()
        except TimeoutError:
            pass
