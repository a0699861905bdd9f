"""A connection between two workers of one host: frames over a Unix socket, and a bounded queue of those to send."""

import asyncio
import logging
import struct
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from enum import IntEnum
from typing import Final, Protocol, cast

logger = logging.getLogger("pyview")

MAX_FRAME: Final = 16 * 1024 * 1024
MAX_GREETING: Final = 1024  # before it, another process is not known to be a worker
MAX_QUEUED_FRAMES: Final = 10_000
MAX_QUEUED_BYTES: Final = 32 * 1024 * 1024
LOG_PAUSE: Final = 60.0  # seconds between two log lines about one slow worker
CROWDED: Final = 1000  # frames from which a publisher gives the connection a turn of the event loop

_HEADER: Final = struct.Struct(">IB")
_BATCH_FRAMES: Final = 64
_BATCH_BYTES: Final = 64 * 1024

GiveWay = Callable[[], Awaitable[None]]


class FrameKind(IntEnum):
    """The kinds of frames."""

    GREETING = 1
    FORGET_TOPICS = 2
    SUBSCRIBE = 3
    UNSUBSCRIBE = 4
    MESSAGE = 5
    MISSED = 6


class InvalidFrame(ValueError):
    """A frame that no worker of this version sends."""


class Receiver(Protocol):
    """Gets the frames and the end of a connection."""

    def frame_received(self, connection: "WorkerConnection", kind: int, payload: bytes) -> GiveWay | None:
        """Handle a frame. Return a function to await before the next one. Raises `InvalidFrame`."""

    def frame_refused(self, connection: "WorkerConnection", error: InvalidFrame) -> None:
        """Log why the connection is closed."""

    def caught_up(self, connection: "WorkerConnection", seconds: float) -> None:
        """Repair the state of the other worker: frames of that many seconds were left out."""

    def connection_ended(self, connection: "WorkerConnection") -> None:
        """Forget the connection."""


def frame(kind: FrameKind, payload: bytes) -> bytes:
    """Return a frame. Raises `ValueError` for one that no worker reads."""
    if len(payload) > MAX_FRAME:
        raise ValueError(
            f"a message to other workers has {len(payload)} bytes, {MAX_FRAME} at most are possible"
        )
    return _HEADER.pack(len(payload), kind) + payload


class WorkerConnection(asyncio.Protocol):
    """One end of a connection. `dialed` is the id of the worker that was called, None at the end that was called.

    `send` never waits. If the other worker reads too slowly, the queue fills; frames that find no place are left out
    until it is empty, and then `receiver` repairs the state of the other worker.
    """

    def __init__(self, receiver: Receiver, dialed: str | None = None) -> None:
        self.dialed = dialed
        self.peer_id = ""
        self._receiver = receiver
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._giving_way: asyncio.Task[None] | None = None
        self._queue: deque[bytes] = deque()
        self._queued_bytes = 0
        self._paused = False
        self._flush_scheduled = False
        self._full_since: float | None = None
        self._quiet_until = 0.0
        self.ended = asyncio.Event()

    @property
    def crowded(self) -> bool:
        """True if many frames wait that a turn of the event loop may send."""
        return self._full_since is None and len(self._queue) > CROWDED

    # Sending

    def send(self, data: bytes) -> None:
        """Queue a frame, or leave it out if the queue is full."""
        if self._full_since is not None:
            return
        if len(self._queue) >= MAX_QUEUED_FRAMES or self._queued_bytes + len(data) > MAX_QUEUED_BYTES:
            self._start_leaving_out()
            return
        self._queue.append(data)
        self._queued_bytes += len(data)
        if len(self._queue) >= _BATCH_FRAMES:
            self._flush()
        elif not self._flush_scheduled:
            # One system call for all frames of this turn of the event loop.
            self._flush_scheduled = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _start_leaving_out(self) -> None:
        now = self._full_since = time.monotonic()
        if now < self._quiet_until:
            return
        self._quiet_until = now + LOG_PAUSE
        logger.warning(
            "another worker of this host (%s) reads too slowly: %d messages wait for it; further ones are lost for it "
            "until it has read these",
            self.peer_id,
            len(self._queue),
        )

    def _flush(self) -> None:
        self._flush_scheduled = False
        while self._queue and not self._paused and self._transport is not None:
            self._transport.write(self._next_batch())  # may call `pause_writing`
        if not self._queue and self._full_since is not None:
            seconds, self._full_since = time.monotonic() - self._full_since, None
            self._receiver.caught_up(self, seconds)

    def _next_batch(self) -> bytes:
        batch, size = [], 0
        while self._queue and size < _BATCH_BYTES:
            batch.append(self._queue.popleft())
            size += len(batch[-1])
        self._queued_bytes -= size
        return b"".join(batch)

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._flush()

    # Receiving

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # A stream socket has a transport for both directions; that of uvloop is no subclass of asyncio's.
        self._transport = cast(asyncio.Transport, transport)
        self._flush()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._giving_way is None:
            self._take_frames()

    def _take_frames(self) -> None:
        try:
            for kind, payload in self._frames():
                give_way = self._receiver.frame_received(self, kind, payload)
                if give_way is not None:
                    self._stop_reading(give_way)
                    return
        except InvalidFrame as error:
            self._receiver.frame_refused(self, error)
            self.abort()

    def _frames(self) -> Iterator[tuple[int, bytes]]:
        while len(self._received) >= _HEADER.size and not self.ended.is_set():
            size, kind = _HEADER.unpack_from(self._received)
            largest = MAX_FRAME if self.peer_id else MAX_GREETING
            if size > largest:
                raise InvalidFrame(f"a frame of {size} bytes was announced, {largest} at most are possible")
            end = _HEADER.size + size
            if len(self._received) < end:
                return
            payload = bytes(self._received[_HEADER.size : end])
            del self._received[:end]
            yield kind, payload

    def _stop_reading(self, give_way: GiveWay) -> None:
        """Let views with a long queue run, and read on. Meanwhile the other worker queues its frames."""
        if self._transport is not None:
            self._transport.pause_reading()
        self._giving_way = asyncio.get_running_loop().create_task(self._read_after(give_way))

    async def _read_after(self, give_way: GiveWay) -> None:
        try:
            await give_way()
        except Exception:
            logger.exception("waiting for the views that receive a broadcast failed")
        self._giving_way = None
        if self._transport is not None:
            self._transport.resume_reading()
            self._take_frames()

    # End

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._queue.clear()
        self._queued_bytes = 0
        if self._giving_way is not None:
            self._giving_way.cancel()
        self.ended.set()
        self._receiver.connection_ended(self)

    def close(self) -> None:
        """Send what is queued, and close. `ended` is set when the other worker has read it."""
        if self._transport is not None and not self._transport.is_closing():
            while self._queue:
                self._transport.write(self._next_batch())
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()
