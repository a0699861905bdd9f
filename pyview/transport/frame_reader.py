"""The frames that a browser sends on one connection: their sizes, their rate, and the way to their topics."""

import asyncio
from typing import Any, Final

from starlette.types import Message, Receive, Scope

from pyview.auth.audit import AuditEvent, audit_of
from pyview.config import SecurityConfig
from pyview.transport.channels import Channels
from pyview.transport.close_codes import POLICY, TOO_BIG, CloseReason
from pyview.transport.limits import ConnectionTimeouts, RateLimiter
from pyview.wire.message import Frame, MalformedFrame, decode, decode_binary, decode_head

# The client takes a heartbeat without an answer for a lost connection, even if only its views are slow.
_NEVER_HELD: Final = frozenset({"heartbeat", "goodbye", "phx_leave"})
_SMALL_FRAME: Final = 8 * 1024
"""Characters. Smaller frames are parsed before it is known if their view is busy."""


class Closed(Exception):
    """Closes the connection with `reason`. Its code is never 1000: the client would not reconnect."""

    def __init__(self, reason: CloseReason) -> None:
        super().__init__(reason.text)
        self.reason = reason


class FrameReader:
    """Reads the frames of one connection. It never waits for user code."""

    __slots__ = (
        "_channels",
        "_limits",
        "_rate_limiter",
        "_receive",
        "_scope",
        "_small_frame",
        "_task",
        "_timeouts",
        "admitted",
    )

    def __init__(self, scope: Scope, receive: Receive, limits: SecurityConfig, channels: Channels) -> None:
        self._scope = scope
        self._receive = receive
        self._limits = limits
        self._channels = channels
        self._rate_limiter = RateLimiter(limits.rate, limits.burst)
        self._timeouts = ConnectionTimeouts(limits, self._rate_limiter, asyncio.get_running_loop().time())
        self._small_frame = min(_SMALL_FRAME, limits.max_frame_before_join, limits.max_frame)
        self._task: asyncio.Task[Any] | None = None
        self.admitted = False
        """True once a join has been accepted. Before that, frames have to be small."""

    async def read(self) -> Message:
        """Read until the connection is lost or closed by the browser. Return the last message. Raises `Closed`."""
        self._task = asyncio.current_task()
        receive, acquire, intake = self._receive, self._rate_limiter.acquire, self._channels.intake
        send_queue = self._channels.send_queue
        while True:
            message = await receive()
            if message["type"] != "websocket.receive":
                return message
            try:
                text = message.get("text")
                if text is None:
                    if intake.full:
                        await intake.wait_until_free()
                    self._take_bytes(message["bytes"])
                else:
                    frame = self._frame(text)
                    if intake.full and frame[3] not in _NEVER_HELD:
                        await intake.wait_until_free()
                    if acquire():
                        self._channels.dispatch(frame, text)
                    else:
                        self._refuse(frame, text)
                    del frame
            except MalformedFrame as error:
                raise Closed(CloseReason(POLICY, f"malformed frame: {error}")) from None
            # Drop references so that an idle connection does not keep its last, possibly large, frame.
            del message, text
            if send_queue.is_full:
                await send_queue.wait_writable()

    def take(self, text: str) -> bool:
        """Handle an ordinary frame in the server's own turn. Return False for one that `read` has to handle."""
        if len(text) > self._small_frame or not self._rate_limiter.acquire_unless_refused():
            return False
        try:
            if self._channels.take(text):
                return True
        except asyncio.CancelledError:
            # A handler that cancels itself ends the connection, as it does in `read`.
            if self._task is not None:
                self._task.cancel()
            return True
        self._rate_limiter.give_back()
        return False

    def close(self) -> None:
        """Drop the references to the server and the topics, whose memory is freed at once without them."""
        self._task = None
        del self._receive, self._channels

    def _frame(self, text: str) -> Frame:
        """Read a text frame; a large one without its payload, which may have to wait for its view."""
        if len(text) > self._small_frame:
            self._check_size(text, "max_frame", self._limits.max_frame)
            return decode_head(text)
        return decode(text, self._limits.max_json_depth)

    def _take_bytes(self, data: bytes) -> None:
        self._check_size(data, "max_upload_frame", self._limits.max_upload_frame)
        frame = decode_binary(data)
        if self._is_expected_chunk(frame) or self._rate_limiter.acquire():
            self._channels.receive(frame)
        else:
            self._refuse(frame, "")

    def _check_size(self, data: str | bytes, name: str, limit: int) -> None:
        if not self.admitted and self._limits.max_frame_before_join < limit:
            name, limit = "max_frame_before_join", self._limits.max_frame_before_join
        size = len(
            data if isinstance(data, bytes) or data.isascii() else data.encode("utf-8", "surrogatepass")
        )
        if size > limit:
            text = f"frame of {size} bytes; SecurityConfig({name}={limit}) allows no more"
            raise Closed(CloseReason(TOO_BIG, text))

    def _is_expected_chunk(self, frame: Frame) -> bool:
        """Return True for the next chunk of a file.

        The client sends it after our answer to the last one, so that it needs no rate limit. Nor do the progress
        messages, one for each percent of the file.
        """
        transfer = self._channels.receiving(frame)
        if transfer is None or not transfer.wants(frame.payload):
            return False
        if transfer.percent_with(frame.payload) > transfer.percent_with(b""):
            self._rate_limiter.refund()
        return True

    def _refuse(self, frame: Frame, text: str) -> None:
        # One record for each connection, so that a flood does not fill the audit trail.
        if self._rate_limiter.refused == 1:
            reason = f"more than {self._limits.rate:g} frames/s"
            audit_of(self._scope).record(AuditEvent.RATE_LIMITED, self._scope, reason)
        self._channels.refuse(frame, text, "rate_limited")
        flood = self._timeouts.refused(asyncio.get_running_loop().time())
        if flood is not None:
            raise Closed(flood)

    # Timeouts

    def alive(self) -> None:
        """Count a request as a frame: the browser is there, even if it sends no frame."""
        self._rate_limiter.acquire()

    def expired(self, now: float) -> CloseReason | None:
        """Return the reason to close the connection if a timeout has expired. `now` is a loop time."""
        return self._timeouts.expired(now, admitted=self.admitted, full=self._channels.intake.full)

    def next_check(self, now: float) -> float:
        """Return the loop time at which a timeout may have expired."""
        return self._timeouts.next_check(now, admitted=self.admitted)
