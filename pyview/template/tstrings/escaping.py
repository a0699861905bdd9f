"""Escaping of values by the position of their slot in HTML, and the error for a position that is not safe."""

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
    trusted,
    url_text,
)
from pyview.template.tree.output import escape_text
from pyview.template.unsafe_values import Danger, ValueSoFar, danger_of

Write: TypeAlias = Callable[[Any], str]
"""Returns the text of a value for one position."""

CONTENT = None
"""The position between tags, where a value may render into a tree."""


def whole_attribute(tag: str, name: str) -> Write:
    """Return the function for a whole attribute, `name={value}`. It is omitted for None and False."""
    return lambda value: attribute_text(name, value, tag)


def spread(tag: str) -> Write:
    """Return the function for a mapping of attributes, `<tag {attributes}>`."""
    return lambda value: attributes_text(value, tag)


def in_quotes(before: ValueSoFar) -> Write:
    """Return the function for a part of an attribute's value, `name="... {value} ..."`."""
    match danger_of(before):
        case Danger.PROGRAM:
            return lambda value: trusted(before.name, value)
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
    """Return the text for the beginning of a URL."""
    return escape_text(safe_url(url_text(value)))


def url_piece(value: Any) -> str:
    """Return the text for a part of a URL that may still belong to its scheme."""
    text = url_text(value)
    # After a slash nothing belongs to a scheme any more.
    return escape_text(f"/unsafe:{text}" if may_be_scheme(text) else text)


def css_piece(value: Any) -> str:
    """Return the text for a part of a CSS declaration, "" if the value would begin another declaration."""
    # Left out and not refused, for the same reason as in `safe_url`.
    return quoted(value) if isinstance(value, Markup) or is_css_value(str(value)) else ""


def only_text(value: Any) -> str:
    """Return the text for a comment, a title or a text area, where tags mean nothing."""
    return quoted(value)


def in_program(tag: str) -> Write:
    """Return the function for a script or a style sheet. It accepts only Markup, because escaping is not possible."""

    def write(value: Any) -> str:
        if not isinstance(value, Markup):
            raise TypeError(
                f"<{tag}> contains a program, where a {type(value).__name__} cannot be escaped. Put the value into an "
                "attribute such as data-value={value} and read it from there, or mark a constant text as safe with "
                "markupsafe.Markup"
            )
        # HTML ends a script at this text even inside a string of JavaScript.
        if f"</{tag}" in value.lower():
            raise ValueError(f"this value would end the <{tag}> around it: {value!r}")
        return str.__str__(value)

    return write


class TemplateStringError(ValueError):
    """A template string cannot be rendered safely. `problem` says why and what to write, `excerpt` shows the line."""

    def __init__(self, problem: str, excerpt: str) -> None:
        self.problem = problem
        self.excerpt = excerpt
        super().__init__(f"{problem}\nin the template string at: {excerpt}")


def excerpt(strings: Sequence[str], expressions: Sequence[str], index: int, position: int) -> str:
    """Return the line around a position in one of the static texts, with the expressions of its slots."""
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
