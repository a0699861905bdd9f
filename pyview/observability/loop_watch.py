"""Tells when the event loop stands still, and what it was running then.

A thread asks the loop for a sign of life. When none comes, it looks at the loop's stack, twice: a call of the
application that is there both times holds the loop up. Otherwise the time went into many short calls, or into the
framework, and no handler is blamed. It costs a message nothing.
"""

import asyncio
import logging
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NamedTuple

from pyview.observability.error_ids import is_own

logger = logging.getLogger("pyview")

_LATE = 0.5
_PAUSE = 0.25
_BETWEEN = 0.05
_QUIET = 60.0
_LOOPS = ("asyncio/events.py", "asyncio/base_events.py", "asyncio/runners.py")
_SERVERS = ("/uvicorn/", "/hypercorn/", "/granian/")
_STOOD_STILL = "the event loop stood still for %.1f s or more, and every page with it"
_HELD_UP = (
    f"{_STOOD_STILL}, in %s. An `async def` must not block: let it await, or make it a plain `def`, which runs in a"
    " worker thread"
)
_UNKNOWN = f"{_STOOD_STILL}. No single call of the application held it up; it was last in %s"


class _Look(NamedTuple):
    """The stack of the event loop's thread at one moment. `entry` is the application's outermost frame in it."""

    entry: FrameType | None
    place: str


class LoopWatch:
    """Watches one event loop."""

    def __init__(self, late: float = _LATE, pause: float = _PAUSE) -> None:
        self._late = late
        self._pause = pause
        self._quiet_until = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Watch the running event loop, which is this thread's."""
        loop, thread = asyncio.get_running_loop(), threading.get_ident()
        over, alive = threading.Event(), threading.Event()
        watch = threading.Thread(
            target=self._watch, args=(loop, thread, over, alive), name="pyview-loop-watch", daemon=True
        )
        watch.start()
        try:
            yield
        finally:
            # The thread may be waiting for this loop, which waits for the thread here: wake it, so that a server that
            # stops is not held up. `over` comes first, for the check in `_watch`.
            over.set()
            alive.set()
            watch.join(self._late)

    def _watch(
        self, loop: asyncio.AbstractEventLoop, thread: int, over: threading.Event, alive: threading.Event
    ) -> None:
        while not over.wait(self._pause):
            alive.clear()
            if over.is_set():
                return  # `running` may have set both events just before `alive` was cleared
            asked = time.monotonic()
            try:
                loop.call_soon_threadsafe(alive.set)
            except RuntimeError:
                return  # the loop has been closed
            if not alive.wait(self._late) and not over.is_set():
                self._wait_for_end(asked, thread, over, alive)

    def _wait_for_end(self, asked: float, thread: int, over: threading.Event, alive: threading.Event) -> None:
        first = _look(thread)
        time.sleep(_BETWEEN)
        second = _look(thread)
        alive.wait()
        if over.is_set():
            return
        now = time.monotonic()
        if now >= self._quiet_until:
            self._quiet_until = now + _QUIET
            _tell(now - asked, first, second)


def _tell(seconds: float, first: _Look, second: _Look) -> None:
    if first.entry is not None and first.entry is second.entry:
        logger.warning(_HELD_UP, seconds, second.place)
    else:
        logger.warning(_UNKNOWN, seconds, second.place)


def _look(thread: int) -> _Look:
    innermost = sys._current_frames().get(thread)
    if innermost is None:
        return _Look(None, "nothing")
    frames = list(_of_the_callback(innermost))
    own = [frame for frame in frames if is_own(frame.f_code.co_filename)]
    return _Look(own[-1], _place(own[0])) if own else _Look(None, _place(innermost))


def _of_the_callback(innermost: FrameType) -> Iterator[FrameType]:
    """The frames of what the loop has called, innermost first: what called the loop is of no interest."""
    frame: FrameType | None = innermost
    while frame is not None and not _calls_applications(frame.f_code.co_filename.replace("\\", "/")):
        yield frame
        frame = frame.f_back


def _calls_applications(file: str) -> bool:
    # A loop in C, such as uvloop, has no frame: then those of the server end what its callback did.
    return file.endswith(_LOOPS) or any(server in file for server in _SERVERS)


def _place(frame: FrameType) -> str:
    code = frame.f_code
    return f"{code.co_qualname} ({code.co_filename}, line {frame.f_lineno})"
