"""PubSub within one process."""

from typing import Any

from pyview.events.info_event import InfoEvent
from pyview.pubsub.base import Subscriber


class MemoryPubSub:
    """Keeps subscribers in subscription order; holds nothing for topics that nobody listens to."""

    def __init__(self) -> None:
        self._topics: dict[str, dict[Subscriber, None]] = {}
        self._of: dict[Subscriber, set[str]] = {}

    async def start(self) -> None:
        """Nobody else to hear."""

    async def close(self) -> None:
        """Nothing to let go of."""

    async def subscribe(self, topic: str, subscriber: Subscriber) -> None:
        self._topics.setdefault(topic, {})[subscriber] = None
        self._of.setdefault(subscriber, set()).add(topic)

    async def unsubscribe(self, topic: str, subscriber: Subscriber) -> None:
        topics = self._of.get(subscriber, set())
        topics.discard(topic)
        if not topics:
            self._of.pop(subscriber, None)
        self._forget(topic, subscriber)

    def drop(self, subscriber: Subscriber) -> None:
        for topic in self._of.pop(subscriber, ()):
            self._forget(topic, subscriber)

    async def broadcast(self, topic: str, message: Any) -> None:
        event = InfoEvent(topic, message)
        # A copy: a subscriber may end, or another begin, while the message is handed out.
        give_way = None
        for subscriber in tuple(self._topics.get(topic, ())):
            give_way = subscriber.deliver(event) or give_way
        if give_way is not None:
            await give_way()

    async def others(self) -> int:
        """Return 0: nothing here leaves the process."""
        return 0

    def subscribers(self, topic: str) -> int:
        """How many listen to `topic` now."""
        return len(self._topics.get(topic, ()))

    def _forget(self, topic: str, subscriber: Subscriber) -> None:
        listeners = self._topics.get(topic, {})
        listeners.pop(subscriber, None)
        if not listeners:
            self._topics.pop(topic, None)
