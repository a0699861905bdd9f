"""The contract between views and whatever carries their broadcasts."""

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
