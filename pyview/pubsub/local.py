"""PubSub of the workers of one host, without a server: each has a Unix socket and is connected to all others.

A file could not carry broadcasts: no worker is notified when another one writes, and asking often enough costs time of
the processor while nothing happens.
"""

import asyncio
import logging
import math
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import orjson

from pyview.pubsub.local_connection import FrameKind, GiveWay, InvalidFrame, frame
from pyview.pubsub.local_directory import SocketDirectory
from pyview.pubsub.local_peers import LocalPeer, LocalPeers, read_json
from pyview.pubsub.local_recent import RecentBroadcasts
from pyview.pubsub.memory import MISSED, MemoryPubSub, Subscriber, check_keep
from pyview.wire.message import json_text

logger = logging.getLogger("pyview")

_TOPICS_PER_FRAME: Final = 1000


class LocalPubSub:
    """Publish and subscribe between the workers whose sockets are in `directory`, which is created if it is missing.

    Messages become JSON, also for subscribers of this worker: a dataclass arrives as a dict. Subscribers of this worker
    get a broadcast before `broadcast` returns, those of other workers a moment later; all get the broadcasts of one
    worker in the same order. A worker gets only what it has subscribers for. A publisher waits for no other worker: a
    bounded number of messages is queued for each, and one that has missed some gets `MISSED`.
    """

    def __init__(self, directory: Path) -> None:
        self._local = MemoryPubSub()
        # The topics with subscribers, and the time of the first one; other workers send what came after it.
        self._subscribed_at: dict[str, float] = {}
        self._recent = RecentBroadcasts()
        self._peers = LocalPeers(SocketDirectory(directory), self._announce_all, self._read, self._catch_up)
        self._closed = False

    async def start(self) -> None:
        """Connect to the other workers. Problems are logged, and tried again every few seconds."""
        self._closed = False
        await self._peers.start()

    async def close(self) -> None:
        self._closed = True
        await self._peers.close()

    async def subscribe(self, topic: str, subscriber: Subscriber) -> None:
        await self._start_once()
        await self._local.subscribe(topic, subscriber)
        if topic not in self._subscribed_at and topic != MISSED:
            self._subscribed_at[topic] = time.monotonic()
            self._send_all(_subscribe_frame([(topic, self._subscribed_at[topic])]))

    async def unsubscribe(self, topic: str, subscriber: Subscriber) -> None:
        await self._local.unsubscribe(topic, subscriber)
        self._forget(topic)

    def drop(self, subscriber: Subscriber) -> None:
        topics = self._local.topics_of(subscriber)
        self._local.drop(subscriber)
        for topic in topics:
            self._forget(topic)

    async def broadcast(self, topic: str, message: Any, *, keep: float = 0.0) -> None:
        """Deliver and publish. `keep` changes nothing: workers of one host are not cut off from each other.

        Raises `UnencodableValue` if the message is not JSON-serialisable, `ValueError` if it has more than 16 MiB,
        and for a time out of range.
        """
        if keep:
            check_keep(topic, keep)
        await self._start_once()
        body = json_text(message, f"broadcast({topic!r})")
        self._publish(topic, frame(FrameKind.MESSAGE, b"%b\n%b" % (orjson.dumps(topic), body)))
        # Without an await in between, so that all workers get the broadcasts of this one in the same order.
        if self._local.subscribers(topic):
            await self._local.broadcast(topic, orjson.loads(body))
        if any(peer.connection.crowded for peer in self._peers):
            await asyncio.sleep(0)  # a loop of broadcasts must let the connections send

    async def others(self) -> int:
        """Return the number of other workers that listen now."""
        return sum(peer.listens for peer in self._peers)

    async def reaches(self, topic: str) -> bool | None:
        """Return True if another worker listens to `topic`, None if one has not answered yet."""
        if any(topic in peer for peer in self._peers):
            return True
        return False if self._peers.complete else None

    async def _start_once(self) -> None:
        # A message after the end, from a task that goes on, must not open the sockets again.
        if not self._peers.running and not self._closed:
            await self.start()

    # To other workers

    def _publish(self, topic: str, data: bytes) -> None:
        receivers = [peer.connection for peer in self._peers if topic in peer]
        for connection in receivers:
            connection.send(data)
        self._recent.add(topic, data, receivers)

    def _send_all(self, data: bytes) -> None:
        for peer in self._peers:
            peer.connection.send(data)

    def _forget(self, topic: str) -> None:
        """Announce that a topic has no subscriber any more, if it has none."""
        if not self._local.subscribers(topic) and self._subscribed_at.pop(topic, None) is not None:
            self._send_all(frame(FrameKind.UNSUBSCRIBE, orjson.dumps(topic)))

    def _announce_all(self, peer: LocalPeer) -> None:
        peer.connection.send(frame(FrameKind.FORGET_TOPICS, b""))
        subscriptions = iter(self._subscribed_at.items())
        while some := list(islice(subscriptions, _TOPICS_PER_FRAME)):
            peer.connection.send(_subscribe_frame(some))

    def _catch_up(self, peer: LocalPeer, seconds: float) -> None:
        peer.connection.send(_missed_frame(seconds))
        # Subscriptions were left out as well.
        self._announce_all(peer)

    # From other workers

    def _read(self, peer: LocalPeer, kind: int, payload: bytes) -> GiveWay | None:
        match kind:
            case FrameKind.MESSAGE:
                return self._receive(payload)
            case FrameKind.SUBSCRIBE:
                self._add_topics(peer, read_json(payload))
            case FrameKind.UNSUBSCRIBE:
                peer.remove(_topic(read_json(payload)))
            case FrameKind.FORGET_TOPICS:
                peer.clear()
            case FrameKind.MISSED:
                return self._deliver(MISSED, {"seconds": _seconds(read_json(payload))})
            case _:
                raise InvalidFrame(f"a frame of the unknown kind {kind}")
        return None

    def _receive(self, payload: bytes) -> GiveWay | None:
        head, separator, body = payload.partition(b"\n")
        topic = _topic(read_json(head))
        if not separator:
            raise InvalidFrame("a message without a body")
        # The last subscriber may have gone while the message was under way.
        return self._deliver(topic, read_json(body)) if self._local.subscribers(topic) else None

    def _deliver(self, topic: str, message: Any) -> GiveWay | None:
        try:
            return self._local.deliver(topic, message)
        except Exception:
            # The failure of one subscriber must not end the connection of two workers.
            logger.exception("delivering a broadcast of another worker failed")
            return None

    def _add_topics(self, peer: LocalPeer, subscriptions: Any) -> None:
        added = [each for each in _subscriptions(subscriptions) if each[0] not in peer]
        for topic, _ in added:
            peer.add(topic)
        self._send_missing(peer, added)

    def _send_missing(self, peer: LocalPeer, added: Sequence[tuple[str, float]]) -> None:
        """Send what was broadcast while the announcement of the subscriptions was under way."""
        oldest = min((since for _, since in added), default=math.inf)
        if oldest < self._recent.complete_since:
            peer.connection.send(_missed_frame(time.monotonic() - oldest))
        for data in self._recent.missing(dict(added), peer.connection):
            peer.connection.send(data)


def _subscribe_frame(subscriptions: Iterable[tuple[str, float]]) -> bytes:
    return frame(FrameKind.SUBSCRIBE, orjson.dumps(list(subscriptions)))


def _missed_frame(seconds: float) -> bytes:
    return frame(FrameKind.MISSED, orjson.dumps(seconds))


def _subscriptions(value: Any) -> Iterator[tuple[str, float]]:
    if not isinstance(value, list):
        raise InvalidFrame("expected a list of subscriptions")
    for each in value:
        if not isinstance(each, list) or len(each) != 2:
            raise InvalidFrame("expected a subscription as a topic and a time")
        yield _topic(each[0]), _seconds(each[1])


def _topic(value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidFrame(f"expected a topic, got {type(value).__name__}")
    return value


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidFrame(f"expected seconds, got {type(value).__name__}")
    return float(value)
