"""HTML tokens of templates: kinds of elements, and a scanner that reads HTML in pieces.

The scanner serves the compiler and the checks of Jinja2 templates, where a slot or a statement may stand anywhere in
HTML, also within a tag. Template strings have a stricter scanner of their own (`tstrings/scanner.py`), which refuses
the HTML that a browser would repair.
"""

import html
import re
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from typing import Final, Literal

VOID_ELEMENTS: Final = frozenset(
    {
        *("area", "base", "br", "col", "embed", "hr", "img", "input"),
        *("link", "meta", "param", "source", "track", "wbr"),
    }
)
"""Elements without content and without an end tag."""

RAW_TEXT_ELEMENTS: Final = frozenset({"script", "style", "iframe", "xmp", "noembed", "noframes"})
"""Elements whose content is text up to their end tag. Character references mean nothing there."""

ESCAPABLE_TEXT_ELEMENTS: Final = frozenset({"textarea", "title"})
"""Elements whose content is text up to their end tag, with character references."""

FOREIGN_ELEMENTS: Final = frozenset({"svg", "math"})
"""Elements whose content is not HTML: there a slash ends an element, `<path/>`."""

PLACEHOLDER: Final = "\ue000"
"""Stands for a value that is filled in when the template renders. No text contains this character."""

_TEXT_ELEMENTS = RAW_TEXT_ELEMENTS | ESCAPABLE_TEXT_ELEMENTS
# HTML ends a comment early for `<!-->` and `<!--->`. A `<` before anything else than a letter is text.
_OPENING = re.compile(rf"<!--(?:-?>)?|<!\[CDATA\[|(?P<tag></?)(?=[a-zA-Z{PLACEHOLDER}]|\Z)|<[!?/]")
# `--!>` ends a comment too. `<?`, `</ ` and an unknown `<!` begin a comment that ends at the next `>`.
_ENDS = {
    "comment": re.compile("--!?>"),
    "cdata": re.compile("]]>"),
    "bogus": re.compile(">"),
}
_NAME = re.compile(r"[^\s/>]*")
_PART = re.compile(r"\s+|[/>=]|[^\s/>=]+")
_SPACE = re.compile(r"\s*")
_BARE = re.compile(r"[^\s>]*")


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag. One of the kind `empty` ends with a slash."""

    name: str
    line: int
    kind: Literal["start", "end", "empty"]

    @property
    def stem(self) -> str:
        """The name up to its first placeholder."""
        return self.name.partition(PLACEHOLDER)[0]

    @property
    def known(self) -> bool:
        """True if the name has no placeholder."""
        return PLACEHOLDER not in self.name


@dataclass(slots=True)
class Scanner:
    """Scanner at a position in HTML. `where` is the kind of position, or the quotation mark around it.

    `name` is the name of the tag, or of the element whose text is scanned. `attribute` is the last attribute of the
    tag, and `value` the scanned part of its raw value; in a script, `value` is the last character. `type` is the value
    of the tag's attribute `type`. `spaced` is True if the next name in the tag begins a new attribute.
    """

    where: str = "text"
    name: str = ""
    attribute: str = ""
    value: str = ""
    type: str = ""
    spaced: bool = False
    closes: bool = False
    _line: int = 1

    @property
    def known_value(self) -> str:
        """The scanned part of the attribute's value, with its character references decoded."""
        return html.unescape(self.value)

    def fork(self) -> "Scanner":
        # Shallow, because no field can be changed in place. Each branch of a template moves its own scanner.
        return copy(self)

    def read(self, text: str, line: int) -> Iterator[Tag]:
        """Scan `text`, whose first line is `line`, and yield the tags that end in it."""
        at = 0
        if self.where == "name" and text and not (text[0].isspace() or text[0] in "/>"):
            self.name += PLACEHOLDER  # a statement stands in the name
        while at < len(text):
            where, (at, ended) = self.where, self._step(text, at, line)
            if ended:
                yield self._ended(where)

    def _ended(self, where: str) -> Tag:
        tag = Tag(self.name, self._line, self._kind(where))
        self.name = tag.stem
        self.where = "raw" if tag.kind == "start" and tag.stem in _TEXT_ELEMENTS else "text"
        return tag

    def _kind(self, where: str) -> Literal["start", "end", "empty"]:
        return "end" if self.closes else "empty" if where == "slash" else "start"

    def _step(self, text: str, at: int, line: int) -> tuple[int, bool]:
        """Scan the next token. Return the offset after it, and True if it ends a tag."""
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
                return self._in_bare_value(text, at), False
            case '"' | "'":
                return self._in_quotes(text, at), False
            case other:
                return self._past(_ENDS[other], text, at), False

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
        self.where, self.name, self.closes = "name", "", found[0] == "</"
        self.attribute = self.value = self.type = ""
        self._line = line + text.count("\n", 0, found.start())

    def _in_raw(self, text: str, at: int, line: int) -> int:
        # Only its own end tag ends such an element: other tags inside are text.
        found = re.compile(rf"</(?={re.escape(self.name)}(?:[\s/>]|\Z))", re.IGNORECASE).search(text, at)
        if found is None:
            self.value = text[-1:]
            return len(text)
        self._begin(found, text, line)
        return found.end()

    def _in_name(self, text: str, at: int) -> int:
        more = _run(_NAME, text, at)
        self.name += more.lower()
        self.spaced = True
        return self._up_to(at + len(more), text)

    def _in_tag(self, text: str, at: int) -> tuple[int, bool]:
        part = _run(_PART, text, at)
        if part == "=":
            self.value = ""
        elif part == "/" or part.isspace():
            self.spaced = True
        elif part != ">":
            # Without a space the part continues the name: a slot stands in it, as in `phx-{{ kind }}`.
            self.attribute = part.lower() if self.spaced else self.attribute + part.lower()
            self.spaced = False
        self.where = {"/": "slash", "=": "value"}.get(part, "tag")
        return at + len(part), part == ">"

    def _before_value(self, text: str, at: int) -> tuple[int, bool]:
        at += len(_run(_SPACE, text, at))
        mark = text[at : at + 1]
        if mark:
            self.where = mark if mark in "\"'" else "bare"
        # In `<a href=>` the attribute has no value, and the tag ends.
        return (at, False) if self.where == "bare" and mark != ">" else (at + len(mark), mark == ">")

    def _in_bare_value(self, text: str, at: int) -> int:
        more = _run(_BARE, text, at)
        self.value += more
        end = self._up_to(at + len(more), text)
        if self.where == "tag":
            self._end_value()
        return end

    def _in_quotes(self, text: str, at: int) -> int:
        found = text.find(self.where, at)
        end = len(text) if found < 0 else found
        self.value += text[at:end]
        if found < 0:
            return end
        self.where = "tag"
        self._end_value()
        return end + 1

    def _end_value(self) -> None:
        if self.attribute == "type":
            self.type = self.known_value.strip().lower()
        self.attribute = self.value = ""
        self.spaced = True

    def _up_to(self, end: int, text: str) -> int:
        """End a name or a value, unless the next piece of text may continue it."""
        self.where = self.where if end == len(text) else "tag"
        return end

    def _past(self, pattern: re.Pattern[str], text: str, at: int) -> int:
        found = pattern.search(text, at)
        self.where = self.where if found is None else "text"
        return len(text) if found is None else found.end()


def _run(pattern: re.Pattern[str], text: str, at: int) -> str:
    found = pattern.match(text, at)
    return "" if found is None else found[0]
