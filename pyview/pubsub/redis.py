"""PubSub of workers on several hosts through a Redis or Valkey server. Needs the extra `[redis]`.

Topics share a fixed number of channels, and a worker listens to those in use: it does not read what only others need.
"""

import asyncio
import logging
import uuid
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any

import orjson
from redis.exceptions import ResponseError

from pyview.pubsub.memory import MISSED, WORKER_TOPICS, MemoryPubSub, Subscriber, check_keep
from pyview.pubsub.redis_channels import Envelope, SubscribedChannels, opened
from pyview.pubsub.redis_kept import KeptBroadcasts
from pyview.pubsub.redis_pending import MANY, GiveWay, PendingBroadcasts
from pyview.pubsub.redis_received import ReceivedBroadcasts
from pyview.stores.health import HealthRegistry, StoreUnavailable
from pyview.stores.redis import RedisServer
from pyview.wire.message import json_text

logger = logging.getLogger("pyview")

MOST_BYTES = 16 * 1024 * 1024 - 4096  # of a message; the rest is for its envelope
START_TIMEOUT = 2.0  # seconds that `start` waits for the server
LONGEST_WAIT = 5.0  # seconds that the reading waits for slow subscribers
TURN = 64  # broadcasts before the event loop gets a turn
FLUSH_TIMEOUT = 1.0  # seconds that `close` waits for the server to take the last broadcasts


class RedisPubSub:
    """Publish and subscribe through the database at `url` (`redis://:password@host:6379/0`, `rediss://`, `valkey://`,
    `unix://`), under names that begin with `prefix`.

    Messages become JSON, also for subscribers of this worker: a dataclass arrives as a dict. `broadcast` does not wait
    for the server. The subscribers of all workers get the broadcasts of a topic in one order, those of this worker when
    they come back from the server. While the server is lost, which is logged once, the broadcasts of a worker reach its
    own subscribers at once, and other workers when it is back, unless there are too many. A worker that was cut off
    delivers `InfoEvent(MISSED, {"seconds": ...})` afterwards.

    Raises `ValueError` for an invalid URL.
    """

    def __init__(
        self, url: str, *, prefix: str = "pyview:", timeout: float = 2.0, health: HealthRegistry | None = None
    ) -> None:
        self._server = RedisServer(url, timeout, health)
        self._channels = SubscribedChannels(prefix, self._server.database)
        self._worker_id = uuid.uuid4().hex.encode()
        self._number = 0  # of the last broadcast
        self._local = MemoryPubSub()
        self._topics: dict[str, set[str]] = {}  # the topics with subscribers of each channel in use
        self._pending = PendingBroadcasts(self._local.deliver)
        self._received = ReceivedBroadcasts(self._server, self._channels)
        self._kept = KeptBroadcasts(self._server, self._channels, self._worker_id, self._received.clock)
        self._synchronising: asyncio.Task[None] | None = None
        self._started = self._closed = False
        self.share_health = self._server.share_health

    async def start(self) -> None:
        """Start to receive the broadcasts of other workers. A lost server is tried again until it answers."""
        link = self._server.link
        self._server.begin()
        link.watch(self)
        self._started, self._closed, self._synchronising = True, False, None
        for channel in (self._channels.workers, *self._topics):
            await link.listen(channel, self)
        await link.attempted(START_TIMEOUT)

    async def close(self) -> None:
        """Close connections, after the last broadcasts were sent. Later ones stay in this worker."""
        link = self._server.link
        self._pending.close()
        await self._kept.close(FLUSH_TIMEOUT)
        with suppress(StoreUnavailable):
            await link.flush(FLUSH_TIMEOUT)
        link.unwatch(self)
        self._started, self._closed = False, True
        for channel in (self._channels.workers, *self._topics):
            link.unlisten(channel, self)
        await self._server.close()

    async def subscribe(self, topic: str, subscriber: Subscriber) -> None:
        await self._local.subscribe(topic, subscriber)
        channel = self._channels.of(topic)
        if topic != MISSED:  # it never comes from the server
            self._topics.setdefault(channel, set()).add(topic)
        # A task that goes on after the end must not open the connections again.
        if not self._started and not self._closed:
            await self.start()
        # The subscriber may have ended meanwhile.
        if self._started and topic in self._topics.get(channel, ()):
            self._received.subscribed(topic)
            await self._server.link.listen(channel, self)

    async def unsubscribe(self, topic: str, subscriber: Subscriber) -> None:
        await self._local.unsubscribe(topic, subscriber)
        self._forget(topic)

    def drop(self, subscriber: Subscriber) -> None:
        topics = self._local.topics_of(subscriber)
        self._local.drop(subscriber)
        for topic in topics:
            self._forget(topic)

    def _forget(self, topic: str) -> None:
        """Stop listening to a topic that has no subscriber any more."""
        if self._local.subscribers(topic):
            return
        self._received.forget(topic)
        channel = self._channels.of(topic)
        topics = self._topics.get(channel, set())
        topics.discard(topic)
        if not topics:
            self._topics.pop(channel, None)
            self._server.link.unlisten(channel, self)

    # Broadcasts

    async def broadcast(self, topic: str, message: Any, *, keep: float = 0.0) -> None:
        """Publish, and let workers that are cut off have the broadcast for `keep` seconds.

        Raises `UnencodableValue` if the message is not JSON-serialisable, `ValueError` if it has more than 16 MiB, and
        for a time out of range.
        """
        if keep:
            check_keep(topic, keep)
        body = json_text(message, f"broadcast({topic!r})")
        if len(body) + len(topic) > MOST_BYTES:
            raise ValueError(
                f"broadcast({topic[:80]!r}) expected a message of at most 16 MiB, got {len(body)} bytes"
            )
        # What may be missing is known by each worker for itself.
        alone = self._closed or topic == MISSED
        give_way = (
            self._local.deliver(topic, orjson.loads(body)) if alone else self._publish(topic, body, keep)
        )
        if give_way is not None:
            await give_way()
        if not alone:
            await self._give_way()

    async def _give_way(self) -> None:
        """Let the server and own subscribers catch up, in a loop of broadcasts; never waits for a silent server."""
        await self._pending.give_way()
        await self._kept.give_way()
        await self._server.link.give_way(MANY)
        if not self._number % TURN:
            await asyncio.sleep(0)

    def _publish(self, topic: str, body: bytes, keep: float) -> GiveWay | None:
        self._server.begin()
        channel, link = self._channels.of(topic), self._server.link
        self._number = number = self._number + 1
        taken = self._send(channel, Envelope(self._worker_id, number, topic, body), keep)
        if not self._local.subscribers(topic):
            return None  # who subscribes from now on does not get this message when it comes back
        own = orjson.loads(body)  # as other workers get it
        if taken and link.listens(channel) and not self._pending.overdue:
            self._pending.add(number, topic, own)
            return None
        self._pending.deliver_all()
        return self._local.deliver(topic, own)

    def _send(self, channel: str, envelope: Envelope, keep: float) -> bool:
        """Send a broadcast. Return False if it does not come back soon."""
        if keep and self._kept.add(envelope, keep):
            return self._kept.sends_at_once
        return self._server.link.publish(channel, envelope.encoded())

    # Messages of the server

    def received(self, channel: str, body: bytes) -> Awaitable[None] | None:
        try:
            give_way = self._take(channel, opened(body))
        except ValueError:
            # Without its content, which may be about a person.
            logger.warning("invalid message of %d bytes on %s", len(body), channel)
            return None
        return None if give_way is None else self._waiting(give_way)

    def _take(self, channel: str, message: Envelope) -> GiveWay | None:
        if message.sender == self._worker_id:
            return self._pending.returned(message.number)
        if message.kept and not self._received.is_new(message):
            return None
        # Others may publish to the channels: only their own topics are expected on them.
        if channel != self._channels.of(message.topic) or message.topic == MISSED:
            return None
        if not self._local.subscribers(message.topic):
            return None
        return self._local.deliver(message.topic, orjson.loads(message.body))

    async def _waiting(self, give_way: GiveWay) -> None:
        # Bounded: sign-outs and the answers of other workers come on the same connection.
        self._pending.held = True
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(LONGEST_WAIT):
                    await give_way()
        finally:
            self._pending.held = False

    def alive(self) -> None:
        if self._received.outdated and self._synchronising is None:
            self._synchronising = asyncio.get_running_loop().create_task(self._synchronise())

    async def _synchronise(self) -> None:
        with suppress(StoreUnavailable):
            await self._received.synchronise()
        self._synchronising = None

    def lost(self) -> None:
        self._pending.deliver_all()

    async def found(self, gap: float) -> None:
        try:
            await self._catch_up(gap)
        except StoreUnavailable as error:
            # A server that refuses one of the commands, which is logged, still carries ordinary broadcasts.
            if not isinstance(error.__cause__, ResponseError):
                raise
        if gap:
            self._kept.check()
            self._local.deliver(MISSED, {"seconds": round(gap, 3)})

    async def _catch_up(self, gap: float) -> None:
        await self._received.synchronise()
        await self._kept.prepare()
        if gap:
            async for message in self._received.missed(gap):
                await self._deliver_late(message)

    async def _deliver_late(self, message: Envelope) -> None:
        with suppress(ValueError):  # a body that is no JSON
            give_way = self._take(self._channels.of(message.topic), message)
            if give_way is not None:
                await give_way()

    # Other workers

    async def others(self) -> int:
        """Return the number of other workers that listen now, 0 before the start and while the server is lost."""
        with suppress(StoreUnavailable):
            if self._server.link.listens(self._channels.workers):
                return await self._other_listeners(self._channels.workers)
        return 0

    async def reaches(self, topic: str) -> bool | None:
        """Return True if another worker listens to `topic`. None: perhaps, or the server is lost."""
        try:
            others = await self._other_listeners(self._channels.of(topic))
        except StoreUnavailable:
            return None
        # Other topics share the channel, except for that of a single worker.
        return bool(others) if topic.startswith(WORKER_TOPICS) or not others else None

    async def _other_listeners(self, channel: str) -> int:
        if not self._closed:
            self._server.begin()
        link = self._server.link
        _, listeners = await link.run("reading", "PUBSUB", "NUMSUB", channel)
        return max(0, int(listeners) - link.listens(channel))
