"""Presence of one application: the entries of its own views, and through the PubSub those of other workers."""

import asyncio
import logging
import sys
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from typing import Any, Final

import orjson

from pyview.events.info_event import InfoEvent
from pyview.presence.replication import Message, Peers
from pyview.presence.state import PresenceEntry, Present, TopicPresence, frozen
from pyview.pubsub.memory import PubSub, Subscriber
from pyview.wire.message import json_text

logger = logging.getLogger("pyview")

DIFF_EVENT: Final = "presence_diff"
"""Name of the `InfoEvent` for changes: `@info("presence_diff")`."""

WORKERS: Final = "pyview:presence"
"""Topic of the messages between workers."""

# Seconds that `start` waits for the entries of other workers. If their number is unknown, nothing shows that all have
# answered, so the wait is always the whole time.
START_TIMEOUT: Final = 1.0
UNKNOWN_TIMEOUT: Final = 0.25

_CLOCK_RESOLUTION: Final = 0.01  # seconds by which a timer of the event loop may be early


class Presence:
    """The users of each topic, on all workers. Has no timer and no task until it is used or started.

    A view is tracked until it ends. Each worker sends its changes to the others, and a heartbeat every `interval`
    seconds: after three intervals without a message it counts as dead, and its entries are removed. All changes within
    one turn of the event loop become one diff.
    """

    def __init__(self, pubsub: PubSub, interval: float = 5.0) -> None:
        self._pubsub = pubsub
        self._interval = interval
        self._worker_id = uuid.uuid4().hex
        self._refs_made = count(1)
        self._by_topic: dict[str, TopicPresence] = {}
        self._own_entries: dict[str, PresenceEntry] = {}
        self._refs: dict[Subscriber, dict[tuple[str, str], str]] = {}
        self._subscribers: dict[str, dict[Subscriber, None]] = {}
        self._subscriptions: dict[Subscriber, set[str]] = {}
        self._changed_topics: dict[str, TopicPresence] = {}
        self._changes: dict[str, PresenceEntry | None] = {}
        self._removed: dict[str, PresenceEntry] = {}
        self._flushing = False
        self._change_number = 0
        self._outgoing: list[Message] = []
        self._sending: asyncio.Task[None] | None = None
        self._heartbeat: asyncio.TimerHandle | None = None
        self._timeout: asyncio.TimerHandle | None = None
        self._complete = asyncio.Event()
        self._expected = 0
        self._requested: set[str] = set()
        self._peers = Peers(self._worker_id, self._put, self._request, self._send_everything, interval)

    # Requests of views

    def track(
        self, owner: Subscriber, topic: str, key: object, meta: Mapping[str, Any] | None = None
    ) -> None:
        """Track `owner` on `topic`, as one page of `key`. Tracking it again replaces its meta.

        Raises `UnencodableValue` if the meta is not JSON-serialisable, `TypeError` if it is not a mapping.
        """
        name, data = str(key), _meta(meta)
        self._begin()
        refs = self._refs.setdefault(owner, {})
        ref = refs.setdefault((topic, name), f"{self._worker_id}.{next(self._refs_made)}")
        at = self._own_entries[ref].at if ref in self._own_entries else time.time()
        self._set(PresenceEntry(ref, topic, name, at, data))

    def update(self, owner: Subscriber, topic: str, key: object, meta: Mapping[str, Any]) -> None:
        """Replace the meta of a tracked page. Raises `LookupError` if it is not tracked."""
        if (topic, str(key)) not in self._refs.get(owner, {}):
            raise LookupError(
                f"presence.update({topic!r}, {key!r}) expected a key that this view tracks: call track() first"
            )
        self.track(owner, topic, key, meta)

    def untrack(self, owner: Subscriber, topic: str, key: object = None) -> None:
        """Remove `owner` from `topic`, under `key` or under all of its keys. Untracked keys are ignored."""
        refs = self._refs.get(owner, {})
        for tracked, name in list(refs):
            if tracked == topic and (key is None or name == str(key)):
                self._remove(refs.pop((tracked, name)))
        if not refs:
            self._refs.pop(owner, None)

    def drop(self, owner: Subscriber) -> None:
        """Remove the entries and subscriptions of a view that has ended. Never waits."""
        for ref in self._refs.pop(owner, {}).values():
            self._remove(ref)
        for topic in self._subscriptions.pop(owner, ()):
            self._remove_subscriber(topic, owner)

    def list(self, topic: str) -> dict[str, Present]:
        """Return the users of `topic` by key, in the order in which they came."""
        self._begin()
        found = self._by_topic.get(topic)
        return {} if found is None else found.list()

    def get(self, topic: str, key: object) -> Present | None:
        """Return the user under `key`, None if not present."""
        self._begin()
        found = self._by_topic.get(topic)
        return None if found is None else found.get(str(key))

    def subscribe(self, topic: str, subscriber: Subscriber) -> None:
        """Deliver `InfoEvent("presence_diff", PresenceDiff)` for every change on `topic`."""
        self._begin()
        self._subscribers.setdefault(topic, {})[subscriber] = None
        self._subscriptions.setdefault(subscriber, set()).add(topic)

    def unsubscribe(self, topic: str, subscriber: Subscriber) -> None:
        """Stop the notifications. Unknown topics and subscribers are ignored."""
        self._subscriptions.get(subscriber, set()).discard(topic)
        self._remove_subscriber(topic, subscriber)

    def _remove_subscriber(self, topic: str, subscriber: Subscriber) -> None:
        subscribers = self._subscribers.get(topic, {})
        subscribers.pop(subscriber, None)
        if not subscribers:
            self._subscribers.pop(topic, None)

    # Changes

    def _set(self, entry: PresenceEntry) -> None:
        if self._own_entries.get(entry.ref) == entry:
            return
        self._own_entries[entry.ref] = self._changes[entry.ref] = entry
        self._put(entry.topic, entry.key, entry.ref, entry)

    def _remove(self, ref: str) -> None:
        entry = self._own_entries.pop(ref)
        self._changes[ref] = None
        self._removed[ref] = entry
        self._put(entry.topic, entry.key, ref, None)

    def _put(self, topic: str, key: str, ref: str, entry: PresenceEntry | None) -> None:
        found = self._by_topic.get(topic)
        if found is None:
            found = self._by_topic[topic] = TopicPresence(topic)
        found.put(key, ref, entry)
        self._changed_topics[topic] = found
        # One diff for this turn of the event loop: a hundred views that join together do not cause a hundred renders.
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        changed, self._changed_topics = self._changed_topics, {}
        for topic, found in changed.items():
            diff = found.take_diff()
            if found.empty:
                self._by_topic.pop(topic, None)
            if diff is not None:
                event = InfoEvent(DIFF_EVENT, diff)
                # A copy: a view may end during the delivery.
                for subscriber in tuple(self._subscribers.get(topic, ())):
                    subscriber.deliver(event)
        if self._changes:
            self._send_changes()

    # Messages to other workers, and from them

    def deliver(self, event: InfoEvent) -> None:
        """Receive a message of another worker: presence is itself a subscriber of the PubSub."""
        try:
            self._peers.receive(event.payload)
        except (KeyError, TypeError, ValueError) as error:
            logger.warning("invalid message of a worker on %s: %r", WORKERS, error)
        if len(self._peers) >= self._expected:
            self._complete.set()

    def _send_changes(self) -> None:
        changes, self._changes = self._changes, {}
        removed, self._removed = self._removed, {}
        self._change_number += 1
        entries = [list(entry or removed[ref]._replace(meta=None)) for ref, entry in changes.items()]
        self._send({"kind": "changes", "number": self._change_number, "entries": entries})

    def _send_everything(self) -> None:
        # The changes of this turn are included, and follow once more as changes. Applying them twice does no harm.
        entries = [list(entry) for entry in self._own_entries.values()]
        self._send({"kind": "everything", "number": self._change_number, "entries": entries})

    def _request(self, worker: str) -> None:
        # Once per heartbeat: further changes of the worker may arrive before its answer, and each would ask again.
        if worker not in self._requested:
            self._requested.add(worker)
            self._send({"kind": "ask", "whom": worker})

    def _send(self, message: Message) -> None:
        self._outgoing.append({"from": self._worker_id, **message})
        if self._sending is None:
            self._sending = asyncio.get_running_loop().create_task(self._send_all())

    async def _send_all(self) -> None:
        # One task at a time, so that the messages keep their order.
        try:
            while self._outgoing:
                await self._pubsub.broadcast(WORKERS, self._outgoing.pop(0))
        except Exception:
            logger.exception(
                "sending presence to other workers failed; the next heartbeat repairs their lists"
            )
        finally:
            self._sending = None

    # Start, heartbeat, end

    async def start(self) -> None:
        """Ask the other workers for their entries and wait a moment for them, so that the first list is complete.

        Entries of a worker that answers later arrive like any other change.
        """
        self._begin()
        count = getattr(self._pubsub, "others", None)  # a PubSub of the user may not have it
        others: int | None = await count() if count is not None else None
        self._expected, timeout = (
            (others, START_TIMEOUT) if others is not None else (sys.maxsize, UNKNOWN_TIMEOUT)
        )
        if len(self._peers) >= self._expected:
            return
        self._complete = asyncio.Event()  # the application may be started again on another event loop
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._complete.wait()

    def _begin(self) -> None:
        if self._heartbeat is None:
            loop = asyncio.get_running_loop()
            self._schedule_heartbeat(loop)
            # Set before the first `_send`, which would otherwise start a task that does not subscribe first.
            self._sending = loop.create_task(self._introduce())
            self._send_everything()
            self._send({"kind": "ask", "whom": None})

    async def _introduce(self) -> None:
        # Subscribe first, ask next, so that no answer is missed.
        try:
            await self._pubsub.subscribe(WORKERS, self)
        except Exception:
            logger.exception("subscribing to other workers failed; presence has this worker's entries only")
        await self._send_all()

    def _schedule_heartbeat(self, loop: asyncio.AbstractEventLoop) -> None:
        due = loop.time() + self._interval
        self._heartbeat = loop.call_at(due, self._beat, loop, due)

    def _beat(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        self._schedule_heartbeat(loop)
        self._requested.clear()
        if loop.time() - due > self._interval:
            # This worker was blocked and has not read its messages: the others are not dead.
            self._peers.reset_timeouts()
        self._peers.remove_timed_out()
        self._watch_timeouts(loop)
        self._send({"kind": "beat", "number": self._change_number})

    def _watch_timeouts(self, loop: asyncio.AbstractEventLoop) -> None:
        """Remove a dead worker at its timeout, and not only at the next heartbeat."""
        if self._timeout is not None:
            self._timeout.cancel()
        left = self._peers.next_timeout() + _CLOCK_RESOLUTION
        if left < self._interval:
            self._timeout = loop.call_later(left, self._check_timeouts, loop, loop.time() + left)

    def _check_timeouts(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        self._timeout = None
        if loop.time() - due > self._interval:
            return  # this worker was blocked: its heartbeat is late, too, and resets the timeouts
        self._peers.remove_timed_out()
        self._watch_timeouts(loop)

    async def close(self) -> None:
        """Send the other workers a goodbye, and remove their entries. It may be used again."""
        if self._heartbeat is None:
            return
        self._heartbeat.cancel()
        if self._timeout is not None:
            self._timeout.cancel()
            self._timeout = None
        # The goodbye must be last: after a later change, the others would ask for all entries again.
        while self._sending is not None:
            await asyncio.wait([self._sending])
        self._pubsub.drop(self)
        self._peers.remove_all()
        try:
            await self._pubsub.broadcast(WORKERS, {"from": self._worker_id, "kind": "bye"})
        finally:
            # Only now: `_begin` would start everything again if a view used presence during the waits above.
            self._heartbeat = None


def _meta(meta: Mapping[str, Any] | None) -> Any:
    if meta is not None and not isinstance(meta, Mapping):
        raise TypeError(f"the meta of a presence must be a mapping, such as {{'name': 'Ada'}}, got {meta!r}")
    return frozen(orjson.loads(json_text(meta or {}, "a presence's meta")))
