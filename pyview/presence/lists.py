"""The lists of one worker: the users of each topic, and the diffs for the views that subscribe to them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from pyview.events.info_event import InfoEvent
from pyview.presence.state import Place, PresenceEntry, Present, TopicPresence
from pyview.pubsub.memory import Subscriber

DIFF_EVENT: Final = "presence_diff"
"""Name of the `InfoEvent` for changes: `@info("presence_diff")`."""

# The next diff waits while the views render the last one. If that takes longer than `_LONG` seconds, it waits for twice
# that time more, and for `_LONGEST_PAUSE` at most, so that a storm of joins leaves the worker time for other pages.
_LONG: Final = 0.02
_PAUSE: Final = 2.0
_LONGEST_PAUSE: Final = 1.0

Served = Callable[[], Awaitable[None]]
"""Waits until the views have handled what they were sent."""


class Lists:
    """Topics and their subscribers.

    All changes within one turn of the event loop become one diff, and so do all while views render the last one.
    """

    def __init__(self, served: Served | None = None) -> None:
        self._served = served
        self._by_topic: dict[str, TopicPresence] = {}
        self._changed: dict[str, TopicPresence] = {}
        self._subscribers: dict[str, dict[Subscriber, None]] = {}
        self._subscriptions: dict[Subscriber, set[str]] = {}
        self._flushing = False
        self._serving: asyncio.Task[None] | None = None

    # Entries

    def put(self, place: Place, entry: PresenceEntry | None) -> None:
        """Set the entry at `place`, or remove it with None."""
        topic, key, ref = place
        found = self._by_topic.get(topic)
        if found is None:
            found = self._by_topic[topic] = TopicPresence(topic)
        found.put(key, ref, entry)
        self._changed[topic] = found
        if not self._flushing:
            self._schedule()

    def list(self, topic: str) -> dict[str, Present]:
        """Return the users of `topic` by key, in the order in which they came."""
        found = self._by_topic.get(topic)
        return {} if found is None else found.list()

    def get(self, topic: str, key: str) -> Present | None:
        """Return the user under `key`, None if not present."""
        found = self._by_topic.get(topic)
        return None if found is None else found.get(key)

    # Subscribers

    def subscribe(self, topic: str, subscriber: Subscriber) -> None:
        self._subscribers.setdefault(topic, {})[subscriber] = None
        self._subscriptions.setdefault(subscriber, set()).add(topic)

    def unsubscribe(self, topic: str, subscriber: Subscriber) -> None:
        """Stop the notifications. Unknown topics and subscribers are ignored."""
        topics = self._subscriptions.get(subscriber, set())
        topics.discard(topic)
        if not topics:
            self._subscriptions.pop(subscriber, None)
        self._remove_subscriber(topic, subscriber)

    def drop(self, subscriber: Subscriber) -> None:
        """Stop all notifications of a view that has ended."""
        for topic in self._subscriptions.pop(subscriber, ()):
            self._remove_subscriber(topic, subscriber)

    def _remove_subscriber(self, topic: str, subscriber: Subscriber) -> None:
        subscribers = self._subscribers.get(topic, {})
        subscribers.pop(subscriber, None)
        if not subscribers:
            self._subscribers.pop(topic, None)

    # Diffs

    def _schedule(self) -> None:
        self._flushing = True
        asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        changed, self._changed = self._changed, {}
        notified = [self._notify(topic, found) for topic, found in changed.items()]
        if self._served is not None and any(notified):
            self._serving = asyncio.get_running_loop().create_task(self._give_way(self._served))
        else:
            self._flushing = False

    def _notify(self, topic: str, found: TopicPresence) -> bool:
        """Send the changes of a topic to its subscribers. Return True if there are any."""
        diff = found.take_diff()
        if found.empty:
            self._by_topic.pop(topic, None)
        # A copy: a view may end during the delivery.
        subscribers = tuple(self._subscribers.get(topic, ()))
        if diff is None or not subscribers:
            return False
        event = InfoEvent(DIFF_EVENT, diff)
        for subscriber in subscribers:
            subscriber.deliver(event)
        return True

    async def _give_way(self, served: Served) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            await served()
            spent = loop.time() - began
            if spent > _LONG:
                await asyncio.sleep(min(_PAUSE * spent, _LONGEST_PAUSE))
        finally:
            self._serving = None
            self._flushing = False
        if self._changed:
            self._schedule()

    async def close(self) -> None:
        """Notify without pauses from now on, until the lists are used again, perhaps on another event loop."""
        serving, self._serving = self._serving, None
        if serving is not None:
            serving.cancel()
            await asyncio.wait([serving])
        self._flushing = False
        if self._changed:
            self._schedule()
