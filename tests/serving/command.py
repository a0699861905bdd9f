"""The real commands `pyview dev` and `pyview run` in a folder of their own, and what they print."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

WITHIN = 60.0
"""Seconds. A limit for failures only: the machine may be busy."""

COUNTER = """
import time

from pyview import LiveView, PyView
from pyview.events import AutoEventDispatch, event
from pyview.template.live_template import LiveTemplate


class Counter(AutoEventDispatch, LiveView, keep=("count",)):
    template = LiveTemplate.from_string("<p>one {{ count }}</p><button phx-click='add'>+</button>", "counter.html")

    async def mount(self, socket, session):
        socket.context = {"count": 0}

    @event
    async def add(self, socket):
        socket.context["count"] += 1


app = PyView()
app.add_live_view("/", Counter)
"""


class Command:
    """A running command. `output` is what it has printed so far."""

    def __init__(self, folder: Path, *arguments: str, **environ: str) -> None:
        self.folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYVIEW_")}
        path = os.pathsep.join(entry for entry in sys.path if entry)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pyview", *arguments],
            cwd=folder,
            env={**kept, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", **environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._lines: list[str] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def output(self) -> str:
        return "".join(self._lines)

    @property
    def url(self) -> str:
        """The address that the command has printed, without a slash at the end."""
        return self.printed(r"(http://\S+?)/\s")[1]

    def printed(self, pattern: str, after: int = 0) -> "re.Match[str]":
        """Wait for output that matches, from the character `after` on."""
        end = time.monotonic() + WITHIN
        with self._news:
            while not (found := re.compile(pattern).search(self.output, after)):
                assert self._news.wait(max(0.0, end - time.monotonic())), (
                    f"not printed: {pattern}\n{self.output}"
                )
        return found

    def write(self, name: str, source: str) -> int:
        """Write a file of the application. Return the position in the output at that time."""
        position = len(self.output)
        (self.folder / name).write_text(source)
        return position

    def typed(self, text: str) -> None:
        """Type something in the terminal."""
        assert self.process.stdin is not None
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def processes(self) -> list[psutil.Process]:
        """Return the processes of the command's session that are alive."""
        found = []
        for process in psutil.process_iter():
            try:
                if os.getsid(process.pid) == self.process.pid and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except (ProcessLookupError, PermissionError, psutil.NoSuchProcess):
                continue
        return found

    def left(self) -> list[psutil.Process]:
        """Return the processes that do not end after the command.

        One that has just been started imports PyView before it notices that it is alone.
        """
        end = time.monotonic() + WITHIN
        while (found := self.processes()) and time.monotonic() < end:
            time.sleep(0.1)
        return found

    def interrupt(self) -> None:
        """Do as Ctrl+C in a terminal: the signal reaches each process of the command."""
        os.killpg(self.process.pid, signal.SIGINT)

    def ended(self) -> int:
        """Wait for the end and for the rest of the output. Return the exit code."""
        code = self.process.wait(timeout=WITHIN)
        self._reader.join(WITHIN)
        assert not self._reader.is_alive(), "a process of the command is left"
        return code

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process, self.process.stdout as output:
            for line in output:
                with self._news:
                    self._lines.append(line)
                    self._news.notify_all()


@contextmanager
def running(folder: Path, *arguments: str, **environ: str) -> Iterator[Command]:
    """Run a command. At the end none of its processes is left."""
    command = Command(folder, *arguments, **environ)
    try:
        yield command
    finally:
        if command.process.poll() is None:
            command.process.terminate()
        try:
            command.process.wait(timeout=WITHIN)
        finally:
            left = command.left()
            for process in left:
                process.kill()
            command.ended()
    assert not left, f"{left}\n{command.output}"


def gone(pid: int) -> bool:
    """Return True if there is no such process, or only what its parent has not collected yet."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
