"""Messages of a browser that are read at their turn, and how many bytes of them one connection may hold.

JSON of a kilobyte may become twenty kilobytes of Python objects. So what has to wait for its view waits as text, and a
connection whose views hold too much is not read from until they have handled some of it.
"""

import asyncio
from collections.abc import Callable
from typing import Any

_OVERHEAD = 256
"""About how many bytes a message takes besides its text."""


class Intake:
    """Count of the bytes that one connection has brought and that are not handled yet.

    `full`: more than `limit` are held, so nothing more shall be read. One message fits in any case.
    """

    __slots__ = ("_held", "_limit", "_room", "full")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0
        self._room: asyncio.Event | None = None
        self.full = False

    @property
    def held(self) -> int:
        """Count of the bytes that are held now."""
        return self._held

    def hold(self, size: int) -> None:
        self._held += size
        self.full = self._held > self._limit

    def release(self, size: int) -> None:
        self._held -= size
        if self.full and self._held <= self._limit:
            self.full = False
            if self._room is not None:
                self._room.set()

    async def room(self) -> None:
        """Wait until enough has been handled for more to be read."""
        while self.full:
            self._room = asyncio.Event()
            await self._room.wait()
        self._room = None


class Unread:
    """A message as the text that came. `read` makes of it what the mailbox of a view can handle, or None.

    It counts for its connection's intake until `release` is called, so also while it is being handled.
    """

    __slots__ = ("_intake", "_read", "_text", "size")

    def __init__(self, text: str, read: Callable[[str], Any], intake: Intake) -> None:
        # A single emoji makes Python keep four bytes for each character of a text.
        self._text: str | bytes = text if text.isascii() else text.encode("utf-8", "surrogatepass")
        self._read = read
        self._intake = intake
        self.size = len(self._text) + _OVERHEAD
        intake.hold(self.size)

    def read(self) -> Any:
        """The message. To be called once."""
        text, self._text = self._text, ""
        return self._read(text if isinstance(text, str) else text.decode("utf-8", "surrogatepass"))

    def charge(self, intake: Intake) -> None:
        """Let it count for another connection: its page has come back there."""
        self._intake.release(self.size)
        self._intake = intake
        intake.hold(self.size)

    def release(self) -> None:
        """It has been handled, or never will be."""
        self._intake.release(self.size)
        self.size = 0
