"""What a polling browser has brought and its connection has not taken yet: so many frames, and so many bytes."""

import asyncio
from collections import deque

from starlette.types import Message


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
