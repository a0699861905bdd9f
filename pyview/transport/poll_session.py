"""One long-poll connection: requests that look like a WebSocket to whoever serves it.

A browser whose network lets no WebSocket through asks again and again for what is new. Its connection is the same one
inside, with all its checks and limits; this is the network around it.

What a polling browser has brought and its connection has not taken yet: so many frames, and so many bytes.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from starlette.types import Message, Receive, Scope, Send

from pyview.transport.close_codes import ABNORMAL, GOODBYE


class PollInbox:
    """Whoever puts more waits until the connection has taken some; one message fits in any case."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._messages: deque[tuple[Message, int]] = deque()
        self._bytes = 0
        self._came = asyncio.Event()
        self._taken = asyncio.Event()

    async def put(self, message: Message, size: int) -> None:
        """`size`: how many bytes it brings."""
        while self._messages and not self._fits(size):
            self._taken.clear()
            await self._taken.wait()
        self.put_now(message, size)

    def put_now(self, message: Message, size: int = 0) -> None:
        """Put what comes from the network itself, which brings next to nothing."""
        self._messages.append((message, size))
        self._bytes += size
        self._came.set()

    async def get(self) -> Message:
        while not self._messages:
            self._came.clear()
            await self._came.wait()
        message, size = self._messages.popleft()
        self._bytes -= size
        self._taken.set()
        return message

    def _fits(self, size: int) -> bool:
        return len(self._messages) < self._most and self._bytes + size <= self._most_bytes


_MOST_WAITING = 64
_MOST_WAITING_BYTES = 256 * 1024
_LAST_WORDS = 1.0  # seconds


class Line(Protocol):
    """The connection that is served."""

    @property
    def admitted(self) -> bool: ...
    def alive(self) -> None: ...
    def left_behind(self) -> None: ...


class PollSession:
    """`scope` is its handshake, `holder` says whose it is. After `gone_after` seconds without a request the browser has
    gone. `gone` is called when the session can be forgotten."""

    def __init__(self, scope: Scope, holder: str, gone_after: float, gone: Callable[[], None]) -> None:
        self.scope = scope
        self.holder = holder
        self.line: Line | None = None
        self._gone_after = gone_after
        self._gone = gone
        self._inbox = PollInbox(_MOST_WAITING, _MOST_WAITING_BYTES)
        self._messages: list[str] = []
        self._bytes = 0
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._poll = 0
        self._requests = 0
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.accepted = False
        self.closed = False
        self.ended = asyncio.Event()
        self.pushing = asyncio.Lock()
        """Held by the request whose frames are read: the client sends the next one when the last is answered, and who
        does not would have us keep them all."""

    @property
    def admitted(self) -> bool:
        """True once a page has joined on it."""
        return self.line is not None and self.line.admitted

    async def open(self, serve: Callable[[Scope, Receive, Send], Awaitable[None]]) -> bool:
        """Make the handshake; False when it is refused."""
        self._inbox.put_now({"type": "websocket.connect"})
        self._task = asyncio.ensure_future(self._run(serve))
        await self._news.wait()
        self._news.clear()
        self._wait_for_request()
        return self.accepted and not self.closed

    async def poll(self, window: float) -> list[str] | None:
        """What is new, [] if nothing is in `window` seconds or a later poll takes over; None: the connection has
        ended, and all that it said has been told."""
        self._poll += 1
        number = self._poll
        with self._request():
            if not self._messages and not self.closed:
                await self._wait_for_news(number, window)
            if number != self._poll:
                return []
            return self._take() or (None if self.closed else [])

    async def put(self, frame: str | bytes, within: float) -> bool:
        """Hand a frame to the connection; False when it does not take it in time."""
        kind = "text" if isinstance(frame, str) else "bytes"
        with self._request():
            try:
                async with asyncio.timeout(within):
                    await self._inbox.put({"type": "websocket.receive", kind: frame}, len(frame))
            except TimeoutError:
                return False
        return not self.closed

    def lose(self) -> None:
        """The browser has stopped waiting for an answer: it comes back with another session, if at all."""
        self._disconnect(ABNORMAL, remembered=_LAST_WORDS)

    def leave(self) -> None:
        """The page is left. Its last poll breaks off then, and may do so before this is heard."""
        if self.closed and self.line is not None:
            self.line.left_behind()
        else:
            self._disconnect(GOODBYE)

    # The connection's side

    async def _run(self, serve: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        try:
            await serve(self.scope, self._inbox.get, self._send)
        finally:
            self._end()

    async def _send(self, message: Message) -> None:
        if message["type"] == "websocket.accept":
            self.accepted = True
            self._news.set()
        elif message["type"] == "websocket.close":
            self._end()
        else:
            await self._deliver(message["text"])

    async def _deliver(self, text: str) -> None:
        """Waits like a network that is full, so that the connection notices a browser that does not ask."""
        while not self.closed and (
            len(self._messages) >= _MOST_WAITING or self._bytes >= _MOST_WAITING_BYTES
        ):
            self._room.clear()
            await self._room.wait()
        if self.closed:
            raise OSError("the browser has gone")
        self._messages.append(text)
        self._bytes += len(text)
        self._news.set()

    # The browser's side

    async def _wait_for_news(self, number: int, window: float) -> None:
        end = time.monotonic() + window
        self._news.set()  # a poll that still waits gives way
        await asyncio.sleep(0)
        self._news.clear()
        while not self._messages and not self.closed and number == self._poll:
            try:
                async with asyncio.timeout(end - time.monotonic()):
                    await self._news.wait()
            except TimeoutError:
                return
            self._news.clear()

    def _take(self) -> list[str]:
        messages, self._messages = self._messages, []
        self._bytes = 0
        self._room.set()
        return messages

    def _request(self) -> "_Request":
        return _Request(self)

    def begin_request(self) -> None:
        self._requests += 1
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.line is not None:
            self.line.alive()

    def end_request(self) -> None:
        self._requests -= 1
        if not self._requests:
            self._wait_for_request()

    def _wait_for_request(self) -> None:
        if not self.closed:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._gone_after, self._disconnect, ABNORMAL)

    def _disconnect(self, code: int, remembered: float = 0.0) -> None:
        self._end(remembered)
        self._inbox.put_now({"type": "websocket.disconnect", "code": code})

    def _end(self, remembered: float = 0.0) -> None:
        if self.closed:
            return
        self.closed = True
        self.ended.set()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._news.set()
        self._room.set()
        # What was said last is there for one more poll, and a goodbye may still come.
        asyncio.get_running_loop().call_later(self._gone_after if self._messages else remembered, self._gone)


class _Request:
    """While one runs, the browser is there."""

    __slots__ = ("_session",)

    def __init__(self, session: PollSession) -> None:
        self._session = session

    def __enter__(self) -> None:
        self._session.begin_request()

    def __exit__(self, *_: Any) -> None:
        self._session.end_request()
