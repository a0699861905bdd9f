"""PubSub of workers on several hosts through a Redis or Valkey server. Needs the extra `[redis]`.

All broadcasts use one channel; each worker delivers those that it has subscribers for. Nothing is stored: a worker that
has lost the server misses the broadcasts of that time.
"""

import asyncio
import logging
import uuid
from contextlib import aclosing, suppress
from typing import Any

import orjson

from pyview.pubsub.memory import MemoryPubSub, Subscriber
from pyview.stores.health import HealthRegistry, StoreUnavailable
from pyview.stores.redis import RedisServer
from pyview.wire.message import json_text

logger = logging.getLogger("pyview")

PAUSE = 0.2  # seconds before the next attempt to reach a lost server
START_TIMEOUT = 2.0  # seconds that `start` waits for the subscription on the server
_COUNTING_TOPIC = "pyview:others"


class RedisPubSub:
    """Publish and subscribe through the database at `url` (`redis://:password@host:6379/0`, `rediss://`, `valkey://`,
    `unix://`), under names that begin with `prefix`.

    Messages become JSON, also for subscribers of this worker: a dataclass arrives as a dict. Subscribers of this worker
    get a broadcast before `broadcast` returns, those of other workers a moment later. While the server is lost, which
    is logged once, the broadcasts of a worker reach its own subscribers only.

    Raises `ValueError` for an invalid URL.
    """

    def __init__(
        self, url: str, *, prefix: str = "pyview:", timeout: float = 2.0, health: HealthRegistry | None = None
    ) -> None:
        self._server = RedisServer(url, timeout, health)
        # Redis publishes to all databases of a server; each database has its own broadcasts.
        self._channel = f"{prefix}broadcasts:{self._server.database}"
        self._worker_id = uuid.uuid4().hex.encode()
        self._local = MemoryPubSub()
        self._follower: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()

    async def start(self) -> None:
        """Start to receive the broadcasts of other workers. A lost server is tried again until it answers."""
        if self._follower is None:
            self._listening = asyncio.Event()  # the object may be started again on another event loop
            self._follower = asyncio.get_running_loop().create_task(self._follow())
        with suppress(TimeoutError):
            async with asyncio.timeout(START_TIMEOUT):
                await self._listening.wait()

    async def close(self) -> None:
        follower, self._follower = self._follower, None
        while follower is not None and not follower.done():
            # On Python 3.11 `asyncio.wait_for`, in the client, may swallow a cancellation.
            follower.cancel()
            await asyncio.wait([follower], timeout=0.1)
        await self._server.close()

    async def subscribe(self, topic: str, subscriber: Subscriber) -> None:
        await self._local.subscribe(topic, subscriber)
        if self._follower is None:
            await self.start()

    async def unsubscribe(self, topic: str, subscriber: Subscriber) -> None:
        await self._local.unsubscribe(topic, subscriber)

    def drop(self, subscriber: Subscriber) -> None:
        self._local.drop(subscriber)

    async def broadcast(self, topic: str, message: Any, *, keep: float = 0.0) -> None:
        """Deliver and publish. Raises `UnencodableValue` if the message is not JSON-serialisable."""
        body = json_text(message, f"broadcast({topic!r})")
        # Own subscribers first, without the server: their broadcasts arrive in order and also during an outage.
        await self._local.broadcast(topic, orjson.loads(body))
        with suppress(StoreUnavailable):
            await self._publish(topic, body)

    async def others(self) -> int:
        """Return the number of other workers that listen now, 0 while the server is lost."""
        # PUBLISH returns the number of receivers. No view subscribes to this topic.
        with suppress(StoreUnavailable):
            return await self._publish(_COUNTING_TOPIC, b"null") - 1 if self._listening.is_set() else 0
        return 0

    async def reaches(self, topic: str) -> bool | None:
        """Return False if no other worker listens, else None: each worker listens to all topics."""
        return None if await self.others() else False

    async def _publish(self, topic: str, body: bytes) -> int:
        """Publish the message. Return the number of workers that receive it, this one included."""
        await self._server.open()
        async with self._server.commands("publishing") as client:
            message = b"%b%b\n%b" % (self._worker_id, orjson.dumps(topic), body)
            return int(await client.publish(self._channel, message))

    async def _follow(self) -> None:
        while self._follower is asyncio.current_task():
            try:
                await self._listen()
            except StoreUnavailable:
                pass  # `StoreHealth` has logged it once
            except Exception:
                logger.exception("listening to broadcasts failed; trying again")
            self._listening.clear()
            await asyncio.sleep(PAUSE)

    async def _listen(self) -> None:
        await self._server.open()
        async with aclosing(self._server.messages(self._channel)) as messages:
            async for message in messages:
                self._listening.set()
                # Own messages come back from the server; `broadcast` has delivered them already.
                if message is not None and not message.startswith(self._worker_id):
                    await self._receive(message)

    async def _receive(self, message: bytes) -> None:
        try:
            head, _, body = message.partition(b"\n")
            topic = orjson.loads(head[len(self._worker_id) :])
            if not isinstance(topic, str):
                raise ValueError(topic)
            if self._local.subscribers(topic):
                await self._local.broadcast(topic, orjson.loads(body))
        except ValueError:
            logger.warning("invalid message on %s: %r", self._channel, message[:100])
