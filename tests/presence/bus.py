"""Workers in one event loop whose time jumps: hours of heartbeats take no time, and every run is the same."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from itertools import count
from typing import Any

from pyview.events.info_event import InfoEvent
from pyview.presence import Presence, PresenceDiff
from pyview.pubsub.memory import MISSED, MemoryPubSub, Subscriber

DELAY = 0.001


class JumpingSelector(selectors.SelectSelector):
    """Goes on to the next timer at once instead of waiting for it."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        if not found:
            assert timeout is not None, "everything waits, and there is no timer"
            self.now += max(0.0, timeout)
        return found


class JumpingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run `main` in an event loop whose time jumps."""
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(main)


class Bus:
    """Carries messages between links, in the order of each sender, and `DELAY` or more seconds later."""

    def __init__(self) -> None:
        self.links: list[Link] = []
        self.sent: list[tuple[str, Any]] = []
        self._last: dict[tuple[int, int], float] = {}

    def arrival(self, sender: "Link", receiver: "Link") -> float:
        # Not the same between all pairs: a message about a change at another worker may overtake that of this one.
        pair = self.links.index(sender), self.links.index(receiver)
        due = asyncio.get_running_loop().time() + DELAY * (1 + (pair[0] * 7 + pair[1] * 5) % 11)
        self._last[pair] = max(due, self._last.get(pair, 0.0) + DELAY / 1000)
        return self._last[pair]


class Link:
    """The PubSub of one worker. While it is `cut`, messages to it and from it are lost."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._local = MemoryPubSub()
        self.cut = False
        bus.links.append(self)
        self.subscribe = self._local.subscribe
        self.unsubscribe = self._local.unsubscribe
        self.drop = self._local.drop

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def broadcast(self, topic: str, message: Any, *, keep: float = 0.0) -> None:
        self._bus.sent.append((topic, message))
        await self._local.broadcast(topic, message)
        loop = asyncio.get_running_loop()
        for link in self._bus.links:
            if link is not self and not self.cut:
                loop.call_at(self._bus.arrival(self, link), link.receive, topic, message)

    def receive(self, topic: str, message: Any) -> None:
        if not self.cut:
            self._task = asyncio.ensure_future(self._local.broadcast(topic, message))

    async def others(self) -> int | None:
        return None if self.cut else sum(not link.cut for link in self._bus.links) - 1

    async def reaches(self, topic: str) -> bool | None:
        if self.cut:
            return None
        return any(
            link._local.subscribers(topic) for link in self._bus.links if not link.cut and link is not self
        )

    def heal(self, seconds: float) -> None:
        if self.cut:
            self.cut = False
            self._task = asyncio.ensure_future(self._local.broadcast(MISSED, {"seconds": seconds}))


def worker(link: Link) -> Presence:
    """Return the presence of one worker. Its clock goes on a little with each look, so that entries have an order."""
    loop, looks = asyncio.get_running_loop(), count()
    return Presence(link, clock=lambda: 1_800_000_000 + loop.time() + next(looks) / 1e6)


class Watcher:
    """A view that subscribes to one topic of one worker, and notes when it gets which diff."""

    def __init__(self, presence: Presence, topic: str = "room") -> None:
        self.diffs: list[tuple[float, PresenceDiff]] = []
        presence.subscribe(topic, self)

    def deliver(self, event: InfoEvent) -> None:
        self.diffs.append((asyncio.get_running_loop().time(), event.payload))

    def left(self) -> list[tuple[float, str]]:
        """Return the keys that have left, with the time."""
        return [(at, key) for at, diff in self.diffs for key in diff.left]


class Page:
    """A page in a browser; the view that it has at its worker is the subscriber."""

    def __init__(self, name: str, meta: dict[str, Any] | None = None) -> None:
        self.name = name
        self.meta = meta or {}
        self.view: Subscriber | None = None
        self.presence: Presence | None = None

    def open(self, presence: Presence) -> None:
        """Join at `presence`, with a view of its own."""
        self.view, self.presence = _View(), presence
        presence.track(self.view, "room", self.name, self.meta, page=(self.name, "load", "id"))

    def ghost(self) -> Callable[[], None]:
        """Lose the connection; return what ends the view later, at the worker that still has it."""
        view, presence = self.view, self.presence
        assert view is not None
        assert presence is not None
        self.view = self.presence = None

        def end() -> None:
            presence.hand_over(view)
            presence.drop(view)

        return end

    def close(self) -> None:
        """Leave for good."""
        if self.view is not None and self.presence is not None:
            self.presence.drop(self.view)
        self.view = self.presence = None


class _View:
    def deliver(self, event: InfoEvent) -> None: ...


def metas(presence: Presence, topic: str = "room") -> dict[str, list[dict[str, Any]]]:
    return {key: [dict(meta) for meta in one.metas] for key, one in presence.list(topic).items()}
