"""Read a template as HTML: its elements, with their attributes, lines and branches.

Each placeholder of Jinja2 is replaced by a character that no text contains, and line breaks are kept, so that Python's
HTML parser can read the rest. An attribute whose value contains a placeholder has no known value.
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from jinja2 import Environment

from pyview.template.html_scanner import PLACEHOLDER

ANYTHING = PLACEHOLDER + "\ue001"
"""Placeholder for text of unknown structure, such as the output of a statement or of a function."""

_VALUE = re.compile(r"\s*([\w.]+(?:\[[^][]*\][\w.]*)*)\s*(?:\|\s*(?:urlencode|string|int|e|escape)\s*)*")
_SEVERAL = ("path", "url", "href", "query")


def placeholder_for(expression: str) -> str:
    """Return the placeholder for an expression: `PLACEHOLDER` for one value, `ANYTHING` for what may be more.

    The value of a name such as `user.id` counts as one part of a path, except if the name suggests a path or URL.
    """
    found = _VALUE.fullmatch(expression)
    several = found is None or any(word in found[1].lower() for word in _SEVERAL)
    return ANYTHING if several else PLACEHOLDER


_BLOCK_STATEMENTS = {"if", "for", "macro", "call", "filter", "block", "with", "set", "autoescape"}
_BRANCHES = {"elif", "else"}

FILE_INPUT = PLACEHOLDER + "file-input"
"""Attribute of the element that replaces `{{ live_file_input(...) }}`."""

Path = tuple[tuple[int, int], ...]
"""The branches around a position: (number of the statement, number of its branch), outermost first."""


@dataclass(frozen=True, slots=True)
class TemplatePosition:
    """A position in the statements of a template."""

    path: Path = ()
    in_loop: bool = False
    in_macro: bool = False


@dataclass(frozen=True, slots=True)
class HtmlAttribute:
    """An attribute as it is written. `value` is None if it has none, and may contain placeholders."""

    name: str
    value: str | None
    line: int

    @property
    def known(self) -> str | None:
        """The value, None if it contains a placeholder."""
        return None if self.value is None or PLACEHOLDER in self.value else self.value


@dataclass(frozen=True, slots=True)
class HtmlElement:
    """A start tag. `form` is the form around it in the same file."""

    tag: str
    line: int
    attributes: tuple[HtmlAttribute, ...]
    position: TemplatePosition
    form: "HtmlElement | None" = field(default=None, compare=False)

    @property
    def complete(self) -> bool:
        """True if all attributes are written in the template, none by a placeholder."""
        return not any(PLACEHOLDER in one.name for one in self.attributes)

    def get(self, name: str) -> HtmlAttribute | None:
        return next((one for one in self.attributes if one.name == name), None)


@dataclass(slots=True)
class FlatHtml:
    """The text of a template with placeholders, and pairs of an offset and the position that begins there."""

    text: str = ""
    positions: list[tuple[int, TemplatePosition]] = field(default_factory=lambda: [(0, TemplatePosition())])


def elements(source: str, environment: Environment) -> list[HtmlElement]:
    """Return the elements of a template in document order. Raises `jinja2.TemplateSyntaxError`."""
    return _ElementReader(_flatten(source, environment)).elements()


def may_be_together(one: TemplatePosition, other: TemplatePosition) -> bool:
    """Return True if one page can have both: they are not in different branches of one statement."""
    branches = dict(one.path)
    return all(branches.get(number, branch) == branch for number, branch in other.path)


# --- placeholders ---


class _Flattener:
    """Collects the text with placeholders and tracks the open statements."""

    def __init__(self) -> None:
        self.html = FlatHtml()
        self._open: list[tuple[str, int, int]] = []
        self._statements = 0
        self._line = 1

    def write(self, text: str) -> None:
        self.html.text += text
        self._line += text.count("\n")

    def advance_to(self, line: int) -> None:
        """Add the line breaks inside statements, and those that `{%-` and `-%}` remove, so that lines stay right."""
        self.write("\n" * (line - self._line))

    def statement(self, word: str) -> None:
        if word in _BLOCK_STATEMENTS:
            self._statements += 1
            self._open.append((word, self._statements, 0))
        elif word in _BRANCHES and self._open:
            name, number, branch = self._open[-1]
            self._open[-1] = name, number, branch + 1
        elif word.startswith("end") and self._open:
            self._open.pop()
        self._add_position()

    def close_set(self) -> None:
        """Close a `set` that has no body: `{% set a = 1 %}`."""
        if self._open and self._open[-1][0] == "set":
            self._open.pop()
            self._add_position()

    def _add_position(self) -> None:
        names = [name for name, _, _ in self._open]
        path = tuple((number, branch) for name, number, branch in self._open if name in ("if", "for"))
        # The `else` of a loop, its branch 1, is written at most once.
        in_loop = any(name == "for" and branch == 0 for name, _, branch in self._open)
        position = TemplatePosition(path, in_loop, "macro" in names)
        self.html.positions.append((len(self.html.text), position))


def _flatten(source: str, environment: Environment) -> FlatHtml:
    flattener = _Flattener()
    word, assigns, expression = "none", False, ""
    for line, kind, text in environment.lex(source):
        flattener.advance_to(line)
        if kind == "data":
            flattener.write(text)
        elif kind == "variable_begin":
            expression = ""
        elif kind == "variable_end":
            flattener.write(
                f"<input {FILE_INPUT}>" if _is_file_input(expression) else placeholder_for(expression)
            )
        elif kind == "block_begin":
            word, assigns = "", False
            flattener.write(ANYTHING)
        elif word == "" and kind == "name":
            word = text
            flattener.statement(text)
        elif kind == "operator" and text == "=":
            assigns = True
        elif kind == "block_end" and word == "set" and assigns:
            flattener.close_set()
        else:
            expression += text
    return flattener.html


def _is_file_input(expression: str) -> bool:
    """Return True for a file input that belongs to the form around it and has no `phx-change` of its own."""
    return "live_file_input" in expression and not any(one in expression for one in ("phx_change", "form="))


# --- elements ---


class _ElementReader(HTMLParser):
    """Collects the start tags of a text with placeholders."""

    def __init__(self, flat: FlatHtml) -> None:
        super().__init__(convert_charrefs=True)
        self._flat = flat
        self._starts = [0]
        for index, char in enumerate(flat.text):
            if char == "\n":
                self._starts.append(index + 1)
        self._found: list[HtmlElement] = []
        self._form: HtmlElement | None = None
        self._at = 0

    def elements(self) -> list[HtmlElement]:
        self.feed(self._flat.text)
        self.close()
        return self._found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line, column = self.getpos()
        offset = self._starts[line - 1] + column
        text = self.get_starttag_text() or ""
        attributes = tuple(
            HtmlAttribute(name, value, line + self._lines_before(text, name)) for name, value in attrs
        )
        element = HtmlElement(tag, line, attributes, self._position(offset), self._form)
        self._form = element if tag == "form" else self._form
        self._found.append(element)

    def handle_endtag(self, tag: str) -> None:
        self._form = None if tag == "form" else self._form

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    @staticmethod
    def _lines_before(text: str, name: str) -> int:
        # `HTMLParser` tells only the line of the tag, and gives the names of attributes in lower case.
        at = text.lower().find(name)
        return text.count("\n", 0, at) if at > 0 else 0

    def _position(self, offset: int) -> TemplatePosition:
        positions = self._flat.positions
        while self._at + 1 < len(positions) and positions[self._at + 1][0] <= offset:
            self._at += 1
        return positions[self._at][1]
