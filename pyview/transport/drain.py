"""The ordered end of a worker: not ready, no new connections, and then its pages, a few at a time.

A page answers its events until its own connection closes. Then its browser connects to another worker at once. So the
rate at which connections close is the rate at which the other workers have to join pages.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from pyview.process.app_context import AppContext
from pyview.transport.close_codes import RESTART, CloseReason
from pyview.transport.connections import OpenConnections
from pyview.transport.reconnect import DetachedViews

logger = logging.getLogger("pyview")

_PAUSE = 0.02  # seconds between two batches
_SHARE = 0.5
"""Share of `drain_timeout` in which all idle connections close, however many there are."""
_FETCH_TIME = 2.0
"""Seconds for browsers to fetch the last messages of their long polls. One that has gone fetches none."""
_STOPS = CloseReason(RESTART, "the server stops")


class Drain:
    """Ends the connections and views of one application when its server stops.

    `unfetched` returns the number of long polls whose last messages the browser has not fetched.
    """

    def __init__(
        self,
        connections: OpenConnections,
        detached_views: DetachedViews,
        app_context: Callable[[], AppContext],
        unfetched: Callable[[], int],
    ) -> None:
        self._connections = connections
        self._detached_views = detached_views
        self._app_context = app_context
        self._unfetched = unfetched
        self._hurried = asyncio.Event()
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
            await self.begin()
        finally:
            self._connections.refusing = False

    def begin(self) -> "asyncio.Task[None]":
        """Start to drain, unless that has begun already. The task ends when nothing is open any more."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())
        return self._task

    def hurry(self) -> None:
        """Close everything at once. Running handlers have half a second."""
        self._hurried.set()
        self._app_context().unfinished.hurry()

    async def _run(self) -> None:
        app = self._app_context()
        if self._connections.monitor:
            await self._sleep(app.security.drain_delay)
        # Browsers connect again at once. They have to reach another worker.
        self._connections.refusing = True
        # Other workers list its users until their pages have come back.
        app.presence.hand_over_all()
        seconds = app.security.drain_timeout
        with app.unfinished.hurried(), self._detached_views.closed():
            try:
                async with asyncio.timeout(seconds):
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
        waiting = deque(self._connections.monitor)
        size = self._batch_size(len(waiting), app)
        while waiting:
            for _ in range(min(size, len(waiting))):
                connection = waiting.popleft()
                # Its handler answers first, and what it changed is kept.
                if connection.busy and self._may_wait(app):
                    waiting.append(connection)
                    continue
                connection.end(_STOPS)
                # Other connections read what has arrived meanwhile: their events are answered before they close.
                await asyncio.sleep(0)
            if self._may_wait(app):
                await self._sleep(_PAUSE)

    def _batch_size(self, connections: int, app: AppContext) -> int:
        limits = app.security
        slowest = connections / max(limits.drain_timeout * _SHARE, _PAUSE)
        return max(1, round(max(limits.drain_rate, slowest) * _PAUSE))

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
