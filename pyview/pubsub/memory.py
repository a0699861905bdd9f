"""The contract of a PubSub, and the PubSub of a single process."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

from pyview.events.info_event import InfoEvent

MISSED: Final = "pyview:missed"
"""Topic of the message that broadcasts may be lost: `InfoEvent(MISSED, {"seconds": 3.2})`."""

LONGEST_KEEP: Final = 3600.0
"""Seconds for which a broadcast can be kept."""

WORKER_TOPICS: Final = "pyview:worker:"
"""Beginning of the topics of one worker each. `reaches` is exact for them."""


class Subscriber(Protocol):
    """Receives the broadcasts on its topics, such as the mailbox of a view."""

    def deliver(self, event: InfoEvent) -> Callable[[], Awaitable[None]] | None:
        """Queue the event and return at once.

        A subscriber whose queue is long returns a function. The publisher awaits its result before `broadcast` returns,
        so that a view which broadcasts in a loop gives way to the views that receive.
        """


class PubSub(Protocol):
    """Publish and subscribe: each subscriber of a topic gets each message once, in order.

    A topic is text that the application chooses. Topics and subscribers never come from a browser: a subscriber is an
    object of this process. Use it on one event loop; an application calls `start` before its first view and `close`
    after its last.
    """

    async def start(self) -> None:
        """Start to receive the broadcasts of other workers. A server that cannot be reached is tried again."""

    async def close(self) -> None:
        """Close connections."""

    async def subscribe(self, topic: str, subscriber: Subscriber) -> None:
        """Subscribe to a topic. Subscribing twice is the same as once."""

    async def unsubscribe(self, topic: str, subscriber: Subscriber) -> None:
        """Unsubscribe from a topic. Unknown topics and subscribers are ignored."""

    def drop(self, subscriber: Subscriber) -> None:
        """Unsubscribe a subscriber that has ended from all its topics; never waits."""

    async def broadcast(self, topic: str, message: Any, *, keep: float = 0.0) -> None:
        """Deliver `InfoEvent(topic, message)` to every subscriber of `topic`; give way to those with a long queue.

        `keep`: seconds for which the message is kept for workers that are cut off from the others.
        """

    async def others(self) -> int | None:
        """Return the number of other workers that listen now, None if it is unknown."""

    async def reaches(self, topic: str) -> bool | None:
        """Return True if another worker listens to `topic`, None if it is unknown."""


async def broadcast_kept(pubsub: PubSub, topic: str, message: Any, keep: float) -> None:
    """Broadcast, and pass `keep` only if it is set: a PubSub of the user may not have it."""
    if keep:
        await pubsub.broadcast(topic, message, keep=keep)
    else:
        await pubsub.broadcast(topic, message)


def check_keep(topic: str, keep: Any) -> None:
    """Raise `ValueError` for a time that no broadcast can be kept for, and for what is no time.

    Every PubSub checks it: a mistake must not show for the first time when the application has several hosts.
    """
    number = isinstance(keep, int | float) and not isinstance(keep, bool)
    if not (number and 0 <= keep <= LONGEST_KEEP):
        raise ValueError(
            f"broadcast({topic[:80]!r}, keep=...) expected a number of seconds from 0 to {LONGEST_KEEP:g}, such as "
            f"keep=60; got {keep!r}"
        )


class MemoryPubSub:
    """PubSub of a single process. Delivers in the order of subscription; keeps no topic without subscribers."""

    def __init__(self) -> None:
        self._topics: dict[str, dict[Subscriber, None]] = {}
        # The topics of each subscriber, so that `drop` does not search all topics when a view ends.
        self._topics_of: dict[Subscriber, set[str]] = {}

    async def start(self) -> None:
        """Do nothing: there are no other workers."""

    async def close(self) -> None:
        """Do nothing: there are no connections."""

    async def subscribe(self, topic: str, subscriber: Subscriber) -> None:
        self._topics.setdefault(topic, {})[subscriber] = None
        self._topics_of.setdefault(subscriber, set()).add(topic)

    async def unsubscribe(self, topic: str, subscriber: Subscriber) -> None:
        topics = self._topics_of.get(subscriber, set())
        topics.discard(topic)
        if not topics:
            self._topics_of.pop(subscriber, None)
        self._remove(topic, subscriber)

    def drop(self, subscriber: Subscriber) -> None:
        for topic in self._topics_of.pop(subscriber, ()):
            self._remove(topic, subscriber)

    async def broadcast(self, topic: str, message: Any, *, keep: float = 0.0) -> None:
        if keep:
            check_keep(topic, keep)
        give_way = self.deliver(topic, message)
        if give_way is not None:
            await give_way()

    def deliver(self, topic: str, message: Any) -> Callable[[], Awaitable[None]] | None:
        """Deliver the message at once. Return a function to await if a subscriber has a long queue."""
        event = InfoEvent(topic, message)
        # A copy: a subscriber may unsubscribe, or another subscribe, during the delivery.
        give_way = None
        for subscriber in tuple(self._topics.get(topic, ())):
            give_way = subscriber.deliver(event) or give_way
        return give_way

    async def others(self) -> int:
        """Return 0: broadcasts stay in this process."""
        return 0

    async def reaches(self, topic: str) -> bool:
        """Return False: broadcasts stay in this process."""
        return False

    def subscribers(self, topic: str) -> int:
        """Return the number of subscribers of `topic`."""
        return len(self._topics.get(topic, ()))

    def topics_of(self, subscriber: Subscriber) -> frozenset[str]:
        """Return the topics that `subscriber` is subscribed to."""
        return frozenset(self._topics_of.get(subscriber, ()))

    def _remove(self, topic: str, subscriber: Subscriber) -> None:
        subscribers = self._topics.get(topic, {})
        subscribers.pop(subscriber, None)
        if not subscribers:
            self._topics.pop(topic, None)
