"""Texts of failures, which may be anything: too long, or from a `__str__` that fails."""

import traceback
from typing import Any, Final

import jinja2

MAX_MESSAGE: Final = 4_000
MAX_PAYLOAD: Final = 4_000
MAX_TRACEBACK: Final = 20_000
_MAX_LINE: Final = 300
_MOST_ITEMS: Final = 40


def printable(text: str) -> str:
    """Return `text` with escapes for halves of surrogate pairs, which neither JSON nor a page can hold."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def cut(text: str, limit: int) -> str:
    """Return `text`, or its begin and end if it is longer than `limit` characters, with the count of the rest."""
    if len(text) > limit:
        begin, end = limit * 3 // 4, limit // 4
        text = f"{text[:begin]}\n… {len(text) - begin - end} more characters …\n{text[-end:]}"
    return printable(text)


def cut_line(text: str) -> str:
    """Return a line of source code, without its end if it is very long, as in a minified file."""
    text = printable(text.rstrip())
    return text if len(text) <= _MAX_LINE else f"{text[:_MAX_LINE]} …"


def kind_of(error: BaseException) -> str:
    """Return the name of the class of an exception."""
    return type(error).__qualname__


def message_of(error: BaseException) -> str:
    """Return the message of an exception; "" if it has none."""
    try:
        # The text of a syntax error repeats file, line and source, which are shown as a frame.
        text = error.message if isinstance(error, jinja2.TemplateSyntaxError) else None
        text = error.msg if isinstance(error, SyntaxError) else text
        return cut(str(error) if text is None else str(text), MAX_MESSAGE)
    except Exception as failed:  # any code of the application
        return f"(no message: its __str__ raised {kind_of(failed)})"


def traceback_of(error: BaseException) -> str:
    """Return the whole traceback as Python shows it, with all that the exception was raised from."""
    try:
        return cut("".join(traceback.format_exception(error)), MAX_TRACEBACK)
    except Exception as failed:  # a broken exception may break this, too
        return f"(no traceback: to format it raised {kind_of(failed)})"


def value_text(value: Any) -> str:
    """Return a value, such as the payload of an event, as text that is not too long. "" for None and for no items."""
    if value is None or value == {}:
        return ""
    try:
        return cut("\n".join(_lines_of(value)), MAX_PAYLOAD)
    except Exception as failed:  # a `__repr__` of the application
        return f"(not shown: its __repr__ raised {kind_of(failed)})"


def _lines_of(value: Any) -> list[str]:
    if not isinstance(value, dict):
        return [_short(value)]
    shown = [f"{name}: {_short(item)}" for name, item in list(value.items())[:_MOST_ITEMS]]
    rest = len(value) - len(shown)
    return [*shown, f"… {rest} more"] if rest > 0 else shown


def _short(value: Any) -> str:
    return cut(repr(value), MAX_MESSAGE // 4)
