"""The tags of HTML, read piece by piece: a statement of Jinja2 may stand anywhere between two, within a tag too."""

import re
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Literal

from pyview.lint.holes import HOLE

_RAW = frozenset({"script", "style", "textarea", "title", "iframe", "xmp", "noembed", "noframes"})
"""What stands in these is text up to their end tag."""

_IN_TAG = frozenset({"name", "tag", "slash", "value", "bare"})
_OPENING = re.compile(rf"<!--(?:-?>)?|<!\[CDATA\[|(?P<tag></?)(?=[a-zA-Z{HOLE}]|\Z)|<[!?/]")
_ENDS = {
    "comment": re.compile("--!?>"),
    "cdata": re.compile("]]>"),
    "bogus": re.compile(">"),
    '"': re.compile('"'),
    "'": re.compile("'"),
}
_NAME = re.compile(r"[^\s/>]*")
_PART = re.compile(r"\s+|[/>=]|[^\s/>=]+")
_SPACE = re.compile(r"\s*")
_BARE = re.compile(r"[^\s>]*")


class Unclear(Exception):
    """Where the branches of a statement end is not the same kind of place, so that nothing is certain from there on."""


@dataclass(frozen=True, slots=True)
class Tag:
    """`empty` is one that ends with a slash."""

    name: str
    line: int
    kind: Literal["start", "end", "empty"]

    @property
    def stem(self) -> str:
        """What is known of the name."""
        return self.name.partition(HOLE)[0]

    @property
    def known(self) -> bool:
        return HOLE not in self.name


@dataclass(slots=True)
class Scanner:
    """Where in HTML a reader is. `where` is a kind of place, or the quotation mark of the value that it is in."""

    where: str = "text"
    name: str = ""
    _line: int = 1
    _closes: bool = False

    def fork(self) -> "Scanner":
        return copy(self)

    def read(self, text: str, line: int) -> Iterator[Tag]:
        """The tags that end in `text`, whose first line is `line`."""
        at = 0
        if self.where == "name" and text and not (text[0].isspace() or text[0] in "/>"):
            self.name += HOLE  # a statement stands in the name
        while at < len(text):
            where, (at, ended) = self.where, self._step(text, at, line)
            if ended:
                yield self._ended(where)

    def _ended(self, where: str) -> Tag:
        tag = Tag(self.name, self._line, self._kind(where))
        self.name = tag.stem
        self.where = "raw" if tag.kind == "start" and tag.stem in _RAW else "text"
        return tag

    def _kind(self, where: str) -> Literal["start", "end", "empty"]:
        return "end" if self._closes else "empty" if where == "slash" else "start"

    def _step(self, text: str, at: int, line: int) -> tuple[int, bool]:
        """One step on: where to, and whether a tag ended with it."""
        match self.where:
            case "text":
                return self._in_text(text, at, line), False
            case "raw":
                return self._in_raw(text, at, line), False
            case "name":
                return self._in_name(text, at), False
            case "tag" | "slash":
                return self._in_tag(text, at)
            case "value":
                return self._before_value(text, at)
            case "bare":
                return self._up_to(at + len(_run(_BARE, text, at)), text), False
            case other:
                return self._past(_ENDS[other], text, at, "tag" if other in "\"'" else "text"), False

    def _in_text(self, text: str, at: int, line: int) -> int:
        found = _OPENING.search(text, at)
        if found is None:
            return len(text)
        if found["tag"]:
            self._begin(found, text, line)
        elif found[0].startswith("<!--"):
            self.where = "text" if found[0].endswith(">") else "comment"
        else:
            self.where = "cdata" if found[0] == "<![CDATA[" else "bogus"
        return found.end()

    def _begin(self, found: re.Match[str], text: str, line: int) -> None:
        self.where, self.name, self._closes = "name", "", found[0] == "</"
        self._line = line + text.count("\n", 0, found.start())

    def _in_raw(self, text: str, at: int, line: int) -> int:
        found = re.compile(rf"</(?={re.escape(self.name)}(?:[\s/>]|\Z))", re.IGNORECASE).search(text, at)
        if found is None:
            return len(text)
        self._begin(found, text, line)
        return found.end()

    def _in_name(self, text: str, at: int) -> int:
        more = _run(_NAME, text, at)
        self.name += more.lower()
        return self._up_to(at + len(more), text)

    def _in_tag(self, text: str, at: int) -> tuple[int, bool]:
        part = _run(_PART, text, at)
        self.where = {"/": "slash", "=": "value"}.get(part, "tag")
        return at + len(part), part == ">"

    def _before_value(self, text: str, at: int) -> tuple[int, bool]:
        at += len(_run(_SPACE, text, at))
        mark = text[at : at + 1]
        if mark:
            self.where = mark if mark in "\"'" else "bare"
        return (at, False) if self.where == "bare" and mark != ">" else (at + len(mark), mark == ">")

    def _up_to(self, end: int, text: str) -> int:
        """At the end of a name or a value, unless there may be more of it."""
        self.where = self.where if end == len(text) else "tag"
        return end

    def _past(self, pattern: re.Pattern[str], text: str, at: int, then: str) -> int:
        found = pattern.search(text, at)
        self.where = self.where if found is None else then
        return len(text) if found is None else found.end()


def _run(pattern: re.Pattern[str], text: str, at: int) -> str:
    found = pattern.match(text, at)
    return "" if found is None else found[0]


def meeting(scanners: Sequence[Scanner]) -> Scanner:
    """Where a reader is after a statement whose branches end there. Raises `Unclear`."""
    first = scanners[0].fork()
    places = {one.where for one in scanners}
    if places <= _IN_TAG:
        first.where = first.where if len(places) == 1 else "tag"
        first.name = first.name if len({one.name for one in scanners}) == 1 else HOLE
    elif places <= {"text", "raw"}:
        first.where = first.where if len({(one.where, one.name) for one in scanners}) == 1 else "text"
    elif len(places) > 1:
        raise Unclear
    return first
