"""Frames of the application's own files in a traceback, with the lines of source code around each."""

import linecache
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jinja2

from pyview.failures.texts import cut_line, printable
from pyview.observability.error_ids import is_own, is_template

_LINES_AROUND: Final = 4
_UNNAMED_TEMPLATE: Final = "<template>"
"""The file of a template that a loader has without one, as Jinja2 names it."""
_MOST_FRAMES: Final = 8
"""Of one exception, the innermost ones."""


@dataclass(frozen=True, slots=True)
class FailureFrame:
    """One line of a file, and the lines around it.

    `lines` are the texts from line `first` on: none for a file that is gone, or a template without a file. `times` is
    more than 1 for a line that calls itself. `function` is "" for a template and for a syntax error.
    """

    file: str
    line: int
    function: str
    first: int
    lines: tuple[str, ...]
    times: int = 1

    @property
    def is_template(self) -> bool:
        return is_template(self.file)

    @property
    def source(self) -> str:
        """The text of the line itself, "" if it is unknown."""
        at = self.line - self.first
        return self.lines[at].strip() if 0 <= at < len(self.lines) else ""

    @property
    def short_file(self) -> str:
        """The path from the current directory on, if the file is in it."""
        try:
            return str(Path(self.file).relative_to(Path.cwd()))
        except (ValueError, OSError):  # elsewhere; or the current directory is gone
            return self.file

    @classmethod
    def at(cls, file: str, line: int, function: str = "", times: int = 1) -> "FailureFrame":
        """Return the frame of a line, with the lines around it as the file has them now."""
        linecache.checkcache(file)
        first = max(1, line - _LINES_AROUND)
        found = [linecache.getline(file, number) for number in range(first, line + _LINES_AROUND + 1)]
        while found and not found[-1].strip():
            found.pop()  # the end of the file
        while found and first < line and not found[0].strip():
            found.pop(0)
            first += 1
        return cls(printable(file), line, function, first, tuple(cut_line(text) for text in found), times)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "FailureFrame":
        return cls(**{**value, "lines": tuple(value["lines"])})


def own_frames(error: BaseException) -> tuple[FailureFrame, ...]:
    """Return the frames of the application's own files, the innermost first; the innermost frame if there are none."""
    walked = [*_walk(error)]
    seen: dict[tuple[str, int, str], int] = {}
    for file, line, function in reversed(walked):
        if is_own(file) or file == _UNNAMED_TEMPLATE:
            is_function = not is_template(file) and file != _UNNAMED_TEMPLATE
            place = (file, line, function if is_function else "")
            seen[place] = seen.get(place, 0) + 1
    wrong = _syntax_error(error)
    frames = [wrong] if wrong is not None else []
    if wrong is not None:
        seen.pop((wrong.file, wrong.line, ""), None)  # Jinja2 makes a frame for it, in some cases
    for (file, line, function), times in list(seen.items())[:_MOST_FRAMES]:
        frames.append(FailureFrame.at(file, line, function, times))
    if not frames and walked:
        frames.append(FailureFrame.at(*walked[-1]))
    return tuple(frames)


def _walk(error: BaseException) -> Iterator[tuple[str, int, str]]:
    for frame, line in traceback.walk_tb(error.__traceback__):
        yield frame.f_code.co_filename, line or 0, frame.f_code.co_name


def _syntax_error(error: BaseException) -> FailureFrame | None:
    """Return the place of code or a template that does not compile: there is no frame for it."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return FailureFrame.at(error.filename or error.name or "a template", error.lineno)
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return FailureFrame.at(error.filename, error.lineno)
    return None


def foreign_frames(error: BaseException) -> tuple[int, list[str]]:
    """Return how many frames are not of the application, and the names of their packages."""
    files = [file for file, _, _ in _walk(error) if not is_own(file)]
    packages = dict.fromkeys(_package_of(file) for file in files)
    return len(files), sorted(packages)


def _package_of(file: str) -> str:
    if file.startswith("<"):
        return "generated code"
    parts = Path(file).parts
    for folder in ("site-packages", "dist-packages"):
        if folder in parts[:-1]:
            return Path(parts[parts.index(folder) + 1]).stem
    if "pyview" in parts:
        return "pyview"
    return "Python"
