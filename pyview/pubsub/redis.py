"""PubSub among workers anywhere, on a Redis or Valkey server. Needs the extra `[redis]`.

All broadcasts go over one channel, of which each worker takes what it has subscribers for. Nothing is stored: what is
broadcast while a worker is cut off from the server never reaches it.
"""

import asyncio
import logging
import uuid
from contextlib import aclosing, suppress
from typing import Any

import orjson

from pyview.pubsub.memory import MemoryPubSub, Subscriber
from pyview.stores.outage import Outages, StoreUnavailable
from pyview.stores.redis import RedisServer
from pyview.wire.message import json_text

logger = logging.getLogger("pyview")

PAUSE = 0.2  # seconds before a lost server is asked again
_COUNTED = "pyview:others"
PATIENCE = 2.0  # seconds that the first subscriber waits until the server listens


class RedisPubSub:
    """Publish and subscribe through the database at `url` (`redis://:password@host:6379/0`, `rediss://`, `valkey://`,
    `unix://`), under names that begin with `prefix`.

    Messages are JSON data, and every subscriber gets them as such, on this worker too: a dataclass arrives as a dict.
    This worker's subscribers get a broadcast before `broadcast` returns, those of others a moment later. While the
    server is gone, which the log says once, each worker's broadcasts reach its own subscribers alone.

    Raises `ValueError` for an address that is none.
    """

    def __init__(
        self, url: str, *, prefix: str = "pyview:", timeout: float = 2.0, outages: Outages | None = None
    ) -> None:
        self._server = RedisServer(url, timeout, outages)
        # Channels are shared by all databases of a server; broadcasts are not.
        self._channel = f"{prefix}broadcasts:{self._server.database}"
        self._here = uuid.uuid4().hex.encode()
        self._local = MemoryPubSub()
        self._following: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()

    async def start(self) -> None:
        """Begin to listen to the other workers. A server that is away is asked again and again."""
        if self._following is None:
            self._listening = asyncio.Event()  # of this event loop
            self._following = asyncio.get_running_loop().create_task(self._follow())
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self._listening.wait()

    async def close(self) -> None:
        following, self._following = self._following, None
        while following is not None and not following.done():
            # On Python 3.11 `asyncio.wait_for`, in the client, may swallow a cancellation.
            following.cancel()
            await asyncio.wait([following], timeout=0.1)
        await self._server.close()

    async def subscribe(self, topic: str, subscriber: Subscriber) -> None:
        await self._local.subscribe(topic, subscriber)
        if self._following is None:
            await self.start()

    async def unsubscribe(self, topic: str, subscriber: Subscriber) -> None:
        await self._local.unsubscribe(topic, subscriber)

    def drop(self, subscriber: Subscriber) -> None:
        self._local.drop(subscriber)

    async def broadcast(self, topic: str, message: Any) -> None:
        """Raises `UnencodableValue` for what is no JSON data."""
        body = json_text(message, f"broadcast({topic!r})")
        await self._local.broadcast(topic, orjson.loads(body))
        with suppress(StoreUnavailable):
            await self._publish(topic, body)

    async def others(self) -> int:
        """Return how many other workers listen now, 0 while the server is away."""
        # PUBLISH answers with the number of receivers. No view subscribes to this topic.
        with suppress(StoreUnavailable):
            return await self._publish(_COUNTED, b"null") - 1 if self._listening.is_set() else 0
        return 0

    async def _publish(self, topic: str, body: bytes) -> int:
        """Publish the message. Return the number of workers that receive it, this one included."""
        await self._server.open()
        async with self._server.asked("publishing") as client:
            message = b"%b%b\n%b" % (self._here, orjson.dumps(topic), body)
            return int(await client.publish(self._channel, message))

    async def _follow(self) -> None:
        while self._following is asyncio.current_task():
            try:
                await self._listen()
            except StoreUnavailable:
                pass  # the server's name is in the log, once
            except Exception:
                logger.exception("Listening to broadcasts failed; beginning again")
            self._listening.clear()
            await asyncio.sleep(PAUSE)

    async def _listen(self) -> None:
        await self._server.open()
        async with aclosing(self._server.notices(self._channel)) as notices:
            async for notice in notices:
                self._listening.set()
                if notice is not None:
                    await self._hear(notice)

    async def _hear(self, notice: bytes) -> None:
        if notice.startswith(self._here):
            return
        try:
            topic, body = self._opened(notice)
            if self._local.subscribers(topic):
                await self._local.broadcast(topic, orjson.loads(body))
        except ValueError:
            logger.warning("%s carries what is no broadcast: %r", self._channel, notice[:100])

    def _opened(self, notice: bytes) -> tuple[str, bytes]:
        head, _, body = notice.partition(b"\n")
        topic = orjson.loads(head[len(self._here) :])
        if not isinstance(topic, str):
            raise ValueError(topic)
        return topic, body
