"""A server of the day: `pyview dev` or `pyview run`, with its output."""

import re
import signal
import subprocess
import threading
from pathlib import Path
from time import monotonic, sleep

from tests.day.place import Failed, Place

_LIMIT = 60.0  # seconds


class Server:
    """A running command. `lines` is its output."""

    def __init__(self, place: Place, *command: str, **environment: str) -> None:
        self._command = " ".join(command)
        self._process = subprocess.Popen(
            [place.found(command[0]), *command[1:]],
            cwd=place.shop,
            env=place.environment(PYTHONUNBUFFERED="1", **environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        self.lines.extend(iter(self._process.stdout.readline, ""))

    def wait_for(self, text: str, after: int = 0) -> str:
        """Return the first line from number `after` on that contains `text`. Raises `Failed`."""
        deadline = monotonic() + _LIMIT
        while monotonic() < deadline and self._process.poll() is None:
            found = [line for line in self.lines[after:] if text in line]
            if found:
                return found[0]
            sleep(0.02)
        raise Failed(f"{self._command}: no line with {text!r} in {self.output}")

    def address(self) -> str:
        """Return the address that it prints when it serves. Raises `Failed`."""
        found = re.search(r"http://[^\s/]+", self.wait_for("http://"))
        assert found is not None
        return found[0]

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Stop it as a terminal or a supervisor does. Return its exit code."""
        self._process.send_signal(number)
        try:
            code = self._process.wait(_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise Failed(f"{self._command} did not stop within {_LIMIT} s: {self.output}") from None
        self._reader.join(_LIMIT)
        return code

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


def edit(file: Path, old: str, new: str) -> None:
    """Replace a text that the file has once, as a save in an editor does."""
    text = file.read_text()
    if text.count(old) != 1:
        raise Failed(f"{file} has {old!r} {text.count(old)} times")
    file.write_text(text.replace(old, new))
