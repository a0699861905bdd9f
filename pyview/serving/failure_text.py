"""Text about an application that cannot be started, for the terminal."""

import traceback
from typing import Final

from pyview.observability.error_ids import is_own
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
