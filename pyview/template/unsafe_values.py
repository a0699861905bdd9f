"""Positions in attribute values where escaping alone does not make a value safe.

The rules are the same for template strings and for Jinja2.
"""

from dataclasses import dataclass
from enum import Enum, auto

from pyview.js.bindings import BINDINGS, COMMAND_BINDINGS, is_binding
from pyview.template.attributes import is_harmless, is_program, is_url

SLOT = "\0"
"""Stands for a slot in a value."""


class Danger(Enum):
    """Harm that a value could do at its position."""

    PROGRAM = auto()
    """The browser runs it as a program, or parses it as a page."""
    URL = auto()
    """It begins a URL, whose scheme could be `javascript:`."""
    URL_PIECE = auto()
    """It may still belong to the scheme of a URL."""
    DECLARATION = auto()
    """It could end its declaration in a style, and begin another one."""
    EVENT = auto()
    """It begins a `phx-*` binding. The client runs a value that begins with `[` as JS commands."""
    COMMANDS = auto()
    """The same, in a binding that holds JS commands only."""
    COMMAND_PIECE = auto()
    """It is a piece of hand-written JS commands, and could end the JSON string that it is in."""


@dataclass(frozen=True, slots=True)
class ValueSoFar:
    """The part of a quoted value before one of its slots: static text, and `SLOT` for other slots."""

    tag: str
    name: str
    text: str


def danger_of(before: ValueSoFar) -> Danger | None:
    """Return the danger of a value that comes after `before`; None if escaping is enough."""
    if is_program(before.name):
        return Danger.PROGRAM
    if is_binding(before.name) or _may_be_binding(before.name):
        return _danger_in_binding(before)
    if is_url(before.name, before.tag):
        return _danger_in_url(before.text)
    if before.name.lower() == "style" and before.text.rpartition(";")[2].strip():
        return Danger.DECLARATION
    return None


def _may_be_binding(name: str) -> bool:
    """Return True if a slot in the name of the attribute may make it a binding: `phx-{{ kind }}`."""
    # Only names that can still become a binding: `data-{{ name }}` cannot, and `phx-value-{{ name }}`
    # neither.
    known, slot, _ = name.partition(SLOT)
    return (
        bool(slot) and len(known) > len("phx-") - 1 and any(one.startswith(known.lower()) for one in BINDINGS)
    )


def _danger_in_binding(before: ValueSoFar) -> Danger | None:
    known = before.text.lstrip(SLOT)  # other slots may be empty
    # Only a text that begins with `[` is run as commands, so what follows other text is harmless.
    if known:
        return Danger.COMMAND_PIECE if known.startswith("[") else None
    return Danger.COMMANDS if before.name.lower() in COMMAND_BINDINGS else Danger.EVENT


def _danger_in_url(before: str) -> Danger | None:
    if not is_harmless(before):
        return Danger.PROGRAM
    if scheme_is_known(before):
        return None
    return Danger.URL_PIECE if before.strip() else Danger.URL


def scheme_is_known(before: str) -> bool:
    """Return True if text after `before` cannot be part of the URL's scheme."""
    return any(char in before for char in "/?#:")
