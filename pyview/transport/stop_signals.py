"""The moment at which a server is asked to stop, and a way to let it wait.

A server notifies its application late that it stops: uvicorn and Granian close every socket first, and Hypercorn waits
until the browsers have gone. So the drain begins with the signal itself, and the server gets it after the drain.
"""

import asyncio
import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import Any

from pyview.background.periodic import PeriodicChecks
from pyview.transport.drain import Drain

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGBREAK") if hasattr(signal, name))
_SAME_STOP = 2.0
"""Seconds in which a second SIGTERM belongs to the first: systemd sends one to each process of a service, and so does
the parent of the workers."""
_PERIOD = 0.1  # seconds between two looks at Hypercorn's event; Hypercorn itself takes as long

SignalHandler = Callable[[int, Any], Any]


class StopSignals:
    """Begins a drain at the first signal to stop, hurries it at a second one, and lets the server stop after it."""

    def __init__(self, drain: Drain, periodic: PeriodicChecks) -> None:
        self._drain = drain
        self._periodic = periodic
        self._server: dict[int, SignalHandler] = {}
        self._held: list[int] = []
        self._begun_at = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch while the context is entered. In a thread, or without a server, nothing is changed."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self._loop = asyncio.get_running_loop()
        event = _hypercorn_event()
        looks = [] if event is None else [self._look_at(event)]
        restore = self._take_signals(self._loop, event)
        try:
            with self._periodic.running(looks, _PERIOD):
                yield
        finally:
            restore()
            self._loop = None

    def _take_signals(self, loop: asyncio.AbstractEventLoop, event: Any) -> Callable[[], None]:
        """Put a handler in front of the server's. Return the function that undoes it."""
        granian = _granian_handler()
        if granian is not None:
            return self._take_from_loop(loop, granian)
        found = {number: signal.getsignal(number) for number in _SIGNALS}
        if event is not None and found[signal.SIGTERM] is signal.SIG_DFL:
            # Hypercorn sends it to its other workers as soon as the first one has ended.
            found[signal.SIGTERM] = lambda number, _: None if event.is_set() else _end_process(number)
        # Without a server that handles it, this is a test or a script, which handles its signals itself.
        if callable(found[signal.SIGTERM]):
            self._server = {number: handler for number, handler in found.items() if callable(handler)}
        for number in self._server:
            signal.signal(number, self._handle)
        return self._restore

    def _restore(self) -> None:
        for number, handler in self._server.items():
            # A handler that was put in front of this one stays: it may call this one, which calls the server's.
            if signal.getsignal(number) == self._handle:
                signal.signal(number, handler)

    def _take_from_loop(self, loop: asyncio.AbstractEventLoop, handler: SignalHandler) -> Callable[[], None]:
        self._server = dict.fromkeys((signal.SIGTERM, signal.SIGINT), handler)
        for number in self._server:
            loop.add_signal_handler(number, self._received, number)

        def restore() -> None:
            for number in self._server:
                loop.add_signal_handler(number, handler, number, None)

        return restore

    def _look_at(self, event: Any) -> Callable[[], None]:
        def look() -> None:
            if event.is_set():
                self._drain.begin()

        return look

    def _handle(self, number: int, frame: Any) -> None:
        # It runs between any two steps of the main thread, so it does no more than this.
        if self._loop is None:
            self._server[number](number, frame)
        else:
            self._loop.call_soon_threadsafe(self._received, number)

    def _received(self, number: int) -> None:
        if self._drain.finished:
            self._server[number](number, None)
            return
        now = asyncio.get_running_loop().time()
        if not self._held:
            self._begun_at = now
            self._drain.begin(accepting=True).add_done_callback(self._drained)
        elif number == signal.SIGINT or now - self._begun_at > _SAME_STOP:
            self._drain.hurry()
        self._held.append(number)

    def _drained(self, task: "asyncio.Task[None]") -> None:
        held, self._held = self._held, []
        for number in held:
            self._server[number](number, None)


def _hypercorn_event() -> Any:
    """Return the event with which Hypercorn stops its worker processes; None in any other process."""
    # It passes it to the worker as an argument.
    arguments = getattr(multiprocessing.current_process(), "_kwargs", None) or {}
    return arguments.get("shutdown_event")


def _granian_handler() -> SignalHandler | None:
    """Return the signal handler of a worker of Granian; None in any other process."""
    # It is a local function that only the event loop knows, and uvloop does not give it out. A function refers to the
    # variables of its module, so the garbage collector finds it. Without it, the loop calls Granian's handler first:
    # sockets close, and the drain waits for handlers.
    module = sys.modules.get("granian._signals")
    if module is None or multiprocessing.parent_process() is None:
        return None
    functions = (each for each in gc.get_referrers(vars(module)) if isinstance(each, FunctionType))
    return next((each for each in functions if each.__name__ == "signal_handler"), None)


def _end_process(number: int) -> None:
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
