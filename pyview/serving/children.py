"""A serving process, as its supervisor sees it."""

import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Final

from pyview.serving import process as serving
from pyview.serving.messages import ServingReport, SupervisorOrder

# Spawned and not forked: a copy of a process with threads may stand still at any lock.
_SPAWN: Final = multiprocessing.get_context("spawn")


class ServingChild:
    """One process. `report(child, report)` is called in a thread: with each report, and with None after its end.

    `deadline` is the monotonic time at which it is killed. `drain_timeout` are the seconds that the end of its pages
    may take. `shows_failure` is True if it only shows why the application
    does not start.
    """

    def __init__(
        self, listening: socket.socket, report: Callable[["ServingChild", ServingReport | None], None]
    ) -> None:
        self._report = report
        self._link, other_end = _SPAWN.Pipe()
        # Not a daemon: an application may start processes of its own.
        self._process = _SPAWN.Process(
            target=serving.main, args=(other_end, listening, _standard_input()), daemon=False
        )
        with _interrupts_blocked():
            self._process.start()
        # So that the link ends when the process does.
        other_end.close()
        self.deadline: float | None = None
        self.drain_timeout = 0.0
        self.shows_failure = False
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def exit_code(self) -> int | None:
        """Exit code, negative for the number of a signal; None while it runs."""
        return self._process.exitcode

    def send(self, order: SupervisorOrder) -> None:
        with suppress(OSError):  # it has ended, and its end is reported
            self._link.send(order)

    def end_within(self, seconds: float) -> None:
        """Kill the process if it has not ended in so many seconds. An earlier deadline counts."""
        deadline = time.monotonic() + seconds
        self.deadline = deadline if self.deadline is None else min(self.deadline, deadline)

    def terminate(self) -> None:
        """End a process that serves nothing."""
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()
        self.deadline = None

    def _read(self) -> None:
        """Pass the reports on. Only this thread waits for the end of the process."""
        with suppress(EOFError, OSError):
            while True:
                self._report(self, self._link.recv())
        self._process.join()
        self._report(self, None)


def _standard_input() -> Connection | None:
    """Return a copy of the terminal's input, for `breakpoint()` in the application: `multiprocessing` closes it."""
    if sys.platform == "win32":
        return None
    try:
        # In an object that can be passed on. Nothing is read here.
        return Connection(os.dup(sys.stdin.fileno()), writable=False)
    except (AttributeError, OSError, ValueError):  # there is none
        return None


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Let a new process not be interrupted before it can ignore that. An interrupt of this one comes a little later."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
