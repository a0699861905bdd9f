"""Facts about one worker of an application, for tools of operators such as the dashboard."""

import time
from collections.abc import Callable
from typing import Final

from pyview.observability.error_ids import CrashLog
from pyview.observability.rates import RateHistory
from pyview.process.app_context import AppContext
from pyview.process.measured import Meter
from pyview.shared_services import SharedServices
from pyview.transport.connections import OpenConnections
from pyview.transport.first_views import FirstViews
from pyview.transport.long_poll import LongPoll

EVENTS, BROADCASTS, JOINS, FAILURES, CPU_PERCENT = range(5)
"""Indexes of the totals in `Operations.history`."""

SAMPLE_PERIOD: Final = 1.0  # seconds


class Operations:
    """State and measurements of one worker. It is made for the first tool; without one nothing is measured.

    `app_context` is called when something is read: it is made when all settings are final.
    """

    def __init__(
        self,
        app_context: Callable[[], AppContext],
        connections: OpenConnections,
        long_poll: LongPoll,
        first_views: FirstViews,
        crashes: CrashLog,
        services: SharedServices,
    ) -> None:
        self._app_context = app_context
        self._connections = connections
        self._long_poll = long_poll
        self._services = services
        self._crashes = crashes
        self._started = time.monotonic()
        self.first_views = first_views
        self.workers = services.workers
        self.meter = Meter()
        self.history = RateHistory(self._totals)

    @property
    def app_context(self) -> AppContext:
        return self._app_context()

    @property
    def uptime(self) -> float:
        """Seconds since the application was made."""
        return time.monotonic() - self._started

    @property
    def polls(self) -> int:
        """Number of connections by long poll."""
        return len(self._long_poll) - self._long_poll.unfetched

    @property
    def sockets(self) -> int:
        """Number of connections by WebSocket."""
        return max(0, len(self._connections.monitor) - self.polls)

    @property
    def other_workers(self) -> list[str]:
        """Ids of the other workers of this application that are known now."""
        return self._services.socket_counts.other_workers

    def _totals(self) -> tuple[float, ...]:
        # Seconds of the processor in percent: their rate is the load.
        return (*self.meter.counts, self._crashes.total, 100 * time.process_time())
