"""Where in the author's files something was written: found out only when an error has to say so.

What a render was made from, for those who want to know when that has changed.
"""

import sys
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import islice
from pathlib import Path
from types import CodeType
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

_OURS = ("jinja2.", "pyview.template.")


class TemplateLine(NamedTuple):
    """A point in running code. As text: file and line, of the template if the code was made from one."""

    globals: dict[str, Any]
    code: CodeType
    instruction: int

    def __str__(self) -> str:
        line = _line(self.code, self.instruction)
        template = self.globals.get("__jinja_template__")
        if template is None:
            return f"{self.code.co_filename}:{line}"
        return (
            f"{template.filename or template.name or 'a template'}:{template.get_corresponding_lineno(line)}"
        )


def calling_line() -> TemplateLine:
    """Where the function that calls this one was called from, in code that is the author's."""
    frame = sys._getframe(2)
    while frame.f_globals.get("__name__", "").startswith(_OURS) and frame.f_back is not None:
        frame = frame.f_back
    return TemplateLine(frame.f_globals, frame.f_code, frame.f_lasti)


def _line(code: CodeType, instruction: int) -> int:
    position = next(islice(code.co_positions(), instruction // 2, None), None)
    return (position and position[0]) or code.co_firstlineno


class TemplateSource(Protocol):
    """A template as it was loaded, or whatever else was looked for."""

    @property
    def is_up_to_date(self) -> bool: ...


Sources: TypeAlias = dict[Hashable, TemplateSource]
"""Each as it was when it was first used."""

_RECORDED: Final[ContextVar[Sources | None]] = ContextVar("noted", default=None)


class MissingFile:
    """A file that was not there; a page was made without it."""

    __slots__ = ("_path",)

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def is_up_to_date(self) -> bool:
        return not self._path.is_file()


@contextmanager
def recording_sources(sources: Sources) -> Iterator[None]:
    """Within, `note` notes in `sources`."""
    token = _RECORDED.set(sources)
    try:
        yield
    finally:
        _RECORDED.reset(token)


def record_source(key: Hashable, source: TemplateSource) -> None:
    """Note what is used. What is known already stays as it was, so that it is seen to be out of date."""
    recorded = _RECORDED.get()
    if recorded is not None:
        recorded.setdefault(key, source)
