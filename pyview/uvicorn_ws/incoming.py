"""Bounded queue of the messages for the application. It makes the peer wait."""

import asyncio
from collections.abc import Callable, MutableMapping
from typing import Any, Final

Message = MutableMapping[str, Any]
TextReceiver = Callable[[str], bool]

_MESSAGES: Final = 32
_BYTES: Final = 64 * 1024


class ReceiverError(Exception):
    """An exception of the function that an application has set to get text messages."""


class Incoming:
    """Messages for the application. While there are too many, the transport does not read."""

    __slots__ = ("_end", "_messages", "_receiver", "_size", "_transport", "_waiter", "paused")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._messages: list[tuple[Message, int]] = [({"type": "websocket.connect"}, 0)]
        self._size = 0
        self._end: Message | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._receiver: TextReceiver | None = None
        self.paused = False

    def set_receiver(self, on_text: TextReceiver | None) -> None:
        """Set the function that gets text messages while the application waits for one."""
        self._receiver = on_text

    def put_text(self, text: str) -> None:
        """Hand a text message to the receiver, or to the application. Raises `ReceiverError`."""
        # The application waits only while nothing is queued, so messages keep their order.
        if self._receiver is not None and self._waiter is not None and not self._waiter.done():
            try:
                if self._receiver(text):
                    return
            except Exception as error:
                # Without this, a UnicodeDecodeError of the application would pass for one of the peer.
                raise ReceiverError from error
        self.put({"type": "websocket.receive", "text": text}, len(text))

    def put(self, message: Message, size: int) -> None:
        """Queue a message of `size` bytes."""
        if self._end is not None:
            return
        self._messages.append((message, size))
        self._size += size
        if not self.paused and (len(self._messages) >= _MESSAGES or self._size >= _BYTES):
            self.paused = True
            self._transport.pause_reading()
        self._wake()

    def end(self, code: int, reason: str | None = None) -> None:
        """Note that the connection has ended. Only the first call counts."""
        if self._end is None:
            self._end = {"type": "websocket.disconnect", "code": code}
            if reason is not None:
                self._end["reason"] = reason
            self._receiver = None
            self._resume()  # so that a CLOSE frame, or the end of the stream, is read
            self._wake()

    def drop(self) -> None:
        """Drop what is queued: the application has closed the connection."""
        self._messages.clear()
        self._size = 0

    async def get(self) -> Message:
        """Return the next message, and after the last one always the disconnect."""
        while not self._messages:
            if self._end is not None:
                return self._end
            await self._wait()
        message, size = self._messages.pop(0)
        self._size -= size
        if self.paused and len(self._messages) <= _MESSAGES // 2 and self._size <= _BYTES // 2:
            self._resume()
        return message

    async def _wait(self) -> None:
        if self._waiter is not None:
            # Another task waits already. Awaiting its future would cancel it with this task.
            await asyncio.wait([self._waiter])
            return
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _resume(self) -> None:
        if self.paused:
            self.paused = False
            self._transport.resume_reading()

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
