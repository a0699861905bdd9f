"""Presence of one application: the entries of its own views, and through the PubSub those of other workers."""

import asyncio
import logging
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from hashlib import blake2b
from itertools import count
from typing import Any, Final

import orjson

from pyview.events.info_event import InfoEvent
from pyview.presence.lists import Lists, Served
from pyview.presence.outbox import WORKERS, Outbox
from pyview.presence.places import Places, next_claim
from pyview.presence.replication import Peers
from pyview.presence.state import Place, PresenceEntry, Present, frozen
from pyview.pubsub.memory import MISSED, WORKER_TOPICS, PubSub, Subscriber
from pyview.wire.message import json_text

logger = logging.getLogger("pyview")

# Seconds that `start` waits for the entries of other workers. If their number is unknown, nothing shows that all have
# answered, so the wait is always the whole time.
START_TIMEOUT: Final = 1.0
UNKNOWN_TIMEOUT: Final = 0.25

# Intervals without a message after which a worker counts as dead. A worker that stands still for two intervals must
# not: its last heartbeat may be an interval old when it stops.
SILENT_INTERVALS: Final = 3.6

_TICKS: Final = 5  # in one interval; a dead worker is noticed at the next one

PageKey = tuple[str, ...]
"""Texts that name one view of one page. They stay the same when the page comes back, at this worker or another."""


class Tracked:
    """The entries of one view: the ref of its page, and one entry for each topic and key."""

    __slots__ = ("entries", "ref")

    def __init__(self, ref: str) -> None:
        self.ref = ref
        self.entries: dict[tuple[str, str], PresenceEntry] = {}


class Presence:
    """The users of each topic, on all workers. Has no timer and no task until it is used or started.

    A view is tracked until it ends. Each worker sends its changes to the others, and a heartbeat every `interval`
    seconds; after 3.6 intervals without a message it counts as dead, and its entries are removed. The entry of a page
    that has to leave its worker stays for `handover` seconds, so that the page can come back elsewhere unnoticed.
    `served` waits until the views have handled what they were sent. `clock` returns Unix time.
    """

    def __init__(
        self,
        pubsub: PubSub,
        interval: float = 2.5,
        handover: float = 10.0,
        *,
        served: Served | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._pubsub = pubsub
        self._interval = interval
        self._handover = handover
        self._worker_id = uuid.uuid4().hex
        self._refs_made = count(1)
        self._tracked: dict[Subscriber, Tracked] = {}
        self._owners: dict[Place, Subscriber] = {}
        self._lists = Lists(served)
        self._places = Places(self._lists.put, self._lost)
        self._outbox = Outbox(pubsub, self._worker_id, self._places)
        self._peers = Peers(
            self._worker_id,
            self._places,
            lambda: asyncio.get_running_loop().time(),
            handover,
            ask=self._outbox.ask,
            answer=self._outbox.answer,
            beat=self._outbox.beat,
        )
        self._timer: asyncio.TimerHandle | None = None
        self._ticks = 0
        self._removing: asyncio.Task[None] | None = None
        self._link_is_known = False
        self._complete: asyncio.Event | None = None
        self._expected = 0
        self._draining = False
        self._clock = clock

    # Requests of views

    def track(
        self,
        owner: Subscriber,
        topic: str,
        key: object,
        meta: Mapping[str, Any] | None = None,
        *,
        page: PageKey | None = None,
    ) -> None:
        """Track `owner` on `topic`, as one page of `key`. Tracking it again replaces its meta.

        `page` names the view and its page. An entry of the same page at another worker is replaced.

        Raises `UnencodableValue` if the meta is not JSON-serialisable, `TypeError` if it is not a mapping.
        """
        name, data = str(key), _meta(meta)
        self._begin()
        tracked = self._tracked.get(owner)
        if tracked is None:
            tracked = self._tracked[owner] = Tracked(self._new_ref() if page is None else _ref_of(page))
        known = tracked.entries.get((topic, name))
        if known is None:
            known = self._claimed(PresenceEntry(topic, name, tracked.ref, self._clock(), 0, None))
            self._owners[known.place] = owner
        entry = tracked.entries[topic, name] = known._replace(meta=data)
        # The view of a page that has gone to another worker may still handle messages.
        if self._owners.get(entry.place) is owner and entry != self._places.find(entry.place):
            self._set(entry)

    def update(self, owner: Subscriber, topic: str, key: object, meta: Mapping[str, Any]) -> None:
        """Replace the meta of a tracked page. Raises `LookupError` if it is not tracked."""
        tracked = self._tracked.get(owner)
        if tracked is None or (topic, str(key)) not in tracked.entries:
            raise LookupError(
                f"presence.update({topic!r}, {key!r}) expected a key that this view tracks: call track() first"
            )
        self.track(owner, topic, key, meta)

    def untrack(self, owner: Subscriber, topic: str, key: object = None) -> None:
        """Remove `owner` from `topic`, under `key` or under all of its keys. Untracked keys are ignored."""
        tracked = self._tracked.get(owner)
        if tracked is None:
            return
        for on, name in list(tracked.entries):
            if on == topic and (key is None or name == str(key)):
                self._remove(owner, tracked.entries.pop((on, name)), moved=False)
        if not tracked.entries:
            del self._tracked[owner]

    def drop(self, owner: Subscriber) -> None:
        """Remove the entries and subscriptions of a view that has ended. Never waits."""
        self._end(owner, moved=self._draining)
        self._lists.drop(owner)

    def hand_over(self, owner: Subscriber) -> None:
        """Keep the entries of a view that is about to end, because its page comes back to another one."""
        self._end(owner, moved=True)

    def hand_over_all(self) -> None:
        """Keep the entries of all views that end from now on: this worker stops, and its pages go to others."""
        self._draining = True

    def returned(self, owner: Subscriber) -> None:
        """Take back the entries of a view whose page has returned to it, perhaps after it was at another worker."""
        tracked = self._tracked.get(owner)
        if tracked is None:
            return
        for on, entry in tracked.entries.items():
            if self._owners.get(entry.place) is not owner:
                self._owners[entry.place] = owner
                tracked.entries[on] = self._claimed(entry)
                self._set(tracked.entries[on])

    def list(self, topic: str) -> dict[str, Present]:
        """Return the users of `topic` by key, in the order in which they came."""
        self._begin()
        return self._lists.list(topic)

    def get(self, topic: str, key: object) -> Present | None:
        """Return the user under `key`, None if not present."""
        self._begin()
        return self._lists.get(topic, str(key))

    def subscribe(self, topic: str, subscriber: Subscriber) -> None:
        """Deliver `InfoEvent("presence_diff", PresenceDiff)` for every change on `topic`."""
        self._begin()
        self._lists.subscribe(topic, subscriber)

    def unsubscribe(self, topic: str, subscriber: Subscriber) -> None:
        """Stop the notifications. Unknown topics and subscribers are ignored."""
        self._lists.unsubscribe(topic, subscriber)

    # Own entries

    def _new_ref(self) -> str:
        return f"{self._worker_id}.{next(self._refs_made)}"

    def _claimed(self, entry: PresenceEntry) -> PresenceEntry:
        """Return `entry` with a claim that no worker has yet. The page keeps the time of its arrival."""
        known = self._places.find(entry.place)
        return entry._replace(
            at=entry.at if known is None else known.at, claim=next_claim(known, self._clock())
        )

    def _set(self, entry: PresenceEntry) -> None:
        self._places.hold(self._worker_id, entry)
        self._outbox.set(entry)

    def _end(self, owner: Subscriber, *, moved: bool) -> None:
        tracked = self._tracked.pop(owner, None)
        for entry in tracked.entries.values() if tracked is not None else ():
            self._remove(owner, entry, moved=moved)

    def _remove(self, owner: Subscriber, entry: PresenceEntry, *, moved: bool) -> None:
        # Another view may hold it meanwhile: that of the same page after its return, here or elsewhere.
        place = entry.place
        if self._owners.get(place) is not owner:
            return
        del self._owners[place]
        if moved:
            until = asyncio.get_running_loop().time() + self._handover
            self._places.move(self._worker_id, place, entry.claim, until)
        else:
            self._places.leave(self._worker_id, place, entry.claim)
        self._outbox.remove(entry, moved=moved)

    def _lost(self, worker: str, entry: PresenceEntry, moved: bool) -> None:
        if worker == self._worker_id:
            self._owners.pop(entry.place, None)
            # For workers that have missed the message of the one that holds it now.
            self._outbox.remove(entry, moved=moved)

    # Messages of other workers

    def deliver(self, event: InfoEvent) -> Callable[[], Awaitable[None]] | None:
        """Receive a message of another worker: presence is itself a subscriber of the PubSub."""
        if event.name == MISSED:
            self._compare_all()
            return None
        try:
            self._peers.receive(event.payload)
        except (KeyError, TypeError, ValueError) as error:
            logger.warning("invalid message of a worker on %s: %.200r", WORKERS, error)
        if self._complete is not None and len(self._peers) >= self._expected:
            self._complete.set()
        return _next_turn

    def _compare_all(self) -> None:
        """Find out what was missed while the link to the other workers was lost."""
        self._peers.forget_questions()
        # Their heartbeats may have been lost as well.
        self._peers.restart_timeouts()
        self._outbox.beat(answer=True)

    # Start, heartbeat, end

    async def start(self) -> None:
        """Ask the other workers for their entries and wait a moment for them, so that the first list is complete.

        Entries of a worker that answers later arrive like any other change.
        """
        self._begin()
        count = getattr(self._pubsub, "others", None)  # a PubSub of the user may not have it
        others: int | None = await count() if count is not None else None
        self._link_is_known = self._link_is_known or bool(others)
        self._expected, timeout = (
            (others, START_TIMEOUT) if others is not None else (sys.maxsize, UNKNOWN_TIMEOUT)
        )
        if len(self._peers) >= self._expected:
            return
        self._complete = asyncio.Event()
        try:
            async with asyncio.timeout(timeout):
                await self._complete.wait()
        except TimeoutError:
            pass
        finally:
            self._complete = None

    def _begin(self) -> None:
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._schedule_tick(loop)
            self._outbox.open(self)

    def _schedule_tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = loop.call_later(self._interval / _TICKS, self._tick, loop)

    def _standstill(self, now: float) -> float:
        """Return the seconds for which this worker has stood still: its next tick is late by half an interval or more.

        It has not read its messages then, so that the others only seem to be silent.
        """
        late = 0.0 if self._timer is None else now - self._timer.when()
        return late if late > self._interval / 2 else 0.0

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        standstill = self._standstill(now)
        self._schedule_tick(loop)
        if standstill:
            self._peers.restart_timeouts()
            self._places.postpone(standstill)
        self._ticks += 1
        if self._ticks % _TICKS == 0:
            self._peers.forget_questions()
            self._outbox.beat()
        self._places.remove_overdue(now)
        # Before the link can be lost, it is known whether this PubSub notices that.
        unsure = not self._link_is_known and len(self._peers) > 0
        if self._removing is None and (unsure or self._peers.silent(self._silence)):
            self._removing = loop.create_task(self._remove_silent())

    @property
    def _silence(self) -> float:
        return SILENT_INTERVALS * self._interval

    async def _remove_silent(self) -> None:
        """Remove the dead workers. While the link to all others is lost, none counts as dead."""
        try:
            # This worker may have stood still while it asked, before a tick could notice that.
            if await self._link_is_lost() or self._standstill(asyncio.get_running_loop().time()):
                self._peers.restart_timeouts()
            for worker in self._peers.silent(self._silence):
                self._peers.remove(worker)
        finally:
            self._removing = None

    async def _link_is_lost(self) -> bool:
        reaches = getattr(self._pubsub, "reaches", None)
        if reaches is None:
            return False  # a PubSub of the user
        try:
            async with asyncio.timeout(self._interval):
                known = await reaches(f"{WORKER_TOPICS}presence") is not None
                known = known or bool(await self._pubsub.others())
        except Exception:
            return True
        self._link_is_known = self._link_is_known or known
        # A PubSub that can never answer shows nothing about its link.
        return self._link_is_known and not known

    async def close(self) -> None:
        """Send the other workers a goodbye, and remove their entries. It may be used again.

        After `hand_over_all` the others keep the entries of this worker for a while.
        """
        if self._timer is None:
            self._draining = False
            return
        self._timer.cancel()
        if self._removing is not None:
            self._removing.cancel()
            await asyncio.wait([self._removing])
        self._peers.remove_all()
        self._places.remove_moving()
        try:
            await self._outbox.close(moved=self._draining)
        finally:
            # Only now: `_begin` would start everything again if a view used presence during the waits above.
            self._timer = None
            self._draining = False
            await self._lists.close()


async def _next_turn() -> None:
    # A message may have hundreds of entries, and more of them may follow at once: the pages have their turn in between.
    await asyncio.sleep(0)


def _ref_of(page: PageKey) -> str:
    return blake2b("\0".join(page).encode(), digest_size=12).hexdigest()


def _meta(meta: Mapping[str, Any] | None) -> Any:
    if meta is not None and not isinstance(meta, Mapping):
        raise TypeError(f"the meta of a presence must be a mapping, such as {{'name': 'Ada'}}, got {meta!r}")
    return frozen(orjson.loads(json_text(meta or {}, "a presence's meta")))
