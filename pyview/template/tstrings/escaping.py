"""Where a slot can stand in HTML, and how a value is written there so that it cannot mean anything else.

What is wrong with a template string, and where.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from markupsafe import Markup

from pyview.js.bindings import command_piece
from pyview.template.attributes import (
    attribute_text,
    attributes_text,
    binding,
    is_css_value,
    may_be_scheme,
    quoted,
    safe_url,
    url_text,
    vouched,
)
from pyview.template.tree.output import escape_text
from pyview.template.unsafe_values import Danger, ValueSoFar, danger_of

Write: TypeAlias = Callable[[Any], str]
"""From a value to its text in the page."""

CONTENT = None
"""Between tags: what stands there may be a tree of its own."""


def whole_attribute(tag: str, name: str) -> Write:
    """`name={value}`: the attribute as a whole, left out if there is nothing."""
    return lambda value: attribute_text(name, value, tag)


def spread(tag: str) -> Write:
    """`<tag {attributes}>`: a mapping of attributes."""
    return lambda value: attributes_text(value, tag)


def in_quotes(before: ValueSoFar) -> Write:
    """`name="... {value} ..."`: a piece of an attribute's value."""
    match danger_of(before):
        case Danger.PROGRAM:
            return lambda value: vouched(before.name, value)
        case Danger.URL:
            return url_start
        case Danger.URL_PIECE:
            return url_piece
        case Danger.DECLARATION:
            return css_piece
        case Danger.EVENT | Danger.COMMANDS:
            return lambda value: binding(before.name, value)
        case Danger.COMMAND_PIECE:
            return lambda value: quoted(command_piece(value))
        case None:
            return quoted


def url_start(value: Any) -> str:
    """The beginning of an address."""
    return escape_text(safe_url(url_text(value)))


def url_piece(value: Any) -> str:
    """A piece of an address that may still belong to its scheme."""
    text = url_text(value)
    return escape_text(f"/unsafe:{text}" if may_be_scheme(text) else text)


def css_piece(value: Any) -> str:
    """A piece of a declaration in a style: what would begin another one is left out."""
    return quoted(value) if isinstance(value, Markup) or is_css_value(str(value)) else ""


def only_text(value: Any) -> str:
    """In a comment, a title, a text area: text, for tags mean nothing there."""
    return quoted(value)


def in_program(tag: str) -> Write:
    """Within a script or a style sheet, where there is no escaping: only what somebody vouched for."""

    def write(value: Any) -> str:
        if not isinstance(value, Markup):
            raise TypeError(
                f"<{tag}> holds a program, in which no escaping helps: {type(value).__name__} cannot be written there. "
                "Put the value into an attribute such as data-value={value} and read it from there, or vouch for a "
                "constant text by markupsafe.Markup"
            )
        if f"</{tag}" in value.lower():
            raise ValueError(f"this value would end the <{tag}> around it: {value!r}")
        return str.__str__(value)

    return write


class TemplateStringError(ValueError):
    """A template string that cannot be rendered safely: what stands where, and what to write instead."""

    def __init__(self, problem: str, excerpt: str) -> None:
        self.problem = problem
        self.excerpt = excerpt
        super().__init__(f"{problem}\nin the template string at: {excerpt}")


def excerpt(strings: Sequence[str], expressions: Sequence[str], index: int, position: int) -> str:
    """The line around a position in one of the static texts, with the slots as they are written."""
    before, after = strings[index][:position], strings[index][position:]
    if index:
        before = (
            "".join(
                f"{text}{{{name}}}" for text, name in zip(strings[:index], expressions[:index], strict=True)
            )
            + before
        )
    if index < len(expressions):
        after = f"{after}{{{expressions[index]}}}{strings[index + 1]}"
    line_before, line_after = before.rsplit("\n", 1)[-1], after.split("\n", 1)[0]
    return f"{line_before[-50:]}{line_after[:30]}".strip()
