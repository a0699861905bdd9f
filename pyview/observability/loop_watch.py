"""Watch of the event loop: warns when it is blocked, and names the application's call that blocks it.

A thread asks the loop for an answer. Without one, it reads the loop's stack twice: a call of the application that is
there both times blocks the loop. Otherwise the time went into many short calls, into the framework or into garbage
collection, and the warning blames no handler. A message of a view costs nothing more.
"""

import asyncio
import gc
import logging
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from pyview.observability.error_ids import is_own

logger = logging.getLogger("pyview")

_LATE = 0.5
_PAUSE = 0.25
_BETWEEN = 0.05
_QUIET = 60.0
_LOOPS = ("asyncio/events.py", "asyncio/base_events.py", "asyncio/runners.py")
_SERVERS = ("/uvicorn/", "/hypercorn/", "/granian/")
_TRANSPORT = (Path(__file__).parent.parent / "transport").as_posix() + "/"
_FULL = 2  # generation of the garbage collector
_BLOCKED = "the event loop was blocked for %.1f s or more, and every page with it"
_BLOCKED_IN = (
    f"{_BLOCKED}, in %s. An `async def` must not block: await in it, or make it a plain `def`, which runs in a"
    " worker thread"
)
_UNKNOWN = f"{_BLOCKED}. No single call of the application blocked it; it was last in %s"
_COLLECTED = (
    f"{_BLOCKED}: garbage was collected for %.1f s. The more objects there are, the longer that takes: start more"
    " workers, or call gc.freeze() at the end of the start-up and raise gc.set_threshold()"
)


class _Sample(NamedTuple):
    """The stack of the event loop's thread at one moment. `entry`: the application's outermost frame in it."""

    entry: FrameType | None
    place: str


class Collections:
    """Count of the seconds that full garbage collections of this process have taken. Smaller ones are short."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._begun = 0.0

    @contextmanager
    def counted(self) -> Iterator[None]:
        gc.callbacks.append(self._note)
        try:
            yield
        finally:
            gc.callbacks.remove(self._note)

    def _note(self, phase: str, info: dict[str, Any]) -> None:
        if info["generation"] < _FULL:
            return
        if phase == "start":
            self._begun = time.monotonic()
        else:
            self.seconds += time.monotonic() - self._begun


class LoopWatch:
    """Watches one event loop."""

    def __init__(self, late: float = _LATE, pause: float = _PAUSE) -> None:
        self._late = late
        self._pause = pause
        self._quiet_until = 0.0
        self._collections = Collections()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Watch the running event loop, which is this thread's."""
        loop, thread = asyncio.get_running_loop(), threading.get_ident()
        stopped, answered = threading.Event(), threading.Event()
        watch = threading.Thread(
            target=self._watch, args=(loop, thread, stopped, answered), name="pyview-loop-watch", daemon=True
        )
        watch.start()
        try:
            with self._collections.counted():
                yield
        finally:
            # The thread may be waiting for this loop, which waits for the thread here: wake the thread, so that it does
            # not delay the end of the server. `stopped` comes first, for the check in `_watch`.
            stopped.set()
            answered.set()
            watch.join(self._late)

    def _watch(
        self,
        loop: asyncio.AbstractEventLoop,
        thread: int,
        stopped: threading.Event,
        answered: threading.Event,
    ) -> None:
        while not stopped.wait(self._pause):
            answered.clear()
            if stopped.is_set():
                return  # `running` may have set both events just before `answered` was cleared
            asked, collected = time.monotonic(), self._collections.seconds
            try:
                loop.call_soon_threadsafe(answered.set)
            except RuntimeError:
                return  # the loop has been closed
            if not answered.wait(self._late) and not stopped.is_set():
                self._wait_for_end(asked, collected, thread, stopped, answered)

    def _wait_for_end(
        self,
        asked: float,
        collected: float,
        thread: int,
        stopped: threading.Event,
        answered: threading.Event,
    ) -> None:
        first = _sample(thread)
        time.sleep(_BETWEEN)  # in this thread; the loop goes on
        second = _sample(thread)
        answered.wait()
        if stopped.is_set():
            return
        # Logged after the block, so that the line has its whole length.
        now = time.monotonic()
        if now >= self._quiet_until:
            self._quiet_until = now + _QUIET
            self._log(now - asked, self._collections.seconds - collected, first, second)

    def _log(self, seconds: float, collecting: float, first: _Sample, second: _Sample) -> None:
        if collecting > seconds / 2:
            logger.warning(_COLLECTED, seconds, collecting)
            return
        same_call = first.entry is not None and first.entry is second.entry
        logger.warning(_BLOCKED_IN if same_call else _UNKNOWN, seconds, second.place)


def _sample(thread: int) -> _Sample:
    # The stack of another thread: there is no public function for it.
    innermost = sys._current_frames().get(thread)
    if innermost is None:
        return _Sample(None, "nothing")
    frames = list(_callback_frames(innermost))
    own = [frame for frame in frames if is_own(frame.f_code.co_filename)]
    return _Sample(own[-1], _place(own[0])) if own else _Sample(None, _place(innermost))


def _callback_frames(innermost: FrameType) -> Iterator[FrameType]:
    """Yield the frames of the callback that the loop runs, innermost first, without the frames that run the loop.

    What is around a connection of PyView is left out as well: a middleware of the application only passes it on.
    """
    frame: FrameType | None = innermost
    while frame is not None:
        file = frame.f_code.co_filename.replace("\\", "/")
        # A loop in C, such as uvloop, has no frame: then the frames of the server end the callback.
        if file.endswith(_LOOPS) or any(server in file for server in _SERVERS):
            return
        yield frame
        if file.startswith(_TRANSPORT):
            return
        frame = frame.f_back


def _place(frame: FrameType) -> str:
    code = frame.f_code
    return f"{code.co_qualname} ({code.co_filename}, line {frame.f_lineno})"
