"""Transfer of one file from a browser to its writer: one chunk at a time, at most the declared number of bytes."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

from pyview.observability.error_ids import LogCrash
from pyview.process.mailbox import Handlers, Mailbox
from pyview.process.run_queue import RunQueue
from pyview.threads import on_loop
from pyview.uploads.config import WriterFactory
from pyview.uploads.constraints import UploadConstraints
from pyview.uploads.entry import UploadEntry, UploadRejected
from pyview.uploads.writers import CloseReason, UploadWriter

_CHUNKS_AHEAD = 2
"""Maximum number of waiting chunks. The client sends a chunk when the last one is answered; others fill memory."""

_WRITER_TIMEOUT = 5.0
"""Seconds until a call of a writer is cancelled after its upload has ended."""


class TransferConnection(Protocol):
    """The transfer's end of a connection."""

    def reply(self, ref: str | None, status: str, response: dict[str, Any]) -> None: ...
    def closed(self) -> None: ...
    def crashed(self) -> None: ...
    def hold(self, size: int) -> None: ...
    def release(self, size: int) -> None: ...


class OpenUpload(NamedTuple):
    """Message: the browser has joined the channel of the file."""

    ref: str | None


class Chunk(NamedTuple):
    """Message: the next bytes."""

    ref: str | None
    data: bytes


class End(NamedTuple):
    """Message: the file was cancelled, or the application has `consumed` it."""

    consumed: bool


class Transfer(Mailbox):
    """The `incoming` part of an entry: a mailbox whose messages write the file.

    `permitted()` is called before each chunk is written, because the user may lose access meanwhile. `failed(entry,
    code, reason)` is called once if the file does not arrive; `reason` is that of an `UploadRejected` of the writer.
    `released(self)` is called when the writer has released the file.
    """

    __slots__ = (
        "_connection",
        "_constraints",
        "_failed",
        "_log_crash",
        "_make_writer",
        "_permitted",
        "_released",
        "_state",
        "_timer",
        "_writer",
        "complete",
        "entry",
        "received",
    )

    _writer: UploadWriter

    def __init__(
        self,
        entry: UploadEntry,
        make_writer: WriterFactory,
        constraints: UploadConstraints,
        connection: TransferConnection,
        run_queue: RunQueue,
        permitted: Callable[[], Awaitable[bool]],
        failed: Callable[[UploadEntry, str, str | None], None],
        released: Callable[["Transfer"], None],
        log_crash: LogCrash,
    ) -> None:
        super().__init__(run_queue, _CHUNKS_AHEAD, _HANDLERS)
        self.entry = entry
        self.received = 0
        self.complete = False
        self._make_writer = make_writer
        self._constraints = constraints
        self._connection = connection
        self._permitted = permitted
        self._failed = failed
        self._released = released
        self._log_crash = log_crash
        self._state: Literal["new", "open", "closed"] = "new"
        self._timer: asyncio.TimerHandle | None = None

    # Calls of the connection and the application

    def open(self, ref: str | None) -> None:
        """Open the writer, then answer the join."""
        self.post(OpenUpload(ref))

    def chunk(self, ref: str | None, data: bytes) -> None:
        """Queue bytes from the browser. A browser that does not wait for answers ends its upload."""
        # Before `post`, which may write the chunk at once and then releases its bytes.
        self._connection.hold(len(data))
        self.post(Chunk(ref, data))

    def _dropped(self, messages: Iterable[Any]) -> None:
        for message in messages:
            if type(message) is Chunk:
                self._connection.release(len(message.data))

    def _overflowed(self) -> None:
        self._give_up("upload_failed")

    def wants(self, data: bytes) -> bool:
        """Return True for a chunk of the agreed size, or the last one.

        These are not counted by the rate limit, because our answers set their pace. Smaller chunks are: they would cost
        many answers for few bytes.
        """
        return len(data) == self._constraints.chunk_size or self.received + len(data) == self.entry.size

    def percent_with(self, data: bytes) -> int:
        """Return the progress in percent after these bytes."""
        return (self.received + len(data)) * 100 // max(self.entry.size, 1)

    def abandon(self) -> None:
        """End an incomplete upload, because the browser has left the channel."""
        if not self.complete:
            self._give_up("upload_failed")

    def meta(self) -> Any:
        return self._writer.meta()

    def pin(self, until: float) -> Path | None:
        return self._writer.pin(until) if self.complete else None

    def leave(self) -> None:
        if self.complete:
            self._writer.leave()

    def end(self, *, consumed: bool) -> None:
        """Close the channel, then release the file in the background. May be called in a worker thread."""
        on_loop(self._end, consumed)

    def _end(self, consumed: bool) -> None:
        if not self.ended:
            self._stop()
            self._connection.closed()
            self._end_soon(End(consumed))

    def _give_up(self, code: str) -> None:
        if not self.ended:
            self._stop()
            self._connection.crashed()
            self._failed(self.entry, code, None)
            self._end_soon(End(consumed=False))

    def _end_soon(self, end: End) -> None:
        # The writer may still be writing a chunk, and may be stuck: then cancel that call.
        self._timer = asyncio.get_running_loop().call_later(_WRITER_TIMEOUT, self._interrupt)
        self.post(end)

    def _stop(self) -> None:
        """Accept no more chunks. The chunk that is being written is finished first."""
        self._shut()
        self._stop_timer()

    # Messages

    async def _raised(self, error: BaseException, message: Any) -> None:
        # Suppress only the cancellation of a stuck writer, which is our own (see `_end_soon`).
        task = asyncio.current_task()
        if not isinstance(error, asyncio.CancelledError) or not self.ended or task is None:
            raise error
        task.uncancel()

    async def on_open(self, message: OpenUpload) -> None:
        if not await self._permitted():
            await self._forbid(message.ref)
            return
        try:
            self._writer = self._make_writer(self.entry)
            await self._writer.open()
            self._state = "open"
            # No byte will come that could complete an empty file.
            if self.entry.size == 0:
                await self._complete()
        except Exception as error:
            await self._writer_failed(message.ref, error)
        else:
            self._answer_and_wait(message.ref)

    async def on_chunk(self, message: Chunk) -> None:
        try:
            await self._write(message)
        finally:
            self._connection.release(len(message.data))

    async def _write(self, message: Chunk) -> None:
        received = self.received + len(message.data)
        if not received and self.complete:
            # The client sends one chunk for every file, also for an empty one, which is complete at its join.
            self._answer_and_wait(message.ref)
            return
        if self.complete or received > self.entry.size or len(message.data) > self._constraints.chunk_size:
            await self._refuse(message.ref)
            return
        self._stop_timer()
        if not await self._permitted():
            await self._forbid(message.ref)
            return
        try:
            await self._writer.write_chunk(message.data)
            self.received = received
            if received == self.entry.size:
                await self._complete()
        except Exception as error:
            await self._writer_failed(message.ref, error)
        else:
            self._answer_and_wait(message.ref)

    async def on_end(self, message: End) -> None:
        self._stop_timer()
        await self._close_writer("cancel", consumed=message.consumed)

    async def _complete(self) -> None:
        # Before the last chunk is answered: then the browser reports progress 100, and the file must be complete.
        self._state = "closed"
        await self._writer.close("done")
        self.complete = True

    # Failures

    async def _refuse(self, ref: str | None) -> None:
        """Refuse more bytes than declared. A complete file stays as it is."""
        limit = {"reason": "file_size_limit_exceeded", "limit": self.entry.size}
        self._connection.reply(ref, "error", limit)
        if self.complete:
            self._connection.closed()
        else:
            await self._fail("too_large")

    async def _forbid(self, ref: str | None) -> None:
        """Refuse bytes of a user who may not see the view any more."""
        self._connection.reply(ref, "error", {"reason": "unauthorized"})
        if not self.ended:
            await self._fail("upload_failed")

    async def _writer_failed(self, ref: str | None, error: Exception) -> None:
        reason = error.reason if isinstance(error, UploadRejected) else None
        if reason is None:
            self._log_crash(f"the writer of {self.entry!r}", error)
        self._connection.reply(ref, "error", {"reason": "writer_error"})
        if not self.ended:
            await self._fail("writer_failure", reason)

    async def _fail(self, code: str, reason: str | None = None) -> None:
        self._stop()
        self._connection.closed()
        self._failed(self.entry, code, reason)
        await self._close_writer("error", consumed=False)

    async def _close_writer(self, reason: CloseReason, *, consumed: bool) -> None:
        """Close and release the writer. Its errors are only logged, because the upload has ended already."""
        state, self._state = self._state, "closed"
        try:
            # A stuck writer must not keep the process of the view, which waits for all transfers.
            async with asyncio.timeout(_WRITER_TIMEOUT):
                if state == "open":
                    await self._try_to_close(reason)
                if state != "new":
                    await self._writer.release(consumed=consumed)
        except Exception as error:
            self._log_crash(f"releasing the writer of {self.entry!r}", error)
        finally:
            self._released(self)

    async def _try_to_close(self, reason: CloseReason) -> None:
        try:
            await self._writer.close(reason)
        except Exception as error:
            self._log_crash(f"closing the writer of {self.entry!r}", error)

    # Timeout of the next chunk

    def _answer_and_wait(self, ref: str | None) -> None:
        self._connection.reply(ref, "ok", {})
        if not self.complete and not self.ended:
            # A browser that stops half-way would otherwise keep a slot and an open file.
            timeout = self._constraints.chunk_timeout
            self._timer = asyncio.get_running_loop().call_later(timeout, self._timed_out)

    def _timed_out(self) -> None:
        self._give_up("timed_out")

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


_HANDLERS: Handlers = {OpenUpload: Transfer.on_open, Chunk: Transfer.on_chunk, End: Transfer.on_end}
