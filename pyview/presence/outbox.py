"""Messages of one worker to the others.

What is due is noted and not queued: while the PubSub is slow, the next message becomes longer, and nothing piles up.
"""

import asyncio
import logging
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, Final, TypeAlias

from pyview.presence.places import Places
from pyview.presence.replication import Message
from pyview.presence.state import Place, PresenceEntry
from pyview.pubsub.memory import MISSED, WORKER_TOPICS, MemoryPubSub, PubSub, Subscriber
from pyview.wire.message import json_text

logger = logging.getLogger("pyview")

WORKERS: Final = "pyview:presence"
"""Topic of the messages to all workers."""

_PAUSE: Final = 0.05  # seconds from one message with changes to the next
_MOST_ENTRIES: Final = 500  # in one message
_PART_BYTES: Final = 256 * 1024  # after which a message gets no further entry


Rows: TypeAlias = list[list[Any]]
"""Entries or changes as they are sent."""


def topic_of(worker_id: str) -> str:
    """Return the topic of the messages to one worker."""
    return f"{WORKER_TOPICS}presence:{worker_id}"


class Outbox:
    """Sends the messages of `worker_id`, one after another."""

    def __init__(self, pubsub: PubSub, worker_id: str, places: Places) -> None:
        self._pubsub = pubsub
        self._worker_id = worker_id
        self._places = places
        self._number = 0
        self._changes: dict[Place, list[Any]] = {}
        self._next_changes = 0.0
        # Workers in the order in which their messages became due; None stands for all workers.
        self._answers: dict[str | None, None] = {}
        self._asks: dict[str | None, None] = {}
        self._beat: Message | None = None
        self._subscriber: Subscriber | None = None
        self._sending: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    # What is due

    def open(self, subscriber: Subscriber) -> None:
        """Subscribe to the messages of other workers, send them all entries, and ask for theirs."""
        self._answers[None] = self._asks[None] = None
        self._sending = asyncio.get_running_loop().create_task(self._introduce(subscriber))

    def set(self, entry: PresenceEntry) -> None:
        """Send an entry that is new or has changed."""
        self._change(entry.place, list(entry))

    def remove(self, entry: PresenceEntry, *, moved: bool) -> None:
        """Send the removal of an entry. `moved`: its page may come back at another worker."""
        self._change(entry.place, [*entry.place, entry.claim, moved])

    def answer(self, worker: str | None) -> None:
        """Send all entries."""
        self._answers[worker] = None
        self._wake()

    def ask(self, worker: str | None) -> None:
        """Ask for all entries of another worker."""
        self._asks[worker] = None
        self._wake()

    def beat(self, *, answer: bool = False) -> None:
        """Send a heartbeat; `answer` asks the others for theirs."""
        answer = answer or (self._beat is not None and self._beat["answer"])
        self._beat = {"kind": "beat", "answer": answer}
        self._wake()

    def _change(self, place: Place, fields: list[Any]) -> None:
        self._changes[place] = fields
        if self._timer is None:
            self._wake()

    # Sending

    @property
    def _alone(self) -> bool:
        """True if no other worker could receive a message."""
        return isinstance(self._pubsub, MemoryPubSub) and self._pubsub.subscribers(WORKERS) <= 1

    @property
    def _changes_due(self) -> bool:
        return bool(self._changes) and asyncio.get_running_loop().time() >= self._next_changes

    def _wake(self) -> None:
        if self._sending is not None:
            return
        if self._alone:
            self._drop_all()
        else:
            self._sending = asyncio.get_running_loop().create_task(self._send_due())

    def _drop_all(self) -> None:
        # A worker that comes later asks for all entries.
        self._number += 1
        self._changes.clear()
        self._answers.clear()
        self._asks.clear()
        self._beat = None

    async def _introduce(self, subscriber: Subscriber) -> None:
        # Subscribe first, ask next, so that no answer is missed.
        self._subscriber = subscriber
        try:
            for topic in (WORKERS, topic_of(self._worker_id), MISSED):
                await self._pubsub.subscribe(topic, subscriber)
        except Exception:
            logger.exception("subscribing to other workers failed; presence has this worker's entries only")
        if self._alone:
            self._drop_all()
        await self._send_due()

    async def _send_due(self) -> None:
        # One task at a time, so that the messages keep their order.
        try:
            while self._changes_due or self._answers or self._asks or self._beat:
                await self._send_next()
        except Exception:
            logger.exception(
                "sending presence to other workers failed; the next heartbeat repairs their lists"
            )
        finally:
            self._sending = None
        if self._changes and self._timer is None:
            self._timer = asyncio.get_running_loop().call_at(self._next_changes, self._after_pause)

    def _after_pause(self) -> None:
        self._timer = None
        self._wake()

    async def _send_next(self) -> None:
        if self._changes_due:
            await self._send_changes()
        elif self._answers:
            await self._send_everything(_first(self._answers))
        elif self._asks:
            await self._send({"kind": "ask", "whom": _first(self._asks)})
        elif self._beat is not None:
            beat, self._beat = self._beat, None
            await self._send({**beat, "number": self._number})

    async def _send_changes(self) -> None:
        changes, self._changes = list(self._changes.values()), {}
        # A storm of joins is one message for each pause, and not one for each join.
        self._next_changes = asyncio.get_running_loop().time() + _PAUSE
        for some in _parts(changes):
            self._number += 1
            await self._send({"kind": "changes", "number": self._number, "changes": some})

    async def _send_everything(self, worker: str | None) -> None:
        # Changes that are not sent yet are included, and follow once more. Applying them twice does no harm.
        now, number = asyncio.get_running_loop().time(), self._number
        held = _parts([list(entry) for entry in self._places.of(self._worker_id)])
        moving = _parts([[*each.entry, round(each.until - now, 3)] for each in self._places.moving()])
        # The last message has no entries: only then it is known that it is the last one.
        part, nothing = 0, Rows()
        for part, (entries, others) in enumerate(zip_longest(held, moving, fillvalue=nothing), 1):
            await self._send_part(number, part - 1, entries, others, worker)
            await asyncio.sleep(0)  # the pages of this worker are not blocked until the last part is encoded
        await self._send_part(number, part, None, None, worker)

    async def _send_part(
        self, number: int, part: int, entries: Rows | None, moving: Rows | None, worker: str | None
    ) -> None:
        fields = {"entries": entries or [], "moving": moving or [], "last": entries is None}
        await self._send({"kind": "everything", "number": number, "part": part, **fields}, worker)

    async def _send(self, message: Message, worker: str | None = None) -> None:
        topic = WORKERS if worker is None else topic_of(worker)
        await self._pubsub.broadcast(topic, {"from": self._worker_id, **message})

    # The end

    async def close(self, *, moved: bool) -> None:
        """Send what is left, and a goodbye. `moved`: the entries stay until their pages have come back elsewhere."""
        self._next_changes = 0.0
        # The goodbye must be last: after a later change, the others would ask for all entries again.
        while self._sending is not None or self._changes:
            self._wake()
            if self._sending is not None:
                await asyncio.wait([self._sending])
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        alone = self._alone
        if self._subscriber is not None:
            self._pubsub.drop(self._subscriber)
            self._subscriber = None
        if not alone:
            await self._send({"kind": "bye", "moved": moved})


def _parts(rows: Rows) -> Iterator[Rows]:
    """Yield the rows in as many lists as make small messages: a worker must not be blocked by reading one."""
    part, size = [], 0
    for row in rows:
        part.append(row)
        size += len(json_text(row, "presence"))
        if size >= _PART_BYTES or len(part) >= _MOST_ENTRIES:
            yield part
            part, size = [], 0
    if part:
        yield part


def _first(workers: dict[str | None, None]) -> str | None:
    """Take out the worker that has waited longest."""
    worker = next(iter(workers))
    del workers[worker]
    return worker
