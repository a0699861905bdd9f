"""One connection's send queue.

A frame goes out in the caller's own turn as long as the network takes it. When it does not, frames wait here, bounded
in number and bytes; views are told by `congested` to put off their updates, and by `when_writable` when to render.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, cast

from starlette.types import Send

from pyview.config import SecurityConfig
from pyview.process.tasks import start_plain

logger = logging.getLogger("pyview")


class SendQueue:
    """`overloaded` is called once, when the browser has stopped reading for too long or too much waits."""

    __slots__ = (
        "_bytes",
        "_closed",
        "_frames",
        "_limits",
        "_overloaded",
        "_room",
        "_send",
        "_stall",
        "_task",
        "_writable",
    )

    def __init__(self, send: Send, limits: SecurityConfig, overloaded: Callable[[], None]) -> None:
        self._send = cast("Callable[[Any], Coroutine[Any, Any, None]]", send)
        self._limits = limits
        self._overloaded = overloaded
        self._frames: deque[str] | None = None
        self._bytes = 0
        self._task: asyncio.Task[None] | None = None
        self._stall: asyncio.TimerHandle | None = None
        self._writable: list[Callable[[], None]] | None = None
        self._room: asyncio.Event | None = None
        self._closed = False

    @property
    def is_full(self) -> bool:
        """True while a frame waits for the network."""
        return self._task is not None

    def put(self, frame: str) -> None:
        """Send `frame` after all that were put before it."""
        if self._closed:
            return
        if self._task is None:
            self._start(frame)
        else:
            self._queue(frame)

    def when_writable(self, call: Callable[[], None]) -> None:
        """Call back once, when nothing waits any more."""
        if self._task is None:
            call()
        elif self._writable is None:
            self._writable = [call]
        else:
            self._writable.append(call)

    async def wait_writable(self) -> None:
        """Wait until the browser has taken what waits: who does not read is not read from."""
        if self._frames:
            self._room = asyncio.Event()
            await self._room.wait()

    def close(self) -> None:
        """Drop what waits; later frames go nowhere. Nothing of the server or of the connection is held any longer."""
        self._closed = True
        self._send, self._overloaded = _nowhere, _nothing
        if self._task is not None:
            self._task.cancel()
        self._settle()

    async def flush(self) -> None:
        """Wait until every frame is sent, for a close frame to follow."""
        while self._task is not None:
            await asyncio.wait([self._task])
            await asyncio.sleep(0)

    def _start(self, frame: str) -> bool:
        """Send a frame; whether it has to wait for the network."""
        try:
            task = start_plain(self._send({"type": "websocket.send", "text": frame}))
        except Exception:
            # Each server has its own way to say that the browser has gone; the reader learns it from its own side.
            self._closed = True
            return False
        if task is not None:
            self._task = task
            self._stall = asyncio.get_running_loop().call_later(self._limits.stall_timeout, self._stalled)
            task.add_done_callback(self._written)
        return task is not None

    def _queue(self, frame: str) -> None:
        if self._frames is None:
            self._frames = deque()
        self._frames.append(frame)
        self._bytes += len(frame)
        if len(self._frames) > self._limits.max_queued_frames or self._bytes > self._limits.max_queued_bytes:
            self._overloaded()

    def _written(self, task: asyncio.Task[None]) -> None:
        self._cancel_stall()
        self._task = None
        if task.cancelled() or task.exception() is not None:
            self._closed = True
        while self._frames and not self._closed:
            frame = self._frames.popleft()
            self._bytes -= len(frame)
            if self._start(frame):
                return
        self._settle()

    def _cancel_stall(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None

    def _settle(self) -> None:
        self._cancel_stall()
        self._frames = None
        self._bytes = 0
        if self._room is not None:
            self._room.set()
        calls, self._writable = self._writable, None
        for call in calls or ():
            call()

    def _stalled(self) -> None:
        logger.warning("a browser has not read for %s s; its socket is closed", self._limits.stall_timeout)
        self._overloaded()


async def _nowhere(message: Any) -> None:
    """Where a closed outbox sends."""


def _nothing() -> None:
    """Nobody reads any more, so nobody reads too slowly."""
