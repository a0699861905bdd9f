"""Lines of `pyview dev` in the terminal: each with its time, in colour if a person reads them."""

import os
import sys
import time
from collections.abc import Mapping
from typing import Final, TextIO

_CODES: Final = {"red": "31", "yellow": "33", "green": "32", "dim": "2", "bold": "1"}


def wants_colour(environ: Mapping[str, str], stream: TextIO) -> bool:
    """Return True if `stream` is a terminal and NO_COLOR is unset or empty (https://no-color.org)."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


class Terminal:
    """The output of the command."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._colour = wants_colour(os.environ, self._stream)

    def event(self, text: str, colour: str = "") -> None:
        """Write what has happened, with the time."""
        self._write(self.formatted(text, colour))

    def plain(self, text: str, colour: str = "") -> None:
        """Write lines without the time."""
        self._write(self._coloured(text, colour))

    def formatted(self, text: str, colour: str = "", seconds: float | None = None) -> str:
        """Return `text` behind the time of day of `seconds`, or of now."""
        clock = time.strftime("%H:%M:%S", time.localtime(seconds))
        return f"{self._coloured(clock, 'dim')}  {self._coloured(text, colour)}"

    def _coloured(self, text: str, colour: str) -> str:
        return f"\033[{_CODES[colour]}m{text}\033[0m" if self._colour and colour else text

    def _write(self, text: str) -> None:
        try:
            self._stream.write(f"{text}\n")
            self._stream.flush()
        except OSError:  # the terminal has been closed: the supervisor ends by the signal for that
            pass
