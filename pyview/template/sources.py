"""Lines of templates and programs for error messages, and the files that a render used, for reloading."""

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
    """A point in running code. As text: file and line, of the template if the code was compiled from one.

    It keeps only references, because nearly no instance is ever shown: the line is found when the text is made.
    """

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
    """Return the line that called the function which calls this one, skipping frames of Jinja2 and PyView."""
    # Frames and not `inspect.stack`, which reads source files: this runs for each component of each render.
    frame = sys._getframe(2)
    # The globals of generated code have no `__name__`, so the search stops at the line of a template.
    while frame.f_globals.get("__name__", "").startswith(_OURS) and frame.f_back is not None:
        frame = frame.f_back
    return TemplateLine(frame.f_globals, frame.f_code, frame.f_lasti)


def _line(code: CodeType, instruction: int) -> int:
    # `co_positions` yields one entry for each code unit, which has two bytes.
    position = next(islice(code.co_positions(), instruction // 2, None), None)
    return (position and position[0]) or code.co_firstlineno


class TemplateSource(Protocol):
    """A file that a render used: a template as it was loaded, or a `MissingFile`."""

    @property
    def is_up_to_date(self) -> bool: ...


Sources: TypeAlias = dict[Hashable, TemplateSource]
"""The files that renders used, each in its state at the first use."""

_RECORDED: Final[ContextVar[Sources | None]] = ContextVar("recorded", default=None)


class MissingFile:
    """A file that a page looked for and did not find."""

    __slots__ = ("_path",)

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def is_up_to_date(self) -> bool:
        return not self._path.is_file()


@contextmanager
def recording_sources(sources: Sources) -> Iterator[None]:
    """Make `record_source` add to `sources` inside the block."""
    token = _RECORDED.set(sources)
    try:
        yield
    finally:
        _RECORDED.reset(token)


def record_source(key: Hashable, source: TemplateSource) -> None:
    """Record a used file. A known one keeps its first state, so that a change since then is noticed."""
    recorded = _RECORDED.get()
    if recorded is not None:
        recorded.setdefault(key, source)
