"""Counting and timing of messages for the dashboard: a wrap of the table of handlers.

Messages are counted in every application with a dashboard. They are timed only while somebody looks: then other
functions are put into the same table, so that a message of another time asks nothing.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Iterator
from inspect import isawaitable
from types import CoroutineType
from typing import Any, Final, NamedTuple

from pyview.events.info_event import InfoEvent
from pyview.observability.durations import Durations
from pyview.process.mailbox import Handler, Handlers
from pyview.process.messages import (
    AsyncDone,
    ComponentEvent,
    ComponentUpdate,
    Event,
    FilesChosen,
    Info,
    Join,
    Rejoin,
    TimerFired,
    URLChanged,
    titled,
)
from pyview.process.view_process import ViewProcess

_EVENTS, _BROADCASTS, _JOINS = range(3)
_COUNTED: Final[dict[type, int]] = {
    Event: _EVENTS,
    ComponentEvent: _EVENTS,
    FilesChosen: _EVENTS,
    URLChanged: _EVENTS,
    InfoEvent: _BROADCASTS,
    Join: _JOINS,
    Rejoin: _JOINS,
}
_JOIN_KINDS: Final = frozenset({Join, Rejoin})
_INFO_KINDS: Final = frozenset({InfoEvent, Info, TimerFired})
_TIMED: Final = frozenset({*_COUNTED, ComponentUpdate, Info, TimerFired, AsyncDone})

WATCH_SECONDS: Final = 10.0
"""Seconds for which messages are timed after somebody has looked."""

SLICE_SECONDS: Final = 60.0
SLICES: Final = 5
MAX_VIEWS: Final = 200
"""Classes of views that are timed; an application has a few dozen."""
MAX_SLOWEST: Final = 10

_PROBE_PERIOD: Final = 0.1  # seconds
_DELAYS: Final = 30  # probes: the last three seconds
_TIMED_PER_PROBE: Final = 200
"""Messages that are timed between two probes. A worker that handles more handles each of them fast."""


class Counts(NamedTuple):
    """Numbers of messages since the start: events of browsers, deliveries of broadcasts, joins."""

    events: int
    broadcasts: int
    joins: int


class ViewDurations:
    """Durations of the messages of one class of views.

    `handler` is the time in the handlers of the view, with what they wait for; `render` the rest: render, diff and
    sending. `join`: a whole join.
    """

    __slots__ = ("handler", "join", "render")

    def __init__(self) -> None:
        self.handler = Durations()
        self.render = Durations()
        self.join = Durations()

    def add(self, message: Any, seconds: float, in_handler: float | None) -> None:
        if type(message) in _JOIN_KINDS:
            self.join.add(seconds)
        elif in_handler is None:
            self.handler.add(seconds)
        else:
            self.handler.add(in_handler)
            self.render.add(seconds - in_handler)

    @classmethod
    def sum_of(cls, several: Iterable["ViewDurations"]) -> "ViewDurations":
        all_of, total = list(several), cls()
        total.handler = Durations.sum_of(each.handler for each in all_of)
        total.render = Durations.sum_of(each.render for each in all_of)
        total.join = Durations.sum_of(each.join for each in all_of)
        return total


class Slowest:
    """The messages that took longest, one for each view and event."""

    __slots__ = ("_longest", "_threshold")

    def __init__(self) -> None:
        self._longest: dict[tuple[str, str], float] = {}
        self._threshold = 0.0

    def add(self, view: str, message: Any, seconds: float) -> None:
        # Nearly no message passes this, so that most are not even named.
        if seconds > self._threshold:
            self.note((view, titled(message)), seconds)

    def note(self, key: tuple[str, str], seconds: float) -> None:
        longest = self._longest
        if seconds <= longest.get(key, 0.0):
            return
        longest[key] = seconds
        if len(longest) > MAX_SLOWEST:
            del longest[min(longest, key=longest.__getitem__)]
        if len(longest) == MAX_SLOWEST:
            self._threshold = min(longest.values())

    def __iter__(self) -> Iterator[tuple[tuple[str, str], float]]:
        """Yield ((view, message), seconds), the longest first."""
        return iter(sorted(self._longest.items(), key=lambda item: -item[1]))


class _Slice:
    """Measurements of one minute."""

    __slots__ = ("slowest", "until", "views")

    def __init__(self, until: float) -> None:
        self.until = until
        self.views: dict[str, ViewDurations] = {}
        self.slowest = Slowest()

    def of(self, view: str) -> ViewDurations | None:
        durations = self.views.get(view)
        if durations is None and len(self.views) < MAX_VIEWS:
            durations = self.views[view] = ViewDurations()
        return durations


class _Table(NamedTuple):
    """One table of handlers, and what is in it at which time."""

    handlers: dict[type, Handler]
    counting: dict[type, Handler]
    timing: dict[type, Handler]


class Meter:
    """Counts the messages of one application in this worker, and times them while somebody looks."""

    def __init__(self) -> None:
        self._counts = [0, 0, 0]
        self._tables: list[_Table] = []
        self._slices: deque[_Slice] = deque(maxlen=SLICES)
        self._current = _Slice(0.0)
        self._delays: deque[float] = deque(maxlen=_DELAYS)
        self._timed: list[tuple[str, Any, float, float | None]] = []
        """Name of the view, message, seconds, seconds of them in the handler; None if that is not known."""
        self._left = 0
        self._watched_until = 0.0
        self._probe: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def counts(self) -> Counts:
        return Counts(*self._counts)

    @property
    def watched(self) -> bool:
        """True while messages are timed."""
        return self._probe is not None

    @property
    def delay(self) -> float | None:
        """The longest delay of the event loop in the last seconds, in seconds; None while it is not measured."""
        return max(self._delays, default=None)

    def wrap(self, handlers: Handlers) -> Handlers:
        """Return handlers that are counted, and timed while somebody looks."""
        counting = {kind: self._counting(kind, handler) for kind, handler in handlers.items()}
        timing = {kind: self._timing(kind, counting[kind]) for kind in handlers}
        table = _Table({**(timing if self.watched else counting)}, counting, timing)
        self._tables.append(table)
        return table.handlers

    def _counting(self, kind: type, handler: Handler) -> Handler:
        if kind not in _COUNTED:
            return handler
        counts, index = self._counts, _COUNTED[kind]

        # No coroutine of its own: one more frame would cost twice as much.
        def handle(process: ViewProcess, message: Any) -> Coroutine[Any, Any, None]:
            counts[index] += 1
            return handler(process, message)

        return handle

    # Timing

    def watch(self) -> None:
        """Time messages, and the delay of the event loop, for the next seconds. To be called again and again."""
        loop = asyncio.get_running_loop()
        self._watched_until = loop.time() + WATCH_SECONDS
        # An application may be served by one loop after another; the timer of a closed loop never fires.
        if self._probe is None or self._loop is not loop:
            self._loop = loop
            self._switch(timing=True)
            self._schedule(loop)

    def _switch(self, *, timing: bool) -> None:
        for table in self._tables:
            table.handlers.update(table.timing if timing else table.counting)

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        due = loop.time() + _PROBE_PERIOD
        self._left = _TIMED_PER_PROBE
        self._probe = loop.call_at(due, self._measure_delay, loop, due)

    def _measure_delay(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        now = loop.time()
        self._delays.append(max(0.0, now - due))
        self._sort_in()
        if now < self._watched_until:
            self._schedule(loop)
            return
        self._probe = None
        self._delays.clear()
        self._switch(timing=False)

    def _timing(self, kind: type, handler: Handler) -> Handler:
        if kind not in _TIMED:
            return handler
        timer = self._timer_of(kind)

        def handle(process: ViewProcess, message: Any) -> Coroutine[Any, Any, None]:
            if self._left <= 0:
                return handler(process, message)
            self._left -= 1
            return timer(handler, process, message)

        return handle

    def _timer_of(self, kind: type) -> Callable[[Handler, ViewProcess, Any], Coroutine[Any, Any, None]]:
        if kind is Event:
            return self._time_event
        return self._time_info if kind in _INFO_KINDS else self._time_other

    async def _time_other(self, handler: Handler, process: ViewProcess, message: Any) -> None:
        start = time.perf_counter()
        try:
            await handler(process, message)
        finally:
            self._timed.append((process.name, message, time.perf_counter() - start, None))

    async def _time_event(self, handler: Handler, process: ViewProcess, message: Any) -> None:
        # The caller of the view's handler is the process's own, and its messages never overlap.
        call = process.call_event
        timed = process.call_event = _TimedCall(call)
        start = time.perf_counter()
        try:
            await handler(process, message)
        finally:
            process.call_event = call
            self._timed.append((process.name, message, time.perf_counter() - start, timed.seconds))

    async def _time_info(self, handler: Handler, process: ViewProcess, message: Any) -> None:
        call = process.call_info
        timed = process.call_info = _TimedCall(call)
        start = time.perf_counter()
        try:
            await handler(process, message)
        finally:
            process.call_info = call
            self._timed.append((process.name, message, time.perf_counter() - start, timed.seconds))

    def _sort_in(self) -> None:
        """Add what was timed to the statistics: between two messages, so that none of them waits for it."""
        timed, self._timed = self._timed, []
        current = self._slice()
        for view, message, seconds, in_handler in timed:
            current.slowest.add(view, message, seconds)
            durations = current.of(view)
            if durations is not None:
                durations.add(message, seconds, in_handler)

    def _slice(self) -> _Slice:
        now = time.monotonic()
        if now >= self._current.until:
            self._current = _Slice(now + SLICE_SECONDS)
            self._slices.append(self._current)
        return self._current

    # What was measured

    def views(self) -> dict[str, ViewDurations]:
        """Return the durations of the last minutes, by the name of the view's class."""
        self._sort_in()
        slices = self._recent()
        names = {name for each in slices for name in each.views}
        return {
            name: ViewDurations.sum_of(each.views[name] for each in slices if name in each.views)
            for name in names
        }

    def slowest(self) -> Slowest:
        """Return the slowest messages of the last minutes."""
        self._sort_in()
        total = Slowest()
        for each in self._recent():
            for key, seconds in each.slowest:
                total.note(key, seconds)
        return total

    def _recent(self) -> list[_Slice]:
        oldest = time.monotonic() - SLICES * SLICE_SECONDS
        return [each for each in self._slices if each.until > oldest]


class _TimedCall:
    """Calls a handler of a view, and notes the seconds until it has ended. None if it was not called."""

    __slots__ = ("_call", "seconds")

    def __init__(self, call: Any) -> None:
        self._call = call
        self.seconds: float | None = None

    def __call__(self, *arguments: Any) -> Any:
        start = time.perf_counter()
        try:
            result = self._call(*arguments)
        finally:
            self.seconds = time.perf_counter() - start
        # The usual results first: `isawaitable` takes longer than most handlers.
        if result is None or (type(result) is not CoroutineType and not isawaitable(result)):
            return result
        return self._awaited(result, start)

    async def _awaited(self, result: Any, start: float) -> Any:
        try:
            return await result
        finally:
            self.seconds = time.perf_counter() - start
