"""Messages of a browser that wait as text, and a limit for their bytes on one connection.

JSON of a kilobyte may become twenty kilobytes of Python objects. So a message that has to wait for its view waits as
text, and nothing more is read from a connection whose views hold too many bytes until they have handled some.
"""

import asyncio
from collections.abc import Callable
from typing import Any

_OVERHEAD = 256
"""Estimate of the bytes that a message takes besides its text."""


class Intake:
    """Count of the bytes of one connection that are not handled yet.

    `full`: more than `limit` bytes are held, and nothing more must be read. One message always fits.
    """

    __slots__ = ("_freed", "_held", "_limit", "full")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0
        self._freed: asyncio.Event | None = None
        self.full = False

    @property
    def held(self) -> int:
        """Bytes that are held now."""
        return self._held

    def hold(self, size: int) -> None:
        self._held += size
        self.full = self._held > self._limit

    def release(self, size: int) -> None:
        self._held -= size
        if self.full and self._held <= self._limit:
            self.full = False
            if self._freed is not None:
                self._freed.set()

    async def wait_until_free(self) -> None:
        """Wait until enough has been handled to read more."""
        while self.full:
            self._freed = asyncio.Event()
            await self._freed.wait()
        self._freed = None


class Unread:
    """A message as text. `read` makes a message of a mailbox from it, or None.

    Its bytes count for its connection until `release` is called, so also while it is being handled.
    """

    __slots__ = ("_intake", "_read", "_text", "size")

    def __init__(self, text: str, read: Callable[[str], Any], intake: Intake) -> None:
        # With a single emoji in it, a Python str takes four bytes for each character.
        self._text: str | bytes = text if text.isascii() else text.encode("utf-8", "surrogatepass")
        self._read = read
        self._intake = intake
        self.size = len(self._text) + _OVERHEAD
        intake.hold(self.size)

    def read(self) -> Any:
        """Return the message. To be called once."""
        text, self._text = self._text, ""
        return self._read(text if isinstance(text, str) else text.decode("utf-8", "surrogatepass"))

    def charge(self, intake: Intake) -> None:
        """Count for another connection from now on: the page has come back there."""
        self._intake.release(self.size)
        self._intake = intake
        intake.hold(self.size)

    def release(self) -> None:
        """Count no longer: it has been handled, or never will be."""
        self._intake.release(self.size)
        self.size = 0
