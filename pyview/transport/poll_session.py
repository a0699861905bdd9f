"""One long-poll connection: HTTP requests that look like a WebSocket to `WebSocketConnection`.

It has all checks and limits of a WebSocket, because the same class serves both. This module is its network.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from starlette.types import Message, Receive, Scope, Send

from pyview.transport.close_codes import ABNORMAL, GOODBYE
from pyview.transport.websocket import WebSocketConnection

_MAX_WAITING = 64
_MAX_WAITING_BYTES = 256 * 1024
_GOODBYE_TIME = 1.0  # seconds in which the goodbye of a page is still accepted after its last poll broke off


class Polled(Protocol):
    """A long-poll session as its HTTP requests use it, in this worker or in another one."""

    pushing: asyncio.Lock
    ended: asyncio.Event

    @property
    def admitted(self) -> bool: ...
    async def look_up(self) -> None: ...
    async def poll(self, window: float) -> list[str] | None: ...
    async def put(self, frame: str | bytes, window: float) -> bool: ...
    def lose(self) -> None: ...
    def leave(self) -> None: ...


class PollInbox:
    """Frames that the browser has sent and the connection has not read: limited in number and bytes.

    `put` waits for free space. One frame fits in any case.
    """

    def __init__(self, max_frames: int, max_bytes: int) -> None:
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self._messages: deque[tuple[Message, int]] = deque()
        self._bytes = 0
        self._added = asyncio.Event()
        self._taken = asyncio.Event()

    async def put(self, message: Message, size: int) -> None:
        """Add a message of `size` bytes as soon as there is space for it."""
        while self._messages and not (
            len(self._messages) < self._max_frames and self._bytes + size <= self._max_bytes
        ):
            self._taken.clear()
            await self._taken.wait()
        self.put_now(message, size)

    def put_now(self, message: Message, size: int = 0) -> None:
        """Add a message beyond the limits, such as a disconnect."""
        self._messages.append((message, size))
        self._bytes += size
        self._added.set()

    async def get(self) -> Message:
        while not self._messages:
            self._added.clear()
            await self._added.wait()
        message, size = self._messages.popleft()
        self._bytes -= size
        self._taken.set()
        return message


class PollSession:
    """State of one long-poll connection between its requests.

    `scope` is its handshake, and `owner` identifies its browser. Without a request for `timeout` seconds the browser
    counts as gone. `forget` is called when the session can be removed.
    """

    def __init__(self, scope: Scope, owner: str, timeout: float, forget: Callable[[], None]) -> None:
        self.scope = scope
        self.owner = owner
        self.connection: WebSocketConnection | None = None
        self.accepted = False
        self.closed = False
        self.ended = asyncio.Event()
        # Held by the request whose frames are being read. The client sends its next request when the last one is
        # answered; without the lock, one that does not wait would make us keep the bodies of all.
        self.pushing = asyncio.Lock()
        self._timeout = timeout
        self._forget = forget
        self._inbox = PollInbox(_MAX_WAITING, _MAX_WAITING_BYTES)
        self._messages: list[str] = []
        self._bytes = 0
        self._changed = asyncio.Event()  # accepted, closed, a new message, or a newer poll
        self._writable = asyncio.Event()
        self._polls = 0
        self._requests = 0
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def admitted(self) -> bool:
        """True once a page has joined on it."""
        return self.connection is not None and self.connection.admitted

    @property
    def unfetched(self) -> bool:
        """True if it has ended, with messages that its browser may still fetch."""
        return self.closed and bool(self._messages)

    # For the HTTP requests

    async def look_up(self) -> None:
        """Do nothing: the session is here."""

    async def open(self, serve: Callable[[Scope, Receive, Send], Awaitable[None]]) -> bool:
        """Make the handshake. Return False if it is refused."""
        self._inbox.put_now({"type": "websocket.connect"})
        self._task = asyncio.ensure_future(self._run(serve))
        await self._changed.wait()
        self._changed.clear()
        self._start_timer()
        return self.accepted and not self.closed

    async def poll(self, window: float) -> list[str] | None:
        """Return the messages for the browser, None if the connection has ended and all messages were fetched.

        The list is empty if no message came in `window` seconds, or if a newer poll takes over.
        """
        self._polls += 1
        number = self._polls
        with self._request():
            if not self._messages and not self.closed:
                await self._wait_for_messages(number, window)
            if number != self._polls:
                return []
            messages, self._messages = self._messages, []
            self._bytes = 0
            self._writable.set()
            return messages or (None if self.closed else [])

    def release(self) -> None:
        """Answer the poll that waits, without messages: the worker that it has reached stops."""
        self._polls += 1
        self._changed.set()

    async def put(self, frame: str | bytes, window: float) -> bool:
        """Pass a frame to the connection. Return False if the connection does not read it in `window` seconds."""
        kind = "text" if isinstance(frame, str) else "bytes"
        with self._request():
            try:
                async with asyncio.timeout(window):
                    await self._inbox.put({"type": "websocket.receive", kind: frame}, len(frame))
            except TimeoutError:
                return False
        return not self.closed

    def lose(self) -> None:
        """End the session: the browser has given up its poll. It comes back with another session, if at all."""
        self._disconnect(ABNORMAL, forget_after=_GOODBYE_TIME)

    def leave(self) -> None:
        """End the session: the user leaves the page.

        The browser gives up its last poll then, and the server may notice that before the goodbye arrives.
        """
        if self.closed and self.connection is not None:
            self.connection.end_detached()
        else:
            self._disconnect(GOODBYE)

    async def _wait_for_messages(self, number: int, window: float) -> None:
        end = time.monotonic() + window
        self._changed.set()  # wakes an older poll, which sees that it is not the newest
        await asyncio.sleep(0)
        self._changed.clear()
        while not self._messages and not self.closed and number == self._polls:
            try:
                async with asyncio.timeout(end - time.monotonic()):
                    await self._changed.wait()
            except TimeoutError:
                return
            self._changed.clear()

    @contextmanager
    def _request(self) -> Iterator[None]:
        """Stop the timer while a request runs: the browser is there."""
        self._requests += 1
        self._stop_timer()
        if self.connection is not None:
            self.connection.alive()
        try:
            yield
        finally:
            self._requests -= 1
            if not self._requests:
                self._start_timer()

    # For the connection

    async def _run(self, serve: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        try:
            await serve(self.scope, self._inbox.get, self._send)
        finally:
            self._end()

    async def _send(self, message: Message) -> None:
        if message["type"] == "websocket.accept":
            self.accepted = True
            self._changed.set()
        elif message["type"] == "websocket.close":
            self._end()
        else:
            await self._add_message(message["text"])

    async def _add_message(self, text: str) -> None:
        # It waits like a network that is full, so that the send queue notices a browser that does not poll.
        while not self.closed and (len(self._messages) >= _MAX_WAITING or self._bytes >= _MAX_WAITING_BYTES):
            self._writable.clear()
            await self._writable.wait()
        if self.closed:
            # As a server does whose browser has gone. The send queue then drops what waits.
            raise OSError("the browser has gone")
        self._messages.append(text)
        self._bytes += len(text)
        self._changed.set()

    # Ending

    def _start_timer(self) -> None:
        if not self.closed:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._timeout, self._disconnect, ABNORMAL)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _disconnect(self, code: int, forget_after: float = 0.0) -> None:
        self._end(forget_after)
        self._inbox.put_now({"type": "websocket.disconnect", "code": code})

    def _end(self, forget_after: float = 0.0) -> None:
        if self.closed:
            return
        self.closed = True
        self.ended.set()
        self._stop_timer()
        self._changed.set()
        self._writable.set()
        # One more poll may fetch the last messages, and a goodbye may still arrive.
        delay = self._timeout if self._messages else forget_after
        asyncio.get_running_loop().call_later(delay, self._forget)
