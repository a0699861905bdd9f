"""Where in the author's files something was written: found out only when an error has to say so."""

import sys
from itertools import islice
from types import CodeType
from typing import Any, NamedTuple

_OURS = ("jinja2.", "pyview.template.")


class Place(NamedTuple):
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


def calling_place() -> Place:
    """Where the function that calls this one was called from, in code that is the author's."""
    frame = sys._getframe(2)
    while frame.f_globals.get("__name__", "").startswith(_OURS) and frame.f_back is not None:
        frame = frame.f_back
    return Place(frame.f_globals, frame.f_code, frame.f_lasti)


def _line(code: CodeType, instruction: int) -> int:
    position = next(islice(code.co_positions(), instruction // 2, None), None)
    return (position and position[0]) or code.co_firstlineno
