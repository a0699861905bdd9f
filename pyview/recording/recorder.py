"""The recorder of an application in development: the last messages of every view, within a bound of memory."""

import time
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any, Final, Protocol, TypeVar
from weakref import WeakKeyDictionary, ref

from pyview.recording.copies import Copier
from pyview.recording.entries import MOST_MESSAGES, HandlerSource, MessageEntry, PageKey, ViewRecord
from pyview.template.tree.change import ChangeRule

T = TypeVar("T")

MOST_BYTES: Final = 64 * 2**20
"""Estimated bytes of all messages and states of an application."""

KEPT_SECONDS: Final = 60.0
"""Time for which the messages of a view are kept after its end: a view that crashed is back within seconds."""


class RunningMessage(Protocol):
    """A message while a process handles it."""

    render_seconds: float


class Recorder:
    """Holds what has happened in the views of one application. `bytes` is an estimate of all that it holds.

    `unrecorded` are views of which nothing is noted: those that show the records. `clock` returns seconds.
    """

    def __init__(
        self,
        rule: Callable[[], ChangeRule],
        *,
        most_bytes: int = MOST_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.unrecorded: set[type] = set()
        self.running: WeakKeyDictionary[Any, RunningMessage] = WeakKeyDictionary()
        """The message that each process handles now."""
        self.bytes = 0
        self._rule = rule
        self._most_bytes = most_bytes
        self._clock = clock
        self._orders = count(1)
        self._records: WeakKeyDictionary[Any, ViewRecord] = WeakKeyDictionary()
        self._pages: dict[PageKey, list[ViewRecord]] = {}
        self._versions: dict[PageKey, int] = {}

    # What is known

    @property
    def pages(self) -> list[PageKey]:
        """The pages of which something is known, the oldest first."""
        return [*self._pages]

    def views_of(self, page: PageKey) -> list[ViewRecord]:
        """Return the records of the views of a page, in the order of their first joins."""
        return [*self._pages.get(page, ())]

    def version_of(self, page: PageKey) -> int:
        """Return a number that grows with everything that is noted of a page."""
        return self._versions.get(page, 0)

    def watches(self, process: Any) -> bool:
        """Return True if messages of the process are to be noted: those of all views but the inspector's own."""
        context = getattr(process, "mount_context", None)  # None before the join
        return context is None or context.view_class not in self.unrecorded

    def record_of(self, process: Any) -> ViewRecord | None:
        return self._records.get(process)

    # Recording

    def follow(
        self, process: Any, page: PageKey, dom_id: str, view: str, file: HandlerSource, depth: int
    ) -> ViewRecord:
        """Return the record of a view that has just been mounted: that of the process before it, or a new one."""
        records = self._pages.setdefault(page, [])
        record = next((each for each in records if each.dom_id == dom_id and each.view == view), None)
        if record is None:
            copier = Copier(self._rule())
            record = ViewRecord(page, dom_id, view, file, depth, next(self._orders), copier)
            records.append(record)
        record.process, record.left_at = ref(process), None
        record.joins += 1
        self._records[process] = record
        return record

    def add(self, record: ViewRecord, entry: MessageEntry) -> None:
        """Add a message to a record. When there is no room for it, messages of the largest record go."""
        if len(record.messages) == MOST_MESSAGES:
            self._drop_oldest(record)
        record.numbers += 1
        entry.number = record.numbers
        record.messages.append(entry)
        record.bytes += entry.size
        self.bytes += entry.size
        while self.bytes > self._most_bytes:
            self._make_room()
        self._versions[record.page] = self._versions.get(record.page, 0) + 1

    def left(self, record: ViewRecord) -> None:
        """Note that the view has ended. Its messages are kept for a while."""
        if record.left_at is None:
            record.left_at = self._clock()
            self._versions[record.page] = self._versions.get(record.page, 0) + 1

    def prune(self) -> None:
        """Forget the views that have ended long ago."""
        limit = self._clock() - KEPT_SECONDS
        for page, records in tuple(self._pages.items()):
            for record in records:
                if record.running is None:  # one that has failed does not say so
                    self.left(record)
            stays = [each for each in records if each.left_at is None or each.left_at > limit]
            if len(stays) < len(records):
                self._forget(page, records, stays)

    def _forget(self, page: PageKey, records: list[ViewRecord], stays: list[ViewRecord]) -> None:
        for record in records:
            if record not in stays:
                while record.messages:
                    self._drop_oldest(record)
        if stays:
            self._pages[page] = stays
            self._versions[page] += 1
        else:
            del self._pages[page]
            self._versions.pop(page, None)

    def _make_room(self) -> None:
        """Drop the older halves of the largest records until a quarter is free, so that this is seldom done."""
        records = [each for views in self._pages.values() for each in views]
        for record in sorted(records, key=lambda each: each.bytes, reverse=True):
            for _ in range((len(record.messages) + 1) // 2):
                self._drop_oldest(record)
            if self.bytes <= 0.75 * self._most_bytes:
                return

    def _drop_oldest(self, record: ViewRecord) -> None:
        entry = record.messages.popleft()
        record.bytes -= entry.size
        self.bytes -= entry.size


async def timed(update: Awaitable[T], process: Any, recorder: Recorder) -> T:
    """Await a render, and count its time as that of the message that `process` handles."""
    start = time.perf_counter()
    try:
        return await update
    finally:
        running = recorder.running.get(process)
        if running is not None:
            running.render_seconds += time.perf_counter() - start
