"""What stands between tags: text, HTML, a template string, a live value, or many of these."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from jinja2.runtime import Macro
from markupsafe import escape

from pyview.template.tree.immutable import is_template_class
from pyview.template.tree.live import Live
from pyview.template.tree.macro import LiveMacro
from pyview.template.tree.nodes import Fresh
from pyview.template.tree.output import escape_text, text_slot
from pyview.template.tree.unprintable import UNPRINTABLE, UnprintableValue

_to_text = str.__str__


class Strings(Protocol):
    """Renders template strings, one by one and in rows."""

    def render(self, fresh: Fresh, previous: Any, template: Any) -> tuple[Any, Any]: ...
    def render_rows(self, fresh: Fresh, previous: Any, items: list[Any]) -> tuple[Any, Any]: ...
    def text(self, template: Any) -> str: ...


Content = Callable[[Fresh, Any, Any], tuple[Any, Any]]


def render_content(strings: Strings, fresh: Fresh, previous: Any, value: Any) -> tuple[Any, Any]:
    """The slot of a value between tags: (what to retain, what changed)."""
    cls = type(value)
    if cls is str:
        return text_slot(previous, escape_text(value))
    if cls is int or cls is float:
        return text_slot(previous, repr(value))
    if is_template_class(cls):
        return strings.render(fresh, previous, value)
    if isinstance(value, Live):
        fresh.visits += value.visits
        return value.render(fresh, previous)
    if cls is LiveMacro:
        rendered: tuple[Any, Any] = value.render(fresh, previous, (), {})
        return rendered
    if cls is list or cls is tuple or isinstance(value, Iterator):
        return strings.render_rows(fresh, previous, [*value])
    return text_slot(previous, _plain_text(value))


def content_text(strings: Strings, value: Any) -> str:
    """The same value in a page that is made as text."""
    cls = type(value)
    if cls is str:
        return escape_text(value)
    if is_template_class(cls):
        return strings.text(value)
    if cls is list or cls is tuple or isinstance(value, Iterator):
        return "".join([content_text(strings, each) for each in value])
    return _plain_text(value)


def _plain_text(value: Any) -> str:
    # None is nothing there: what would a reader do with the word "None"? `{name or None}` is how nothing is said.
    if value is None:
        return ""
    if type(value) in UNPRINTABLE:
        raise UnprintableValue(value)
    return _to_text(escape(value() if isinstance(value, Macro) else value))
