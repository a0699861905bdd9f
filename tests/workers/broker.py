"""A broker within one process, for several applications that are its workers."""

from typing import Any

from pyview.pubsub.memory import MemoryPubSub, Subscriber


class Broker:
    """Stands for a broker that all workers use. It records what passes, and may hold it back."""

    def __init__(self) -> None:
        self.passed: list[tuple[str, Any]] = []
        self.holding = False
        self._topics = MemoryPubSub()

    async def start(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def subscribe(self, topic: str, subscriber: Subscriber) -> None:
        await self._topics.subscribe(topic, subscriber)

    async def unsubscribe(self, topic: str, subscriber: Subscriber) -> None:
        await self._topics.unsubscribe(topic, subscriber)

    def drop(self, subscriber: Subscriber) -> None:
        self._topics.drop(subscriber)

    async def broadcast(self, topic: str, message: Any, *, keep: float = 0.0) -> None:
        self.passed.append((topic, message))
        if not self.holding:
            await self._topics.broadcast(topic, message)

    async def release(self) -> None:
        self.holding = False
        passed, self.passed = self.passed, []
        for topic, message in passed:
            await self.broadcast(topic, message)

    async def others(self) -> int:
        return 0  # a worker does not wait for the lists of presence of the others

    async def reaches(self, topic: str) -> bool:
        return self._topics.subscribers(topic) > 0
