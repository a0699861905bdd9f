"""PubSub within one process.

The contract between views and whatever carries their broadcasts.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from pyview.events.info_event import InfoEvent


class Subscriber(Protocol):
    """Receives what is broadcast on its topics. Must return at once: it files the event and goes on.

    A subscriber that is behind may return a function; the publisher awaits its result before the broadcast returns.
    """

    def deliver(self, event: InfoEvent) -> Callable[[], Awaitable[None]] | None: ...


class PubSub(Protocol):
    """Topics are plain text chosen by the application. A subscriber gets each message once, in order.

    Nothing here comes from a browser: a subscriber is an object of this process, never a client's topic. Used on one
    event loop; an application calls `start` before and `close` after its views live.
    """

    async def start(self) -> None:
        """Begin to hear other workers, if there are any. What cannot be reached now is tried again."""

    async def close(self) -> None:
        """Let go of everything."""

    async def subscribe(self, topic: str, subscriber: Subscriber) -> None:
        """Subscribing twice to one topic is the same as once."""

    async def unsubscribe(self, topic: str, subscriber: Subscriber) -> None:
        """Unknown topics and subscribers are ignored."""

    def drop(self, subscriber: Subscriber) -> None:
        """Forget a subscriber that has ended, on all its topics; never waits."""

    async def broadcast(self, topic: str, message: Any) -> None:
        """Deliver `InfoEvent(topic, message)` to every subscriber of `topic`; give way to those that are behind."""

    async def others(self) -> int | None:
        """Return the number of other workers that listen now, None where it is unknown."""


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
