"""A Redis or Valkey server (6.2 or later) shared by workers on several hosts. Needs the extra `[redis]`."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final

from pyview.stores.health import HealthRegistry, Operation, StoreUnavailable
from pyview.stores.redis_link import RedisLink

MOST_UNREAD: Final = 1000  # messages of a channel that wait for their reader


class RedisServer:
    """One database of a server, as one store uses it. Stores that share `health` share the link to it.

    `timeout`: seconds to wait for a connection or an answer. Raises `ValueError` for an invalid URL.
    """

    def __init__(self, url: str, timeout: float = 2.0, health: HealthRegistry | None = None) -> None:
        self._url = url
        self._timeout = timeout
        self._begun = False
        self.link = self._shared(health or HealthRegistry())
        self.database = self.link.database

    def share_health(self, health: HealthRegistry) -> None:
        """Use the link of all stores on this server that share `health`. Does nothing once it is open."""
        if not self._begun:
            self.link = self._shared(health)

    def _shared(self, health: HealthRegistry) -> RedisLink:
        make = partial(RedisLink, self._url, self._timeout, health)
        return health.shared((RedisLink, self._url, self._timeout), make)

    async def open(self) -> None:
        """Connect. Raises `StoreUnavailable` if the server does not answer.

        It is open nevertheless: later commands reach the server as soon as it is back.
        """
        self.begin()
        await self.link.run("reading", "PING")

    def begin(self) -> None:
        """Begin to connect; never waits."""
        self._begun = True
        self.link.open(self)

    async def close(self) -> None:
        self._begun = False
        await self.link.close(self)

    async def run(self, operation: Operation, *command: Any) -> Any:
        """Send a command and return its answer. Raises `StoreUnavailable`."""
        return await self.link.run(operation, *command)

    async def run_all(self, operation: Operation, commands: Iterable[Sequence[Any]]) -> list[Any]:
        """Send commands together and return their answers. Raises `StoreUnavailable` if one fails."""
        return await asyncio.gather(*(self.link.run(operation, *command) for command in commands))

    async def script(self, source: str, keys: Sequence[str], *arguments: Any) -> Any:
        """Run a script that may write, and return its answer. Raises `StoreUnavailable`."""
        return await self.link.script("writing", source, keys, *arguments)

    async def messages(self, channel: str) -> AsyncGenerator[bytes | None, None]:
        """Yield the messages on `channel`, and None once subscribed and after each second of silence.

        No message between two items is lost. Raises `StoreUnavailable` if the server is lost: messages that are
        published until the next subscription do not arrive.
        """
        queue = MessageQueue()
        await self.link.listen(channel, queue)
        try:
            if not self.link.listens(channel):
                raise StoreUnavailable("listening failed: the server did not confirm the subscription")
            yield None
            while True:
                yield await queue.next()
        finally:
            self.link.unlisten(channel, queue)
            queue.clear()


class MessageQueue:
    """The unread messages of a channel; None stands for a sign of life."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[bytes | StoreUnavailable | None] = asyncio.Queue(MOST_UNREAD)

    async def next(self) -> bytes | None:
        """Return the next item. Raises `StoreUnavailable` if the connection was lost after the last one."""
        item = await self._queue.get()
        if isinstance(item, StoreUnavailable):
            raise item
        return item

    def clear(self) -> None:
        """Drop what is unread. The connection may wait for a place in the queue, and reads nothing until it has one."""
        while not self._queue.empty():
            self._queue.get_nowait()

    def received(self, channel: str, body: bytes) -> Awaitable[None] | None:
        if self._queue.full():
            return self._queue.put(body)
        self._queue.put_nowait(body)
        return None

    def alive(self) -> None:
        if self._queue.empty():
            self._queue.put_nowait(None)

    def lost(self) -> None:
        error = StoreUnavailable("listening failed: the connection to the server was lost")
        with suppress(asyncio.QueueFull):
            return self._queue.put_nowait(error)
        # Its reader is behind: the items are read again from the store anyway.
        self._queue.get_nowait()
        self._queue.put_nowait(error)

    async def found(self, gap: float) -> None:
        """Do nothing: `lost` has ended the reading, and the next one subscribes again."""
