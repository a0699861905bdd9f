"""Split a template into text, comments, expressions and tags. Ibis and Jinja2 write them the same way."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Final

QUOTED: Final = r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'"""
# A delimiter in quotes does not end a tag: `{{ "}}" }}`.
_INSIDE: Final = rf"(?:{QUOTED}|[^\"'])*?"
_OPENING: Final = re.compile(r"\{[{%#$]")
_RAW: Final = re.compile(r"\{%[-+]?\s*raw\s*-?%\}")
_WHOLE_RAW: Final = re.compile(r"\{%.*?%\}.*?\{%[-+]?\s*endraw\s*[-+]?%\}", re.DOTALL)


class Kind(Enum):
    """The kind of a piece."""

    TEXT = "text"
    COMMENT = "comment"
    RAW = "raw"
    PRINT = "print"
    TAG = "tag"


_FORMS: Final = {
    "{#": (Kind.COMMENT, re.compile(r"\{#.*?#\}", re.DOTALL)),
    "{{": (Kind.PRINT, re.compile(rf"\{{\{{{_INSIDE}\}}\}}", re.DOTALL)),
    "{%": (Kind.TAG, re.compile(rf"\{{%{_INSIDE}%\}}", re.DOTALL)),
    # Ibis's other way to print. In Jinja2 it is text, so a brace inside ends the match, except that of a dict.
    "{$": (Kind.PRINT, re.compile(r"\{\$(?:[^{}]|\{[^{}%#$]*\})*?\$\}")),
}


class Unclosed(Exception):
    """A comment, an expression or a tag without an end."""

    def __init__(self, line: int, opening: str) -> None:
        super().__init__(f"{opening} is not closed")
        self.line = line


@dataclass(frozen=True)
class Piece:
    """A part of a template as it is written, and its line."""

    kind: Kind
    text: str
    line: int

    @cached_property
    def inner(self) -> str:
        """The content of a tag or an expression, without its delimiters."""
        return self.text[2:-2].strip("-+").strip() if self.trims else self.text[2:-2].strip()

    @property
    def trims(self) -> bool:
        """True if it has Jinja2's marks that trim whitespace."""
        starts = self.text[2:3] in ("-", "+") and not self.text[3:4].isdigit()  # not {{-1}}, a number in Ibis
        return starts or self.text[-3:-2] in ("-", "+")

    @property
    def keyword(self) -> str:
        """The name of a tag."""
        return re.split(r"\W", self.inner, maxsplit=1)[0] if self.kind is Kind.TAG else ""

    def with_inner(self, inner: str) -> str:
        """Return the piece with another content; its delimiters and the whitespace at its ends stay."""
        body = self.text[2:-2]
        start = body.find(self.inner)
        before, after = body[:start], body[start + len(self.inner) :]
        if not before and inner[:1] in ("-", "+"):
            before = " "  # otherwise Jinja2 reads the sign as a mark that trims
        opening, closing = ("{{", "}}") if self.text.startswith("{$") else (self.text[:2], self.text[-2:])
        return f"{opening}{before}{inner}{after}{closing}"


def pieces_of(source: str) -> Iterator[Piece]:
    """Yield the pieces of a template in order; joined, they are its text. Raises `Unclosed`."""
    position = line = 0
    while position < len(source):
        piece = _next(source, position, line + 1)
        yield piece
        position += len(piece.text)
        line += piece.text.count("\n")


def _next(source: str, position: int, line: int) -> Piece:
    opening = _OPENING.match(source, position)
    if opening is None:
        return Piece(Kind.TEXT, _text(source, position), line)
    kind, form = _FORMS[opening[0]]
    if _RAW.match(source, position):
        kind, form = Kind.RAW, _WHOLE_RAW
    found = form.match(source, position)
    if found:
        return Piece(kind, found[0], line)
    if opening[0] == "{$":
        # In Jinja2 `{$` is text, so without an end it is no error.
        return Piece(Kind.TEXT, opening[0], line)
    raise Unclosed(line, opening[0])


def _text(source: str, position: int) -> str:
    following = _OPENING.search(source, position)
    return source[position : following.start() if following else None]


def split(text: str, separator: str, most: int = 0) -> list[str]:
    """Split `text` where the pattern `separator` matches outside quotes and brackets.

    Returns part, separator, part, ... If `most` is not 0, it is the maximum number of splits.
    """
    parts: list[str] = []
    start = depth = 0
    for found in re.finditer(
        rf"{QUOTED}|(?P<open>[(\[{{])|(?P<close>[)\]}}])|(?P<separator>{separator})", text
    ):
        depth += bool(found["open"]) - bool(found["close"])
        if found["separator"] and depth == 0 and not (most and len(parts) >= 2 * most):
            parts += [text[start : found.start()], found[0]]
            start = found.end()
    return [*parts, text[start:]]
