"""Texts about an application that cannot be started, for the terminal and for pages."""

import traceback
from typing import Final

from pyview.observability.error_ids import is_own, own_place
from pyview.serving.applications import CannotLoad

_INNERMOST: Final = 3  # frames that are shown of a failure outside of the developer's own files


def failure_text(error: BaseException) -> str:
    """Return the lines of the developer's own files that led to `error`, and its message at the end."""
    if isinstance(error, CannotLoad):
        return str(error)
    whole = traceback.TracebackException.from_exception(error)
    own = [frame for frame in whole.stack if is_own(frame.filename)]
    is_named = isinstance(error, SyntaxError)  # the message has the line
    shown = own if own or is_named else whole.stack[-_INNERMOST:]
    hidden = len(whole.stack) - len(shown)
    lines = [*traceback.StackSummary.from_list(shown).format(), *whole.format_exception_only()]
    if shown and hidden:
        lines.insert(0, f"  ({hidden} frames of libraries are not shown)\n")
    return "".join(lines).rstrip()


def failure_summary(error: BaseException) -> str:
    """Return kind, message and place of `error`, such as "NameError: name 'x' is not defined (shop.py, line 3)"."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{type(error).__name__}: {error.msg} ({error.filename}, line {error.lineno})"
    place = own_place(error)
    return f"{type(error).__name__}: {error}{f' ({place})' if place else ''}"
