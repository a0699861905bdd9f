"""Presence of one application: its own views', and through the PubSub that of the other workers.

Presence as one view's socket offers it.
"""

import asyncio
import logging
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import count
from typing import Any, Final

import orjson

from pyview.events.info_event import InfoEvent
from pyview.presence.replication import Message, Others
from pyview.presence.state import PresenceDiff, PresenceEntry, Present, Room, frozen
from pyview.pubsub.memory import PubSub, Subscriber
from pyview.wire.message import json_text

logger = logging.getLogger("pyview")

DIFF_EVENT: Final = "presence_diff"
"""The name under which views hear of changes: `@info("presence_diff")`."""

WORKERS: Final = "pyview:presence"
"""The topic on which workers talk to each other."""

PATIENCE: Final = 1.0  # seconds that a start waits for the other workers, whose number is known
BLIND_PATIENCE: Final = 0.25  # the same where their number is unknown
_CLOCK: Final = 0.01  # seconds by which a timer may be early


class Presence:
    """The users of each topic, on all workers. Costs nothing until it is used, or started where other workers may be.

    A view is tracked until it ends. Its worker tells the others, and says every `interval` seconds that it is still
    there: one that is silent for three intervals counts as dead, with all that it tracked. What happens within one turn
    of the event loop is told as one diff.
    """

    def __init__(self, pubsub: PubSub, interval: float = 5.0) -> None:
        self._pubsub = pubsub
        self._interval = interval
        self._here = uuid.uuid4().hex
        self._numbers = count(1)
        self._rooms: dict[str, Room] = {}
        self._own: dict[str, PresenceEntry] = {}
        self._refs: dict[Subscriber, dict[tuple[str, str], str]] = {}
        self._listeners: dict[str, dict[Subscriber, None]] = {}
        self._topics: dict[Subscriber, set[str]] = {}
        self._touched: dict[str, Room] = {}
        self._changes: dict[str, PresenceEntry | None] = {}
        self._gone: dict[str, PresenceEntry] = {}
        self._flushing = False
        self._number = 0
        self._outgoing: list[Message] = []
        self._sending: asyncio.Task[None] | None = None
        self._beating: asyncio.TimerHandle | None = None
        self._watching: asyncio.TimerHandle | None = None
        self._learnt = asyncio.Event()
        self._expected = 0
        self._asked: set[str] = set()
        self._others = Others(self._here, self._put, self._ask, self._tell_everything, interval)

    # What views ask for

    def track(
        self, owner: Subscriber, topic: str, key: object, meta: Mapping[str, Any] | None = None
    ) -> None:
        """`owner` is on `topic`, as one page of `key`. Tracking it again changes its meta.

        Raises `UnencodableValue` for a meta that is no JSON data, `TypeError` for one that has no names.
        """
        name, data = str(key), _meta(meta)
        self._begin()
        refs = self._refs.setdefault(owner, {})
        ref = refs.setdefault((topic, name), f"{self._here}.{next(self._numbers)}")
        at = self._own[ref].at if ref in self._own else time.time()
        self._set(PresenceEntry(ref, topic, name, at, data))

    def update(self, owner: Subscriber, topic: str, key: object, meta: Mapping[str, Any]) -> None:
        """Change the meta of a page that is tracked. Raises `LookupError` where it is not."""
        if (topic, str(key)) not in self._refs.get(owner, {}):
            raise LookupError(
                f"presence.update expected something tracked: {key!r} is not, on {topic!r}, by this view"
            )
        self.track(owner, topic, key, meta)

    def untrack(self, owner: Subscriber, topic: str, key: object = None) -> None:
        """`owner` is no longer on `topic`, as `key` or at all. What was not tracked is ignored."""
        refs = self._refs.get(owner, {})
        for there, name in list(refs):
            if there == topic and (key is None or name == str(key)):
                self._remove(refs.pop((there, name)))
        if not refs:
            self._refs.pop(owner, None)

    def drop(self, owner: Subscriber) -> None:
        """Forget a view that has ended. Never waits."""
        for ref in self._refs.pop(owner, {}).values():
            self._remove(ref)
        for topic in self._topics.pop(owner, ()):
            self._deafen(topic, owner)

    def list(self, topic: str) -> dict[str, Present]:
        """Everybody on `topic`, by key; who came first goes first."""
        self._begin()
        room = self._rooms.get(topic)
        return {} if room is None else room.present()

    def get(self, topic: str, key: object) -> Present | None:
        """Who is there under `key`, if anybody is."""
        self._begin()
        room = self._rooms.get(topic)
        return None if room is None else room.one(str(key))

    def subscribe(self, topic: str, subscriber: Subscriber) -> None:
        """Deliver `InfoEvent("presence_diff", PresenceDiff)` whenever something changes on `topic`."""
        self._begin()
        self._listeners.setdefault(topic, {})[subscriber] = None
        self._topics.setdefault(subscriber, set()).add(topic)

    def unsubscribe(self, topic: str, subscriber: Subscriber) -> None:
        """Unknown topics and subscribers are ignored."""
        self._topics.get(subscriber, set()).discard(topic)
        self._deafen(topic, subscriber)

    def _deafen(self, topic: str, subscriber: Subscriber) -> None:
        listeners = self._listeners.get(topic, {})
        listeners.pop(subscriber, None)
        if not listeners:
            self._listeners.pop(topic, None)

    # Changes

    def _set(self, entry: PresenceEntry) -> None:
        if self._own.get(entry.ref) == entry:
            return
        self._own[entry.ref] = self._changes[entry.ref] = entry
        self._put(entry.topic, entry.key, entry.ref, entry)

    def _remove(self, ref: str) -> None:
        entry = self._own.pop(ref)
        self._changes[ref] = None
        self._gone[ref] = entry
        self._put(entry.topic, entry.key, ref, None)

    def _put(self, topic: str, key: str, ref: str, entry: PresenceEntry | None) -> None:
        room = self._rooms.get(topic)
        if room is None:
            room = self._rooms[topic] = Room(topic)
        room.put(key, ref, entry)
        self._touched[topic] = room
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        touched, self._touched = self._touched, {}
        for topic, room in touched.items():
            diff = room.take_diff()
            if room.empty:
                self._rooms.pop(topic, None)
            if diff is not None:
                self._tell_views(diff)
        if self._changes:
            self._tell_workers()

    def _tell_views(self, diff: PresenceDiff) -> None:
        event = InfoEvent(DIFF_EVENT, diff)
        # A copy: a view may end while it is told.
        for subscriber in tuple(self._listeners.get(diff.topic, ())):
            subscriber.deliver(event)

    # Other workers

    def deliver(self, event: InfoEvent) -> None:
        """What another worker says: presence is a subscriber itself."""
        try:
            self._others.hear(event.payload)
        except (KeyError, TypeError, ValueError) as error:
            logger.warning("%s carries what is no message of a worker: %r", WORKERS, error)
        if len(self._others) >= self._expected:
            self._learnt.set()

    def _tell_workers(self) -> None:
        changes, self._changes = self._changes, {}
        gone, self._gone = self._gone, {}
        self._number += 1
        entries = [_fields(entry) if entry else _farewell(gone[ref]) for ref, entry in changes.items()]
        self._send({"kind": "changes", "number": self._number, "entries": entries})

    def _tell_everything(self) -> None:
        # What has changed in this turn is in there already, and comes once more as a change.
        entries = [_fields(entry) for entry in self._own.values()]
        self._send({"kind": "everything", "number": self._number, "entries": entries})

    def _ask(self, worker: str) -> None:
        if worker not in self._asked:
            self._asked.add(worker)
            self._send({"kind": "ask", "whom": worker})

    def _send(self, message: Message) -> None:
        self._outgoing.append({"from": self._here, **message})
        if self._sending is None:
            self._sending = asyncio.get_running_loop().create_task(self._send_all())

    async def _send_all(self) -> None:
        try:
            while self._outgoing:
                await self._pubsub.broadcast(WORKERS, self._outgoing.pop(0))
        except Exception:
            logger.exception("Other workers were not told who is here; the next heartbeat puts that right")
        finally:
            self._sending = None

    # Begin, beat, end

    async def start(self) -> None:
        """Ask the other workers for their lists, and wait a moment for the answers, so that the first list is whole.

        The list of a worker that answers too late arrives like any other change.
        """
        self._begin()
        count = getattr(self._pubsub, "others", None)  # a PubSub of the application's own may lack it
        others: int | None = await count() if count is not None else None
        self._expected, patience = (others, PATIENCE) if others is not None else (sys.maxsize, BLIND_PATIENCE)
        if len(self._others) >= self._expected:
            return
        self._learnt = asyncio.Event()  # of this event loop
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._learnt.wait()

    def _begin(self) -> None:
        if self._beating is None:
            loop = asyncio.get_running_loop()
            self._next_beat(loop)
            self._sending = loop.create_task(self._introduce())
            self._tell_everything()
            self._send({"kind": "ask", "whom": None})

    async def _introduce(self) -> None:
        # Heard before asked, so that nothing they answer is missed.
        try:
            await self._pubsub.subscribe(WORKERS, self)
        except Exception:
            logger.exception("Other workers cannot be heard; presence is that of this one")
        await self._send_all()

    def _next_beat(self, loop: asyncio.AbstractEventLoop) -> None:
        due = loop.time() + self._interval
        self._beating = loop.call_at(due, self._beat, loop, due)

    def _beat(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        self._next_beat(loop)
        self._asked.clear()
        if loop.time() - due > self._interval:
            self._others.excuse_all()  # it was this worker that stood still, and heard nobody
        self._others.forget_the_silent()
        self._watch(loop)
        self._send({"kind": "beat", "number": self._number})

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Forget a worker when its time is over, and not at the heartbeat after that."""
        if self._watching is not None:
            self._watching.cancel()
        left = self._others.until_silent() + _CLOCK
        if left < self._interval:
            self._watching = loop.call_later(left, self._look, loop, loop.time() + left)

    def _look(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        self._watching = None
        if loop.time() - due > self._interval:
            return  # it was this worker that stood still: the heartbeat, which is late as well, excuses the others
        self._others.forget_the_silent()
        self._watch(loop)

    async def close(self) -> None:
        """Say goodbye to the other workers, and forget them. May be used again afterwards."""
        if self._beating is None:
            return
        self._beating.cancel()
        if self._watching is not None:
            self._watching.cancel()
            self._watching = None
        while self._sending is not None:
            await asyncio.wait([self._sending])
        self._pubsub.drop(self)
        self._others.forget_all()
        await self._pubsub.broadcast(WORKERS, {"from": self._here, "kind": "bye"})
        self._beating = None


def _meta(meta: Mapping[str, Any] | None) -> Any:
    if meta is not None and not isinstance(meta, Mapping):
        raise TypeError(f"a presence's meta has names and values, such as {{'name': 'Ada'}}, got {meta!r}")
    return frozen(orjson.loads(json_text(meta or {}, "a presence's meta")))


def _fields(entry: PresenceEntry) -> list[Any]:
    return [entry.ref, entry.topic, entry.key, entry.at, entry.meta]


def _farewell(entry: PresenceEntry) -> list[Any]:
    return [entry.ref, entry.topic, entry.key, entry.at, None]


class ViewPresence:
    """Who is where, seen and changed by one view.

    While the page is made over HTTP there is no view yet that could be present: then `track` and `subscribe` do
    nothing, and `list` tells who is there. What a view tracks ends with it.
    """

    __slots__ = ("_owner", "_presence")

    def __init__(self, presence: Presence, owner: Callable[[], Subscriber | None]) -> None:
        """`owner` gives the view, None when there is none or it has ended."""
        self._presence = presence
        self._owner = owner

    async def track(self, topic: str, key: object, meta: Mapping[str, Any] | None = None) -> None:
        """This view is on `topic` as `key`, such as a user's id. One key may have many views: tabs, devices.

        `meta` is JSON data about this page. Tracking the same key again changes its meta. Raises `UnencodableValue`.
        """
        owner = self._owner()
        if owner is not None:
            self._presence.track(owner, topic, key, meta)

    async def update(self, topic: str, key: object, meta: Mapping[str, Any]) -> None:
        """Change the meta of what this view tracks. Raises `LookupError` if it tracks no such key."""
        owner = self._owner()
        if owner is not None:
            self._presence.update(owner, topic, key, meta)

    async def untrack(self, topic: str, key: object = None) -> None:
        """This view is no longer there, as `key` or at all."""
        owner = self._owner()
        if owner is not None:
            self._presence.untrack(owner, topic, key)

    async def subscribe(self, topic: str) -> None:
        """Hear who comes to `topic` and who goes: `InfoEvent("presence_diff", PresenceDiff)`."""
        owner = self._owner()
        if owner is not None:
            self._presence.subscribe(topic, owner)

    async def unsubscribe(self, topic: str) -> None:
        """Hear of `topic` no more."""
        owner = self._owner()
        if owner is not None:
            self._presence.unsubscribe(topic, owner)

    def list(self, topic: str) -> dict[str, Present]:
        """Everybody on `topic`, by key; who came first goes first."""
        return self._presence.list(topic)

    def get(self, topic: str, key: object) -> Present | None:
        """Who is there under `key`, if anybody is."""
        return self._presence.get(topic, key)
