"""Frames on their way to one browser.

A frame is sent in the caller's own turn as long as the network takes it. Otherwise it waits here, and the queue is
limited in number and bytes. Views see `is_full` and do not render; `when_writable` makes them render the newest state
once the browser has caught up.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from starlette.types import Send

from pyview.config import SecurityConfig
from pyview.process.tasks import start_plain

logger = logging.getLogger("pyview")

_HELD_FRAMES: Final = 16
_HELD_BYTES: Final = 4096
"""Bytes up to which a frame is held. For a longer one, the kernel's work is mostly the copy."""


class SendQueue:
    """Send queue of one connection.

    `overloaded` is called once: when the browser has not read for too long, or when too much waits. `write`, if the
    server offers that, sends a frame by a plain call; it returns False if the network does not take it at once.
    `write_all` does the same with several frames, by one call of the kernel.
    """

    __slots__ = (
        "_bytes",
        "_closed",
        "_empty",
        "_frames",
        "_held",
        "_limits",
        "_overloaded",
        "_send",
        "_stall",
        "_task",
        "_writable",
        "_write",
        "_write_all",
        "is_full",
    )

    def __init__(
        self,
        send: Send,
        limits: SecurityConfig,
        overloaded: Callable[[], None],
        write: Callable[[bytes], bool] | None = None,
        write_all: Callable[[list[bytes]], bool] | None = None,
    ) -> None:
        self._send = send
        self._write = write
        self._write_all = write_all
        self._held: list[bytes] | None = None
        self._limits = limits
        self._overloaded = overloaded
        # Containers are made when they are first needed: most connections never have to wait.
        self._frames: deque[bytes] | None = None
        self._bytes = 0
        self._task: asyncio.Task[None] | None = None
        self._stall: asyncio.TimerHandle | None = None
        self._writable: list[Callable[[], None]] | None = None
        self._empty: asyncio.Event | None = None
        self._closed = False
        # An attribute, because each delivery of a broadcast reads it.
        self.is_full = False
        """True while a frame waits for the network."""

    def put(self, frame: bytes) -> None:
        """Send a text frame, as UTF-8, after all earlier ones."""
        held = self._held
        if held is not None:
            if len(frame) <= _HELD_BYTES:
                held.append(frame)
                self._release()
                return
            self._release()
        if not self.is_full and self._write is not None and self._write(frame):
            return
        if self._closed:
            return
        if not self.is_full:
            self._start(frame)
            return
        if self._frames is None:
            self._frames = deque()
        self._frames.append(frame)
        self._bytes += len(frame)
        if len(self._frames) > self._limits.max_queued_frames or self._bytes > self._limits.max_queued_bytes:
            self._overloaded()

    def hold(self, frame: bytes) -> None:
        """Send a text frame together with the next one, and at the latest in the next turn of the event loop.

        For a sender that is about to send more: the kernel takes longer for a frame than all of Python does, and hardly
        longer for two of them at once.
        """
        if self.is_full or self._write_all is None or len(frame) > _HELD_BYTES:
            self.put(frame)
        elif self._held is None:
            self._held = [frame]
            asyncio.get_running_loop().call_soon(self._release)
        elif len(self._held) < _HELD_FRAMES:
            self._held.append(frame)
        else:
            self.put(frame)

    def _release(self) -> None:
        frames, self._held = self._held, None
        if frames is None or (self._write_all is not None and self._write_all(frames)):
            return
        for frame in frames:
            self.put(frame)

    def when_writable(self, call: Callable[[], None]) -> None:
        """Call `call` once, as soon as no frame waits."""
        if self._task is None:
            call()
        elif self._writable is None:
            self._writable = [call]
        else:
            self._writable.append(call)

    async def wait_writable(self) -> None:
        """Wait until the browser has taken the queued frames: no frames are read from a browser that does not read."""
        if self._frames:
            self._empty = asyncio.Event()
            await self._empty.wait()

    async def flush(self) -> None:
        """Wait until every frame is sent, before a close frame follows."""
        self._release()
        while self._task is not None:
            await asyncio.wait([self._task])
            await asyncio.sleep(0)  # `_written` may start the next one

    def close(self) -> None:
        """Drop the queued frames and all later ones, and the references to the server and the connection."""
        self._closed = True
        # They lead to the server and the connection, whose memory is freed at once without them.
        self._send, self._overloaded, self._write, self._write_all = _drop, _nothing, None, None
        self._held = None
        if self._task is not None:
            self._task.cancel()
        self._settle()

    def _start(self, frame: bytes) -> bool:
        """Send a frame by a message of ASGI. Return True if it has to wait for the network."""
        try:
            # Without a task of its own if the server takes the frame at once, as nearly always.
            task = start_plain(self._send({"type": "websocket.send", "text": frame.decode()}))
        except Exception:
            # Each server has its own exception for a browser that has gone. `receive` reports the disconnect.
            self._lost()
            return False
        if task is not None:
            self._task, self.is_full = task, True
            self._stall = asyncio.get_running_loop().call_later(self._limits.stall_timeout, self._stalled)
            task.add_done_callback(self._written)
        return task is not None

    def _written(self, task: asyncio.Task[None]) -> None:
        self._cancel_stall()
        self._task, self.is_full = None, False
        if task.cancelled() or task.exception() is not None:
            self._lost()
        # Frames may go out at once again; only one that waits gets the next task.
        while self._frames and not self._closed:
            frame = self._frames.popleft()
            self._bytes -= len(frame)
            if self._start(frame):
                return
        self._settle()

    def _lost(self) -> None:
        """Send nothing more: a frame has been lost, and what follows it would be no use."""
        self._closed, self._write, self._write_all = True, None, None

    def _settle(self) -> None:
        self._cancel_stall()
        self._frames = None
        self._bytes = 0
        if self._empty is not None:
            self._empty.set()
        calls, self._writable = self._writable, None
        for call in calls or ():
            call()

    def _cancel_stall(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None

    def _stalled(self) -> None:
        logger.warning("a browser has not read for %s s; its socket is closed", self._limits.stall_timeout)
        self._overloaded()


async def _drop(message: Any) -> None:
    """Drop a message: the connection is closed."""


def _nothing() -> None:
    """Do nothing: a closed connection cannot be overloaded."""
