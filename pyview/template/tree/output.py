"""From a value to the text in the page: exactly what Jinja2's own `escape` or `str` would have written."""

from collections.abc import Callable
from typing import Any

import markupsafe
from markupsafe import Markup, escape

from pyview.template.place import calling_place
from pyview.template.tree.live import Live
from pyview.template.tree.numbers import number_text
from pyview.template.tree.unprintable import UNPRINTABLE, UnprintableValue

_to_text = str.__str__


def _escape_text(text: str) -> str:
    return _to_text(escape(text))


# MarkupSafe's inner function returns a plain string and, when there is nothing to escape, the very one it was given,
# so that pages share their text with the data. The name is private, hence the other way round it.
escape_text: Callable[[str], str] = getattr(markupsafe, "_escape_inner", _escape_text)


def escaped(value: Any) -> Any:
    """The text of a value where autoescape is on; a live value as it is."""
    cls = type(value)
    if cls is str:
        return escape_text(value)
    if cls is int:
        return number_text(value)
    if cls is float:
        return repr(value)
    return value if isinstance(value, Live) else _escaped_other(value)


def _escaped_other(value: Any) -> str:
    if type(value) in UNPRINTABLE:
        raise UnprintableValue(value, calling_place())
    return _to_text(escape(value))


def plain(value: Any) -> Any:
    """The text of a value where autoescape is off; a live value as it is."""
    return value if isinstance(value, Live) else written_plain(value)


def written(value: Any) -> str:
    """The text of a value in a page that is made as text, where autoescape is on; of a live value, its mark."""
    cls = type(value)
    if cls is str:
        return escape_text(value)
    return number_text(value) if cls is int else _escaped_other(value)


def written_plain(value: Any) -> str:
    """The text of a value in a page that is made as text, where autoescape is off."""
    if type(value) in UNPRINTABLE:
        raise UnprintableValue(value, calling_place())
    text = str(value)
    return text if type(text) is str else _to_text(text)


def converted(autoescape: bool, value: Any) -> Any:
    """The text of a value where autoescape is only known when rendering."""
    return escaped(value) if autoescape else plain(value)


def text_slot(previous: Any, text: str) -> tuple[str, str | None]:
    """A slot that holds text: (text, what changed)."""
    return text, (None if text == previous else text)


__all__ = ["Markup", "converted", "escape_text", "escaped", "plain", "text_slot", "written", "written_plain"]
