"""The process that serves the application for `pyview dev`.

It is started early and waits with PyView imported, so that a restart imports only the application. It ends when its
supervisor does.
"""

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from copy import copy
from importlib import import_module, invalidate_caches
from io import TextIOWrapper
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final

import uvicorn
from uvicorn.lifespan.on import LifespanOn

from pyview.failures.failure import Failure
from pyview.observability.error_ids import is_own
from pyview.serving.applications import load
from pyview.serving.failure_server import FailureServer
from pyview.serving.failure_text import failure_text
from pyview.serving.local_names import with_local_names
from pyview.serving.log_lines import log_to
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
    SupervisorOrder,
)
from pyview.serving.open_pages import count_pages, reload_static_files, show_problem
from pyview.serving.server import drain_timeout, largest_message, live_apps, server_config
from pyview.serving.terminal import Terminal

_LONG_START: Final = 10.0  # seconds after which a start is reported as slow
_LAST_MOMENTS: Final = 3.0  # seconds that a process may live without its supervisor
_SERVER: Final = ("uvicorn.loops.auto", "uvicorn.protocols.http.auto", "uvicorn.logging")
_SLOW_LIBRARIES: Final = (
    "sqlalchemy.ext.asyncio",
    "sqlalchemy.orm",
    "alembic.command",
    "fastapi",
    "httpx",
    "aiosqlite",
    "asyncpg",
    "redis.asyncio",
    "argon2",
    "numpy",
    "pandas",
)
"""Libraries that take long to import, and to which it makes no difference when they are."""


def main(link: Connection, listening: socket.socket, terminal: Connection | None) -> None:
    """Serve one application, as the supervisor at the other end of `link` orders. Returns when it shall end.

    `terminal` is the standard input.
    """
    _leave_signals_to_supervisor()
    if isinstance(sys.stdout, TextIOWrapper):
        # What the application prints is seen at once, also through a pipe.
        sys.stdout.reconfigure(line_buffering=True)
    if terminal is not None:
        os.dup2(terminal.fileno(), 0)
        sys.stdin = os.fdopen(0, closefd=False)
    ServingProcess(link, listening).run()


def _leave_signals_to_supervisor() -> None:
    """Ignore what the terminal sends to all processes of the command: the supervisor tells each how to end."""
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        # Blocked by the supervisor while it started this process.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


class ServingProcess:
    """Reads the orders of the supervisor in a thread, and serves in the main thread."""

    def __init__(self, link: Connection, listening: socket.socket) -> None:
        self._link = link
        self._listening = listening
        self._orders: SimpleQueue[SupervisorOrder | None] = SimpleQueue()
        self._server: DevelopmentServer | None = None
        self._app: Any = None
        self._started = threading.Event()

    def run(self) -> None:
        threading.Thread(target=self._read_orders, daemon=True).start()
        _import_early(_SERVER)
        order = self._orders.get()
        while isinstance(order, ImportLibraries):
            _import_early(order.names)
            order = self._orders.get()
        if isinstance(order, StartApplication):
            self._run_application(order)

    def _run_application(self, order: StartApplication) -> None:
        log_to(Terminal())
        threading.Thread(target=self._report_slow_start, daemon=True).start()
        invalidate_caches()  # this process may have looked for modules before they were written
        try:
            self._app = load(order.target, Path(order.folder), order.factory)
            self._serve(self._app, self._ready)
        except BaseException as error:
            self._started.set()
            failure = Failure.from_error(error, what="start of the application")
            self._report(StartFailed(failure_text(error), failure))
            if isinstance(self._orders.get(), ShowFailurePage):
                host = str(self._listening.getsockname()[0])
                self._serve(FailureServer(error, host), lambda: None)

    def _serve(self, app: Any, ready: Callable[[], None]) -> None:
        """Serve until the end. Raises the exception of a start that fails."""
        guarded = with_local_names(app, str(self._listening.getsockname()[0]))
        config = server_config(guarded, largest_message(app), log_config=None, timeout_graceful_shutdown=2)
        self._server = DevelopmentServer(config, ready)
        self._server.run_until_stopped(self._listening)

    def _ready(self) -> None:
        self._started.set()
        libraries = tuple(name for name in _SLOW_LIBRARIES if name in sys.modules)
        self._report(ApplicationReady(drain_timeout(self._app), libraries))

    def _report(self, report: ServingReport) -> None:
        with suppress(OSError):  # the supervisor has gone: the thread that reads its orders ends this process
            self._link.send(report)

    # --- in the thread that reads orders ---

    def _read_orders(self) -> None:
        try:
            while True:
                self._take(self._link.recv())
        except (EOFError, OSError):
            self._supervisor_gone()

    def _take(self, order: SupervisorOrder) -> None:
        server = self._server
        loop = None if server is None else server.loop
        if server is None or loop is None:
            self._orders.put(order)
            return
        with suppress(RuntimeError):  # the loop has just ended
            loop.call_soon_threadsafe(self._obey, server, order)

    def _supervisor_gone(self) -> None:
        if self._server is None:
            os._exit(1)
        self._take(StopServing(hurry=True))
        time.sleep(_LAST_MOMENTS)
        os._exit(1)

    def _report_slow_start(self) -> None:
        if not self._started.wait(_LONG_START):
            self._report(StillStarting(_LONG_START, _running_line(threading.main_thread().ident)))

    # --- in the event loop ---

    def _obey(self, server: "DevelopmentServer", order: SupervisorOrder) -> None:
        match order:
            case StopServing(hurry):
                server.stop_accepting()
                self._report(StopBegun(count_pages(self._app)))
                self._stop(hurry)
            case ShowProblem(failure):
                show_problem(self._app, failure)
            case StaticFilesChanged():
                reload_static_files(self._app, order)

    def _stop(self, hurry: bool) -> None:
        gc.freeze()  # the end of the interpreter would look through all modules for garbage
        if hurry:
            for live in live_apps(self._app):
                live.hurry_stop()
        # As from the terminal: PyView drains first, then the server stops.
        signal.raise_signal(signal.SIGTERM)


class DevelopmentServer(uvicorn.Server):
    """Server that calls `ready()` when it accepts connections. `loop` is None before it does."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._call_when_ready = ready
        self._lifespan: RecordingLifespan | None = None
        self.loop: asyncio.AbstractEventLoop | None = None

    def run_until_stopped(self, listening: socket.socket) -> None:
        """Serve on a copy of `listening`. Raises the exception of a start that fails."""
        if not self.config.loaded:
            self.config.load()
        self.config.lifespan_class = self._make_lifespan
        # uvicorn sends itself the signal again after its end, for the handlers that were there before it.
        before = signal.signal(signal.SIGTERM, lambda number, frame: None)
        # It logs failures of the start, which the supervisor shows.
        log = logging.getLogger("uvicorn.error")
        log.disabled = True
        try:
            self.run([listening.dup()])
        except SystemExit as ended:
            if self._lifespan is not None and self._lifespan.failure is not None:
                raise self._lifespan.failure from None
            raise ended
        finally:
            log.disabled = False
            self.loop = None
            if not self.started:
                signal.signal(signal.SIGTERM, before)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        logging.getLogger("uvicorn.error").disabled = False
        self.loop = asyncio.get_running_loop()
        self._call_when_ready()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        with super().capture_signals():
            # A second signal to stop would let uvicorn leave out the end of the lifespan.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            yield

    def stop_accepting(self) -> None:
        """Leave new connections to other processes with the same socket, and close those without a request."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            if isinstance(connection, self.config.http_protocol_class):
                connection.shutdown()

    def _make_lifespan(self, config: uvicorn.Config) -> LifespanOn:
        self._lifespan = RecordingLifespan(config)
        return self._lifespan


class RecordingLifespan(LifespanOn):
    """The lifespan of an application. `failure` is the exception that ended it."""

    def __init__(self, config: uvicorn.Config) -> None:
        self.failure: BaseException | None = None
        recorded = copy(config)
        recorded.loaded_app = self._recorded(config.loaded_app)
        super().__init__(recorded)

    def _recorded(self, app: Any) -> Any:
        async def run(*arguments: Any) -> None:
            try:
                await app(*arguments)
            except BaseException as error:
                self.failure = error
                raise

        return run


def _import_early(names: tuple[str, ...]) -> None:
    for name in names:
        with suppress(Exception):  # the application shows what is wrong with it
            import_module(name)


def _running_line(thread: int | None) -> str:
    """Return the innermost line of the application's own files that a thread is at, "" if there is none."""
    frame = sys._current_frames().get(thread or 0)
    while frame is not None and not is_own(frame.f_code.co_filename):
        frame = frame.f_back
    return "" if frame is None else f"{frame.f_code.co_filename}, line {frame.f_lineno}"
