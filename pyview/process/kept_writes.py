"""Writing of kept states: what has changed waits for one timer of the worker, and is written in batches."""

import asyncio
import logging
from collections.abc import Callable, Iterable

from pyview.process.keeper import Keeper
from pyview.stores.health import StoreUnavailable
from pyview.stores.states import StateEntry, StateStore

logger = logging.getLogger("pyview")

_PERIOD = 1.0  # seconds between two writes of a view that goes on changing
_RETRY = 0.1  # seconds until a view is captured again whose handler was running
_BATCH = 128  # states of one write
_MOST_LAST_BYTES = 16 * 1024 * 1024  # of ended views, while the store is away
_TURN = 0.004  # seconds of capturing before the event loop may read sockets


class KeptWrites:
    """Stores the states of keepers that have changed. `entry` captures one, or returns None if nothing has changed."""

    def __init__(self, store: StateStore, entry: Callable[[Keeper], StateEntry | None]) -> None:
        self._store = store
        self._entry = entry
        self._dirty: dict[Keeper, None] = {}
        # States of views that have ended since the last write, keys of pages that have left, revoked sessions.
        self._last: dict[str, StateEntry] = {}
        self._last_under_way = False
        # Captured, and on the way to the store.
        self._batch: dict[Keeper, StateEntry] = {}
        self._gone: dict[str, None] = {}
        self._revoked: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writing: asyncio.Task[None] | None = None
        self._logged = ""

    @property
    def pending(self) -> int:
        """Count of states that are not stored yet."""
        return len(self._dirty) + len(self._last) + (self._writing is not None)

    def add(self, keeper: Keeper, seconds: float = _PERIOD) -> None:
        """Capture and write `keeper` within `seconds`."""
        keeper.dirty = True
        self._dirty[keeper] = None
        self._arm(seconds)

    def add_last(self, entry: StateEntry) -> None:
        """Write the state of a view that has ended."""
        self._last[entry.key] = entry
        self._arm(0.0)

    def discard(self, keeper: Keeper) -> None:
        """Capture `keeper` no more."""
        keeper.dirty = False
        self._dirty.pop(keeper, None)

    def delete(self, key: str) -> None:
        """Delete a stored state with the next write."""
        if key:
            self._last.pop(key, None)
            self._gone[key] = None
            self._arm(_PERIOD)

    def forget(self, tag: str) -> None:
        """Delete all stored states of a session."""
        self._revoked.add(tag)
        self._arm(0.0)

    async def flush(self) -> None:
        """Write everything now. A view whose handler is running is captured as it is."""
        self._use_running_loop()
        # Many connections that close together wait for the same write, and the next one finds nothing left.
        while self._writing is not None:
            await asyncio.wait({self._writing})
        self._disarm()
        await asyncio.wait({self._begin(even_busy=True)})

    async def write_last(self) -> None:
        """Write the states of the views that have ended, and return when the store has them."""
        self._use_running_loop()
        # A join does not wait for a long write that has stored these states already.
        while self._writing is not None and (self._last or self._last_under_way):
            await asyncio.wait({self._writing})
        if self._last:
            self._disarm()
            await asyncio.wait({self._begin(even_busy=False)})

    # The timer

    def _arm(self, seconds: float) -> None:
        loop = self._use_running_loop()
        due = loop.time() + seconds
        if self._timer is not None and self._due <= due:
            return
        self._disarm()
        # uvloop's handle of a call without delay has no `when`.
        self._due, self._timer = due, loop.call_later(seconds, self._tick)

    def _use_running_loop(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            # An application may be served by one loop after another; what belongs to a closed loop never ends.
            self._loop, self._timer, self._writing = loop, None, None
        return loop

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        self._timer = None
        if self._writing is None:
            self._begin(even_busy=False)
        else:
            self._arm(_RETRY)

    def _begin(self, *, even_busy: bool) -> "asyncio.Task[None]":
        task = self._writing = asyncio.create_task(self._write(even_busy=even_busy))
        task.add_done_callback(self._written)
        return task

    def _written(self, task: asyncio.Task[None]) -> None:
        self._writing, self._last_under_way = None, False

    # One write

    async def _write(self, *, even_busy: bool) -> None:
        dirty, self._dirty = self._dirty, {}
        last, self._last = self._last, {}
        self._last_under_way = bool(last)
        gone, self._gone = self._gone, {}
        revoked, self._revoked = self._revoked, set()
        try:
            for tag in revoked:
                await self._store.forget(tag)
            if gone:
                await self._store.drop(gone)
            await self._put(last.values())
            self._last_under_way = False
            await self._capture(dirty, even_busy=even_busy)
            self._logged = ""
        except Exception as error:
            self._log(error)
            # Without `gone`: those states expire by themselves, and an outage may last for long.
            self._last = _newest(last | self._last_of_batch() | self._last)
            self._revoked |= revoked
            for keeper in dirty:
                self._again(keeper)
            self._arm(_PERIOD)

    def _log(self, error: Exception) -> None:
        """Log a failure once while it lasts: a write is tried again every second."""
        if isinstance(error, StoreUnavailable):
            logger.debug("kept states are not stored: %s", error)  # the store has logged its outage
        elif repr(error) != self._logged:
            self._logged = repr(error)
            logger.error("kept states could not be written; trying again", exc_info=error)

    def _last_of_batch(self) -> dict[str, StateEntry]:
        """Return the states that were on the way when their views ended: these cannot be captured again."""
        batch, self._batch = self._batch, {}
        ended = [entry for keeper, entry in batch.items() if keeper.process.ended and not keeper.dropped]
        return {entry.key: entry for entry in ended}

    def _again(self, keeper: Keeper) -> None:
        """Capture a keeper once more, although it may not have changed."""
        if not keeper.process.ended:
            keeper.store_again()
            self.add(keeper)

    async def _capture(self, keepers: Iterable[Keeper], *, even_busy: bool) -> None:
        now = asyncio.get_running_loop().time
        self._batch = {}
        until = now() + _TURN
        for keeper in keepers:
            entry = self._captured(keeper, even_busy=even_busy)
            if entry is not None:
                self._batch[keeper] = entry
            if len(self._batch) >= _BATCH or now() > until:
                await self._put_batch()
                await asyncio.sleep(0)
                until = now() + _TURN
        await self._put_batch()

    def _captured(self, keeper: Keeper, *, even_busy: bool) -> StateEntry | None:
        # While this loop let others run, the view may have ended: then its last state waits in `_last`.
        if not keeper.dirty or keeper.process.ended:
            return None
        if keeper.process.busy and not even_busy:
            # Its handler waits for something: half of what it changes would be stored.
            self.add(keeper, _RETRY)
            return None
        keeper.dirty = False
        return self._entry(keeper)

    async def _put_batch(self) -> None:
        await self._put(self._batch.values())
        self._batch = {}

    async def _put(self, entries: Iterable[StateEntry]) -> None:
        batch = [*entries]
        if batch:
            await self._store.put(batch)


def _newest(entries: dict[str, StateEntry]) -> dict[str, StateEntry]:
    """Return the newest of the entries, as far as they may wait for the store."""
    size = sum(len(entry.value) for entry in entries.values())
    for key, entry in tuple(entries.items()):
        if size <= _MOST_LAST_BYTES:
            break
        size -= len(entry.value)
        del entries[key]
    return entries
