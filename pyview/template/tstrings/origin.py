"""Which line of a program a template string that failed was written on."""

import inspect
import linecache
from typing import Any

from pyview.template.tstrings.errors import TemplateStringError


def blame(error: Exception, function: Any) -> None:
    """Note in an error which function's page it was, and on which line of its file if that is known."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is not None:
        line = _line(error, code.co_filename, code.co_firstlineno)
        error.add_note(f"in {code.co_qualname}(), {code.co_filename}, line {line}")


def _line(error: Exception, filename: str, first: int) -> int:
    """The line that holds what the error cites, else the function's first."""
    if not isinstance(error, TemplateStringError):
        return first
    lines = linecache.getlines(filename)
    for number, line in enumerate(lines[first - 1 :], first):
        if error.excerpt in line:
            return number
    return first
