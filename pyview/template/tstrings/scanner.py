"""Scanner for the static text of template strings. It finds the position of each slot as a browser would.

HTML that a browser would repair silently is an error here: a tag that is never closed, a slot as the name of a tag, a
slot in a value without quotes. The position of a slot decides how it is escaped, so it must be certain.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, NoReturn

from pyview.template.attributes import is_harmless, is_url
from pyview.template.html_scanner import (
    ESCAPABLE_TEXT_ELEMENTS,
    FOREIGN_ELEMENTS,
    RAW_TEXT_ELEMENTS,
    VOID_ELEMENTS,
)
from pyview.template.tstrings.escaping import (
    CONTENT,
    TemplateStringError,
    Write,
    excerpt,
    in_program,
    in_quotes,
    only_text,
    spread,
    whole_attribute,
)
from pyview.template.unsafe_values import SLOT, ValueSoFar

# A browser reads the content of <noscript> as text with scripts on, as elements with scripts off. No escaping
# is right for both, so only Markup is accepted.
_PROGRAMS: Final = RAW_TEXT_ELEMENTS | {"noscript"}

_TAG = re.compile(r"<([A-Za-z][^\s/>\"'<=]*)")
_END_TAG = re.compile(r"</([A-Za-z][^\s/>\"'<=]*)\s*>")
_DECLARATION = re.compile(r"<!doctype\b[^<>]*>", re.IGNORECASE)
_COMMENT_END = re.compile(r"--!?>")
_EMPTY_COMMENT = re.compile(r"-?>")
_ATTRIBUTE = re.compile(r"(\s*)([^\s\"'<>/=]+)(\s*=\s*)?")
_TAG_END = re.compile(r"\s*(/?>)")
_UNQUOTED = re.compile(r"[^\s\"'=<>`]+")
_ENDS_ATTRIBUTE = re.compile(r"\s|/?>")


class _State(Enum):
    CONTENT = auto()
    TAG = auto()
    BEFORE_VALUE = auto()
    QUOTED = auto()
    COMMENT = auto()
    RAW = auto()


@dataclass(slots=True)
class Scan:
    """Result of a scan. `writes` holds the escaping function of each slot, `CONTENT` for one between tags.

    `statics` are the static texts, without the names of attributes that a slot writes as a whole.
    """

    statics: list[str] = field(default_factory=list)
    writes: list[Write | None] = field(default_factory=list)


def scan(strings: Sequence[str], expressions: Sequence[str]) -> Scan:
    """Scan the static texts of a template string. Errors show `expressions`. Raises TemplateStringError."""
    scanner = _TemplateStringScanner(strings, expressions)
    scanner.run()
    return scanner.found


class _TemplateStringScanner:
    def __init__(self, strings: Sequence[str], expressions: Sequence[str]) -> None:
        self.found = Scan()
        self._strings = strings
        self._expressions = expressions
        self._state = _State.CONTENT
        self._index = 0
        self._text = ""
        self._at = 0
        self._tag = ""
        self._name = ""
        self._quote = ""
        self._value = ""
        self._attribute_start = 0
        self._spaced = False
        self._open: list[str] = []
        # True after a slot that writes whole attributes: a space or the end of the tag must follow.
        self._must_end = False

    def run(self) -> None:
        steps = {
            _State.CONTENT: self._content,
            _State.TAG: self._inside_tag,
            _State.BEFORE_VALUE: self._before_value,
            _State.QUOTED: self._quoted,
            _State.COMMENT: self._comment,
            _State.RAW: self._raw,
        }
        for index, text in enumerate(self._strings):
            self._index, self._text, self._at = index, text, 0
            self._begin_text()
            while self._at < len(self._text):
                steps[self._state]()
            if self._index < len(self._expressions):
                self._slot()
        self.found.statics.append(self._text)
        self._end()

    def _begin_text(self) -> None:
        if self._must_end and not _ENDS_ATTRIBUTE.match(self._text):
            self._fail(
                "a slot in a tag must be a whole attribute, with a space or > after it; use quotes otherwise"
            )
        self._must_end = False
        self._attribute_start = 0
        self._spaced = False

    def _end(self) -> None:
        if self._state is not _State.CONTENT:
            self._fail(f"the template string ends inside {self._where()}")
        if self._open:
            self._fail(f"<{self._open[-1]}> is never closed")

    def _where(self) -> str:
        names = {_State.COMMENT: "a comment", _State.RAW: f"<{self._tag}>"}
        return names.get(self._state, f"the tag <{self._tag}")

    def _fail(self, problem: str) -> NoReturn:
        raise TemplateStringError(
            problem, excerpt(self._strings, self._expressions, self._index, min(self._at, len(self._text)))
        )

    def _before_slot(self) -> bool:
        return self._at == len(self._text) and self._index < len(self._expressions)

    # -- static text

    def _content(self) -> None:
        begin = self._text.find("<", self._at)
        if begin < 0:
            self._at = len(self._text)
            return
        self._at = begin
        after = self._text[begin + 1 : begin + 2]
        if after == "!":
            self._markup_declaration()
        elif after == "/":
            self._end_tag()
        elif after.isascii() and after.isalpha():
            self._start_tag()
        elif not after:
            self._fail("a slot cannot be the name of a tag; write a < in text as &lt;")
        elif after == "?":
            self._fail("<? has no meaning in HTML; write a < in text as &lt;")
        else:
            self._at += 1  # a browser treats it as text

    def _markup_declaration(self) -> None:
        declaration = _DECLARATION.match(self._text, self._at)
        if declaration:
            self._at = declaration.end()
        elif self._text.startswith("<!--", self._at):
            self._at += 4
            empty = _EMPTY_COMMENT.match(self._text, self._at)
            self._state = _State.CONTENT if empty else _State.COMMENT
            self._at = empty.end() if empty else self._at
        else:
            self._fail("after <! expected a comment, <!-- ... -->, or <!doctype html>")

    def _comment(self) -> None:
        end = _COMMENT_END.search(self._text, self._at)
        self._at = end.end() if end else len(self._text)
        if end:
            self._state = _State.CONTENT

    def _start_tag(self) -> None:
        found = _TAG.match(self._text, self._at)
        self._tag = found[1].lower() if found else ""
        self._at = found.end() if found else self._at
        if self._before_slot():
            self._fail("a slot cannot be part of a tag's name; write a space before an attribute")
        self._state = _State.TAG

    def _end_tag(self) -> None:
        found = _END_TAG.match(self._text, self._at)
        if found is None:
            self._fail("expected an end tag without a slot, </name>")
        tag = found[1].lower()
        if not self._open:
            self._fail(f"</{tag}> has no start tag in this template string")
        if self._open[-1] != tag:
            self._fail(f"expected </{self._open[-1]}>, got </{tag}>: <{self._open[-1]}> is still open")
        self._open.pop()
        self._at = found.end()

    def _raw(self) -> None:
        end = re.compile(rf"</{re.escape(self._tag)}(?=[\s/>])", re.IGNORECASE).search(self._text, self._at)
        self._at = end.start() if end else len(self._text)
        if end:
            self._state = _State.CONTENT

    # -- in a tag

    def _inside_tag(self) -> None:
        end = _TAG_END.match(self._text, self._at)
        if end:
            self._at = end.end()
            self._begin_element(closed=end[1] == "/>")
            return
        attribute = _ATTRIBUTE.match(self._text, self._at)
        if attribute is None:
            self._spaces_or_fail()
            return
        if not attribute[1]:
            self._fail("expected a space between attributes")
        self._attribute_start = self._at
        self._name = attribute[2]
        self._at = attribute.end()
        self._spaced = False
        if attribute[3]:
            self._state = _State.BEFORE_VALUE
        elif self._before_slot():
            self._fail("a slot cannot be part of an attribute's name: use {attributes}, with a dict")

    def _spaces_or_fail(self) -> None:
        rest = self._text[self._at :]
        if rest.strip():
            self._fail(f"unexpected {rest.strip()[0]!r} in the tag <{self._tag}")
        self._attribute_start, self._spaced = self._at, True
        self._at = len(self._text)

    def _before_value(self) -> None:
        quote = self._text[self._at]
        if quote in "\"'":
            self._quote, self._value, self._state = quote, "", _State.QUOTED
            self._at += 1
            return
        value = _UNQUOTED.match(self._text, self._at)
        if value is None:
            self._fail(f"the attribute {self._name} has no value")
        self._at = value.end()
        self._state = _State.TAG
        if self._before_slot():
            self._fail(f'a value with a slot in it needs quotes: {self._name}="{value[0]}{{...}}"')

    def _quoted(self) -> None:
        end = self._text.find(self._quote, self._at)
        stop = end if end >= 0 else len(self._text)
        self._value += html.unescape(self._text[self._at : stop])
        self._at = stop
        if end >= 0:
            self._check_url()
            self._at = end + 1
            self._state = _State.TAG

    def _check_url(self) -> None:
        if SLOT not in self._value or not is_url(self._name, self._tag):
            return
        # Each slot alone is harmless, but two of them could make a scheme together.
        scheme, colon, _ = re.split(r"[/?#]", self._value, maxsplit=1)[0].partition(":")
        if colon and SLOT in scheme:
            self._fail(
                f"the scheme of a URL cannot be a slot: write the whole URL as one slot, {self._name}={{url}}"
            )
        if colon and not is_harmless(self._value):
            self._fail(f"the browser runs {scheme.strip()}: as a program, so it cannot contain a slot")

    def _begin_element(self, closed: bool) -> None:
        # In SVG a <title> has elements, a slash ends an element, and <style> is still a program.
        foreign = not FOREIGN_ELEMENTS.isdisjoint(self._open) or self._tag in FOREIGN_ELEMENTS
        self._state = _State.CONTENT
        if self._tag in VOID_ELEMENTS:
            return
        if closed and foreign:
            return
        if closed:
            self._fail(f"<{self._tag}/> does not end the element in HTML; write <{self._tag}></{self._tag}>")
        self._open.append(self._tag)
        if self._tag in _PROGRAMS or (self._tag in ESCAPABLE_TEXT_ELEMENTS and not foreign):
            self._state = _State.RAW

    # -- slots

    def _slot(self) -> None:
        static, write = self._text, self._write()
        if self._state is _State.BEFORE_VALUE:
            # The name leaves the static text, because the value decides whether the attribute is written at
            # all.
            static, self._must_end, self._state = self._text[: self._attribute_start], True, _State.TAG
        elif self._state is _State.TAG:
            static, self._must_end = self._text[: self._attribute_start], True
        elif self._state is _State.QUOTED:
            self._value += SLOT
        self.found.statics.append(static)
        self.found.writes.append(write)

    def _write(self) -> Write | None:
        """Return the escaping function for a slot at the present position. Raises TemplateStringError if it is unsafe.

        The function is None between tags (`CONTENT`).
        """
        if self._state is _State.CONTENT:
            return CONTENT
        if self._state is _State.BEFORE_VALUE:
            return whole_attribute(self._tag, self._name)
        if self._state is _State.QUOTED:
            return in_quotes(ValueSoFar(self._tag, self._name, self._value))
        if self._state is _State.TAG:
            if not self._spaced:
                self._fail("a slot in a tag needs a space before it, or quotes around it")
            return spread(self._tag)
        if self._state is _State.RAW and self._tag in _PROGRAMS:
            return in_program(self._tag)
        return only_text
