"""The server of `pyview run`: one process, or several workers that a parent restarts.

The application is checked before anything listens. With several workers the check has a process of its own, so that the
parent does not keep an application that it does not serve.
"""

import logging
import math
import multiprocessing
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess, Process

from pyview.serving.applications import load
from pyview.serving.failure_text import failure_text
from pyview.serving.server import drain_delay, drain_timeout, largest_message, server_config

_AFTER_DRAIN: Final = 5.0  # seconds for the ends of lifespans and processes
_CRASHES: Final = 5  # of each worker in `_PERIOD` seconds: more are a loop
_PERIOD: Final = 30.0

logger = logging.getLogger("uvicorn.error")

Check = Callable[[Any], list[str]]
"""Returns the reasons why an application does not start in production mode, one line each."""


@dataclass(frozen=True)
class NamedApplication:
    """The application of a worker, which imports it. A failure is one that another try would not mend."""

    target: str
    folder: str
    factory: bool

    def load(self) -> Any:
        return load(self.target, Path(self.folder), self.factory)

    def __call__(self) -> Any:
        try:
            return self.load()
        except BaseException as error:
            logger.error("%s cannot be imported:\n%s", self.target, failure_text(error))
            sys.exit(STARTUP_FAILURE)


@dataclass(frozen=True)
class Examined:
    """Facts about an application that its server needs. `refusals` are the reasons why it does not start."""

    refusals: list[str]
    largest_message: int = 0
    drain_seconds: float = 0.0


def examined(app: Any, check: Check) -> Examined:
    """Check a loaded application."""
    return Examined(check(app), largest_message(app), drain_delay(app) + drain_timeout(app))


def examined_apart(application: NamedApplication, check: Check) -> Examined:
    """Import and check an application in a process of its own. `check` is a function of a module."""
    spawn = multiprocessing.get_context("spawn")
    receiver, sender = spawn.Pipe(duplex=False)
    process = spawn.Process(target=_examine, args=(sender, application, check))
    process.start()
    sender.close()
    try:
        result: Examined = receiver.recv()
    except EOFError:
        process.join()
        result = Examined(
            [f"the import of {application.target} ended the process (exit code {process.exitcode})"]
        )
    process.join(_AFTER_DRAIN)
    process.kill()  # an import may have started threads
    return result


def _examine(sender: Connection, application: NamedApplication, check: Check) -> None:
    try:
        sender.send(examined(application.load(), check))
    except BaseException as error:
        sender.send(Examined([f"{application.target} cannot be imported:\n{failure_text(error)}"]))


def serve_alone(app: Any, found: Examined, listening: socket.socket, options: dict[str, Any]) -> int:
    """Serve in this process until a signal stops it. Return the exit code."""
    server = uvicorn.Server(_config(app, found, options))
    # uvicorn sends itself the signal again after its end, for the handlers that were there before it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda got, frame: None)
    try:
        server.run([listening])
    except SystemExit:
        return 1
    return 0


def serve_workers(
    application: NamedApplication,
    workers: int,
    found: Examined,
    listening: socket.socket,
    options: dict[str, Any],
) -> int:
    """Serve with several workers until a signal stops them. Return the exit code: 1 if they do not start."""
    config = _config(application, found, {**options, "factory": True, "workers": workers})
    supervisor = WorkerSupervisor(config, [listening], found.drain_seconds)
    supervisor.run()
    return 1 if supervisor.failed else 0


def _config(app: Any, found: Examined, options: dict[str, Any]) -> uvicorn.Config:
    # Responses that are still being sent when all pages have gone.
    graceful = math.ceil(found.drain_seconds + _AFTER_DRAIN)
    return server_config(
        app, found.largest_message, server_header=False, timeout_graceful_shutdown=graceful, **options
    )


class WorkerSupervisor(Multiprocess):
    """uvicorn's parent of workers. `failed` is True if the workers could not be started.

    It gives up when workers crash again and again, and kills those that do not end within their time.
    """

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket], drain_seconds: float) -> None:
        super().__init__(config, sockets)
        self._drain_seconds = drain_seconds
        self._crashes: deque[float] = deque(maxlen=_CRASHES * self.processes_num)
        self.failed = False

    def keep_subprocess_alive(self) -> None:
        """Replace the workers that have ended.

        uvicorn also kills a worker that does not answer within five seconds. On a busy host that is one which still
        imports the application.
        """
        for index, process in enumerate(self.processes):
            if process.exitcode is None or self.should_exit.is_set():
                continue
            if process.exitcode == STARTUP_FAILURE or self._is_loop():
                logger.error("worker [%s] cannot be started: the server stops", process.pid)
                self.failed = True
                self.should_exit.set()
                return
            logger.error(
                "worker [%s] has ended with exit code %s: another one starts", process.pid, process.exitcode
            )
            self.processes[index] = Process(self.config, self.sockets)
            self.processes[index].start()

    def _is_loop(self) -> bool:
        """Note that a worker has crashed. Return True if that was so often that another one would crash as well."""
        now = time.monotonic()
        self._crashes.append(now)
        return len(self._crashes) == self._crashes.maxlen and now - self._crashes[0] < _PERIOD

    def join_all(self) -> None:
        end = time.monotonic() + self._drain_seconds + _AFTER_DRAIN
        for process in self.processes:
            process.process.join(max(0.0, end - time.monotonic()))
            if process.process.is_alive():
                logger.error("worker [%s] does not end: it is killed", process.pid)
                process.process.kill()
                process.process.join()
