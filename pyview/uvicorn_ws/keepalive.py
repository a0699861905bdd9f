"""Pings for all connections of a worker, with one timer."""

import asyncio
import os
from typing import Final, Protocol

from pyview.uvicorn_ws.frames import PING, control_frame

_SLOTS: Final = 16
"""Steps of an interval. A timer of its own for each connection would take 300 bytes of it."""


class Pinged(Protocol):
    """An open connection."""

    def ping(self, frame: bytes) -> None:
        """Send a PING frame."""

    def ping_timed_out(self) -> bool:
        """End the connection, because a ping was not answered. Return False if it was not read for so long."""


Slot = set[Pinged]


class Keepalive:
    """Sends each connection a ping per interval, and ends those that do not answer within the timeout.

    Both are kept to within a sixteenth of the interval. `timeout` is None if answers are not expected.
    """

    def __init__(self, interval: float, timeout: float | None) -> None:
        self._step = interval / _SLOTS
        self._timeout = timeout
        self._slots: list[Slot] = [set() for _ in range(_SLOTS)]
        self._position = 0
        self._unanswered: dict[Pinged, tuple[bytes, float]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        """Loop time of the timer."""

    def add(self, connection: Pinged) -> Slot:
        """Begin to ping a connection, in an interval from now. Return what `remove` needs."""
        slot = self._slots[self._position - 1]
        slot.add(connection)
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._start_timer(loop, loop.time())
        return slot

    def remove(self, connection: Pinged, slot: Slot) -> None:
        """Stop to ping a connection."""
        slot.discard(connection)
        self._unanswered.pop(connection, None)

    def answered(self, connection: Pinged, payload: bytes) -> None:
        """Note a PONG frame. Those that answer no ping, or an earlier one, have no effect."""
        sent = self._unanswered.get(connection)
        if sent is not None and sent[0] == payload:
            del self._unanswered[connection]

    def _start_timer(self, loop: asyncio.AbstractEventLoop, after: float) -> None:
        self._due = after + self._step
        self._timer = loop.call_at(self._due, self._next)

    def _next(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._expire(now)
        self._ping(self._slots[self._position], now)
        self._position = (self._position + 1) % _SLOTS
        if any(self._slots):
            # From when it was due, else the delays of all steps would add up. Steps that were missed are not made up
            # for: after a pause of the process, all connections would get their pings at once.
            self._start_timer(loop, max(self._due, now - self._step))
        else:
            self._timer = None

    def _ping(self, slot: Slot, now: float) -> None:
        payload = os.urandom(4)
        frame = control_frame(PING, payload)
        for connection in [each for each in slot if each not in self._unanswered]:
            connection.ping(frame)
            if self._timeout is not None:
                self._unanswered[connection] = (payload, now + self._timeout)

    def _expire(self, now: float) -> None:
        due = []
        for connection, (payload, deadline) in self._unanswered.items():  # in the order of the deadlines
            if deadline > now:
                break
            due.append((connection, payload))
        for connection, payload in due:
            del self._unanswered[connection]
            if not connection.ping_timed_out() and self._timeout is not None:
                # Again: while nothing is read, only a second write shows that the peer has gone.
                connection.ping(control_frame(PING, payload))
                self._unanswered[connection] = (payload, now + self._timeout)
