"""Limits for handlers that go on after their page has left: how many, and for how long.

A handler that is cancelled half way leaves half of its work: money is taken, and no booking is made. So it may end by
itself, within a time limit of `SecurityConfig`. A client that opens pages only to leave them has a limited number of
such handlers.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from pyview.config import SecurityConfig

_SHORTEST = 0.5
"""Seconds for a handler while there are too many of them."""

_SHARE = 0.8
"""Share of `drain_timeout` for handlers when the server stops; the rest is for `disconnect`."""


class Endable(Protocol):
    """Process of a view that has ended, except for its handler."""

    @property
    def client(self) -> str: ...
    def cut_off(self, seconds: float) -> None: ...


class Unfinished:
    """Handlers of one application whose views have ended."""

    def __init__(self, limits: SecurityConfig) -> None:
        self._limits = limits
        self._clients: dict[Endable, str] = {}
        self._timers: dict[Endable, asyncio.TimerHandle] = {}
        self._counts: dict[str, int] = {}
        self._stops_at: float | None = None

    def __len__(self) -> int:
        return len(self._timers)

    def add(self, process: Endable) -> None:
        """Let the handler of `process` go on for its time limit, then cut it off."""
        client = process.client
        seconds = self._seconds(client)
        self._clients[process] = client
        self._counts[client] = self._counts.get(client, 0) + 1
        self._arm(process, seconds)

    def discard(self, process: Endable) -> None:
        """Forget a process whose handler has ended; an unknown one is ignored."""
        timer = self._timers.pop(process, None)
        if timer is None:
            return
        timer.cancel()
        client = self._clients.pop(process)
        self._counts[client] -= 1
        if not self._counts[client]:
            del self._counts[client]

    @contextmanager
    def hurried(self) -> Iterator[None]:
        """Context of a server that stops: all handlers get a share of `drain_timeout`, and no more."""
        self._stop_in(self._limits.drain_timeout * _SHARE)
        try:
            yield
        finally:
            self._stops_at = None

    def hurry(self) -> None:
        """Give all handlers the shortest time: the server has been asked again to stop."""
        self._stop_in(min(_SHORTEST, self._limits.drain_timeout * _SHARE))

    @property
    def stops_at(self) -> float | None:
        """Loop time at which all handlers are cut off, None while the server does not stop."""
        return self._stops_at

    def _stop_in(self, seconds: float) -> None:
        self._stops_at = asyncio.get_running_loop().time() + seconds
        for process, timer in tuple(self._timers.items()):
            if timer.when() > self._stops_at:
                timer.cancel()
                self._arm(process, seconds)

    def _arm(self, process: Endable, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._timers[process] = loop.call_later(seconds, process.cut_off, seconds)

    def _seconds(self, client: str) -> float:
        if self._stops_at is not None:
            return max(0.0, self._stops_at - asyncio.get_running_loop().time())
        limits = self._limits
        crowded = (
            len(self._timers) >= limits.max_unfinished_handlers
            or self._counts.get(client, 0) >= limits.max_unfinished_handlers_per_address
        )
        return min(_SHORTEST, limits.handler_grace) if crowded else limits.handler_grace
