"""The supervisor of `pyview dev`: it holds the socket, and replaces the serving process when a file is saved.

A new process serves before the old one stops, on the same socket, so that no request fails and no page waits. If the
application cannot be started any more, the old process goes on.
"""

import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Final

from pyview.serving.children import ServingChild
from pyview.serving.messages import (
    ApplicationReady,
    ImportLibraries,
    ServingReport,
    ShowFailurePage,
    ShowProblem,
    StartApplication,
    StartFailed,
    StaticFilesChanged,
    StillStarting,
    StopBegun,
    StopServing,
)
from pyview.serving.saved_files import SavedFiles
from pyview.serving.terminal import Terminal

_QUIT_TIME: Final = 2.0  # seconds until everything has ended
_ANSWER_TIME: Final = 2.0  # seconds in which a process that is not blocked begins to stop
_AFTER_DRAIN: Final = 3.0  # seconds for the end of the lifespan
_STABLE: Final = 5.0  # seconds that a process has to serve before it is replaced by itself after a crash
_LOOK: Final = 0.5  # seconds: on Windows, signals come only between two waits

Event = SavedFiles | tuple[ServingChild, ServingReport | None] | int


class Supervisor:
    """Starts, replaces and ends the serving processes. Everything happens in the thread of `run`.

    `started(seconds)` is called when something answers at the socket for the first time.
    """

    def __init__(
        self,
        application: StartApplication,
        listening: socket.socket,
        terminal: Terminal,
        started: Callable[[float], None],
        *,
        spare: bool = True,
    ) -> None:
        self._application = application
        self._listening = listening
        self._terminal = terminal
        self._call_when_started = started
        self._uses_spare = spare
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._children: set[ServingChild] = set()
        self._serving: ServingChild | None = None
        self._starting: ServingChild | None = None
        self._spare: ServingChild | None = None
        self._libraries: tuple[str, ...] = ()
        self._start = 0.0
        self._cause = ""
        self._ready_at = 0.0
        self._restarted = ""
        self._problem_shown = False
        self._first = True
        self._quitting = False

    def files_saved(self, saved: SavedFiles) -> None:
        """Take the news about saved files, from any thread."""
        self._events.put(saved)

    def run(self) -> int:
        """Serve until a signal ends the command. Return the exit code."""
        with self._signals():
            self._start_application("")
            while self._children or not self._quitting:
                self._handle_next()
        return 0

    def _handle_next(self) -> None:
        try:
            event = self._events.get(timeout=self._wait_time())
        except Empty:
            self._kill_late()
            return
        match event:
            case int():
                self._quit()
            case SavedFiles():
                self._take_saved(event)
            case child, None:
                self._take_end(child)
            case child, report:
                self._take_report(child, report)
        self._kill_late()

    # --- saved files ---

    def _take_saved(self, saved: SavedFiles) -> None:
        if self._quitting:
            return
        if saved.code:
            self._start_application(saved.text)
        elif saved.static and self._serving is not None:
            self._serving.send(StaticFilesChanged(saved.static, saved.loads_pages))
            self._terminal.event(f"{saved.text}{': pages load again' if saved.loads_pages else ''}", "green")

    def _start_application(self, cause: str) -> None:
        if self._starting is not None:
            # A later save counts: what it began to import is out of date.
            self._starting.terminate()
            self._starting.end_within(_QUIT_TIME)
        child = self._spare or self._new_child()
        self._spare = None
        self._starting, self._cause, self._start = child, cause, time.monotonic()
        child.send(self._application)

    def _new_child(self) -> ServingChild:
        child = ServingChild(self._listening, lambda child, report: self._events.put((child, report)))
        self._children.add(child)
        return child

    # --- reports ---

    def _take_report(self, child: ServingChild, report: ServingReport) -> None:
        match report:
            case StopBegun(pages):
                self._take_stop(child, pages)
            case _ if child is not self._starting:
                return
            case ApplicationReady(drain_timeout, libraries):
                child.drain_timeout = drain_timeout
                self._libraries = libraries
                self._take_ready(child)
            case StartFailed():
                self._take_failure(child, report)
            case StillStarting(seconds, place):
                where = f" at {place}" if place else ""
                self._terminal.event(
                    f"the application has been starting for {seconds:.0f} s{where}", "yellow"
                )

    def _take_ready(self, child: ServingChild) -> None:
        seconds = time.monotonic() - self._start
        old, self._serving, self._starting = self._serving, child, None
        self._ready_at = time.monotonic()
        self._announce_address(seconds)
        self._restarted = f"{self._cause}: restarted in {seconds:.1f} s" if self._cause else ""
        if old is not None:
            self._replace(old)
        elif self._restarted:
            self._announce_restart("")
        self._keep_spare()

    def _announce_address(self, seconds: float) -> None:
        if self._first:
            self._first = False
            self._call_when_started(seconds)

    def _replace(self, old: ServingChild) -> None:
        if self._problem_shown:
            old.send(ShowProblem(None))
            self._problem_shown = False
        old.send(StopServing(hurry=old.shows_failure))
        old.end_within(_ANSWER_TIME)
        if old.shows_failure:
            self._announce_restart("")

    def _take_stop(self, child: ServingChild, pages: int) -> None:
        """The old process has begun to stop: give it the time for that."""
        if not self._quitting:
            child.deadline = None
            child.end_within(child.drain_timeout + _AFTER_DRAIN)
        if not child.shows_failure:
            self._announce_restart(f", {pages} page{'' if pages == 1 else 's'} kept" if pages else "")

    def _announce_restart(self, pages: str) -> None:
        if self._restarted and not self._quitting:
            self._terminal.event(f"{self._restarted}{pages}", "green")
            self._restarted = ""

    def _take_failure(self, child: ServingChild, failure: StartFailed) -> None:
        self._starting = None
        what = f"{self._cause}: " if self._cause else ""
        self._terminal.event(f"{what}the application does not start", "red")
        self._terminal.plain(failure.text)
        if self._serving is None or self._serving.shows_failure:
            self._show_failure_page(child)
        else:
            self._terminal.plain("The last version goes on until the next save.")
            child.send(StopServing(hurry=True))
            child.end_within(_QUIT_TIME)
            self._problem_shown = True
            self._serving.send(ShowProblem(failure.failure))
        self._keep_spare()

    def _show_failure_page(self, child: ServingChild) -> None:
        if self._serving is not None:
            self._serving.send(StopServing(hurry=True))
            self._serving.end_within(_QUIT_TIME)
        else:
            self._announce_address(time.monotonic() - self._start)
        self._terminal.plain("Waiting for the next save.")
        child.shows_failure = True
        child.send(ShowFailurePage())
        self._serving = child

    # --- ends ---

    def _take_end(self, child: ServingChild) -> None:
        self._children.discard(child)
        if self._quitting:
            return
        if child is self._spare:
            self._spare = None
        elif child is self._starting:
            self._starting = None
            self._terminal.event(f"the process {_ended(child)} while the application started", "red")
            self._terminal.plain("Waiting for the next save.")
        elif child is self._serving:
            self._serving = None
            self._take_crash(child)
        else:
            self._keep_spare()

    def _take_crash(self, child: ServingChild) -> None:
        """The serving process has ended by itself: start it again, but not in a loop."""
        if self._starting is not None or time.monotonic() - self._ready_at < _STABLE:
            self._terminal.event(f"the application {_ended(child)}; waiting for the next save", "red")
            return
        self._terminal.event(f"the application {_ended(child)}; starting it again", "red")
        self._start_application("crash")

    def _keep_spare(self) -> None:
        """Start the process for the next save, when the last one has left the processor to it."""
        busy = self._starting is not None or any(child.deadline for child in self._children)
        if self._uses_spare and self._spare is None and not busy and not self._quitting:
            self._spare = self._new_child()
            self._spare.send(ImportLibraries(self._libraries))

    def _quit(self) -> None:
        if self._quitting:
            for child in self._children:
                child.kill()
            return
        self._quitting = True
        for child in self._children:
            child.end_within(_QUIT_TIME)
            if child in (self._spare, self._starting):
                child.terminate()
            else:
                child.send(StopServing(hurry=True))

    def _kill_late(self) -> None:
        now = time.monotonic()
        for child in self._children:
            if child.deadline is not None and child.deadline <= now:
                child.kill()

    def _wait_time(self) -> float:
        deadlines = [child.deadline for child in self._children if child.deadline is not None]
        return max(0.0, min([_LOOK, *(deadline - time.monotonic() for deadline in deadlines)]))

    @contextmanager
    def _signals(self) -> Iterator[None]:
        numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
        # `SimpleQueue.put` may interrupt itself, as a handler of signals has to.
        before = {
            number: signal.signal(number, lambda got, frame: self._events.put(got)) for number in numbers
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _ended(child: ServingChild) -> str:
    code = child.exit_code or 0
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
