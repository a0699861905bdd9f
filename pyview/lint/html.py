"""A template as HTML with holes: which elements it writes, with which attributes, on which lines, in which branches.

What Jinja2 fills in is replaced by a character of no text, line breaks kept. An attribute that has one in it is not
known, and nothing is said about it.

The `phx-*` attributes that the client knows, of `phoenix_live_view` 1.2.

What stands in a text for values that are filled in when a page is made.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from html.parser import HTMLParser

from jinja2 import Environment

from pyview.template.html_scanner import HOLE

__all__ = ["ANYTHING", "HOLE", "hole_of"]

KNOWN = frozenset(
    "phx-" + name
    for name in (
        *("click", "click-away", "submit", "change", "blur", "focus", "window-blur", "window-focus"),
        *("keydown", "keyup", "window-keydown", "window-keyup", "key", "target", "debounce", "throttle"),
        *(
            "hook",
            "update",
            "mounted",
            "remove",
            "connected",
            "disconnected",
            "disable-with",
            "trigger-action",
        ),
        *("auto-recover", "no-unused-field", "patch-focused", "track-static", "track-uploads", "drop-target"),
        *("progress", "viewport-top", "viewport-bottom", "viewport-overrun-target"),
    )
)

_GONE = {
    "phx-feedback-for": "the client has not known it since 1.0: show errors for used fields, see docs/forms.md",
    "phx-page-loading": "say it with the event: js.push('save', page_loading=True)",
    "phx-link": "it is data-phx-link",
    "phx-link-state": "it is data-phx-link-state",
    "phx-session": "it is data-phx-session",
    "phx-capture-click": "the client has not known it since 0.18: use phx-click-away",
}


def what_is_wrong_with(name: str) -> str | None:
    """Why the client does not know the attribute, None if it does."""
    if not name.startswith("phx-") or name in KNOWN or name.startswith("phx-value-"):
        return None
    if name in _GONE:
        return f"{name}: {_GONE[name]}"
    close = get_close_matches(name, KNOWN | {"phx-value-..."}, n=1, cutoff=0.7)
    return f"the client knows no attribute {name}" + (f"; did you mean {close[0]}?" if close else "")


ANYTHING = HOLE + "\ue001"
"""Stands for what may be more than one value: what statements write, or functions return."""

_VALUE = re.compile(r"\s*([\w.]+(?:\[[^][]*\][\w.]*)*)\s*(?:\|\s*(?:urlencode|string|int|e|escape)\s*)*")
_SEVERAL = ("path", "url", "href", "query")


def hole_of(expression: str) -> str:
    """What stands for an expression. The value of a name such as `user.id` is a part of a path, unless it is called
    otherwise."""
    found = _VALUE.fullmatch(expression)
    spans = found is None or any(word in found[1].lower() for word in _SEVERAL)
    return ANYTHING if spans else HOLE


_OPENS = {"if", "for", "macro", "call", "filter", "block", "with", "set", "autoescape"}
_OTHERWISE = {"elif", "else"}

FILE_INPUT = HOLE + "file-input"
"""The attribute of the element that stands for `{{ live_file_input(...) }}`."""

Path = tuple[tuple[int, int], ...]
"""The branches that something is in: (number of the statement, number of its branch), outermost first."""


@dataclass(frozen=True, slots=True)
class SlotPosition:
    """Where in a template. `loops` is true within `for`, `shared` within a macro."""

    path: Path = ()
    loops: bool = False
    shared: bool = False


@dataclass(frozen=True, slots=True)
class HtmlAttribute:
    """`value` is None for one without; it may have `HOLE`s."""

    name: str
    value: str | None
    line: int

    @property
    def known(self) -> str | None:
        """The value, if nothing of it is filled in."""
        return None if self.value is None or HOLE in self.value else self.value


@dataclass(frozen=True, slots=True)
class HtmlElement:
    tag: str
    line: int
    attributes: tuple[HtmlAttribute, ...]
    place: SlotPosition
    form: "HtmlElement | None" = field(default=None, compare=False)
    """The form that it is in, as far as this file tells."""

    @property
    def whole(self) -> bool:
        """Whether all of its attributes are written down."""
        return not any(HOLE in one.name for one in self.attributes)

    def get(self, name: str) -> HtmlAttribute | None:
        return next((one for one in self.attributes if one.name == name), None)


@dataclass(slots=True)
class Flat:
    """A template's text with holes, and from which offset on which place holds."""

    text: str = ""
    places: list[tuple[int, SlotPosition]] = field(default_factory=lambda: [(0, SlotPosition())])


def elements(source: str, environment: Environment) -> list[HtmlElement]:
    """The elements of a template in their order. Raises `jinja2.TemplateSyntaxError`."""
    flat = _flattened(source, environment)
    return list(_Reader(flat).read())


def may_be_together(one: SlotPosition, other: SlotPosition) -> bool:
    """Whether one page can have both: they are not in different branches of one statement."""
    branches = dict(one.path)
    return all(branches.get(number, branch) == branch for number, branch in other.path)


# --- holes ---


class _Flattener:
    """Reads the tokens of a template, and keeps track of the statements that are open."""

    def __init__(self) -> None:
        self.flat = Flat()
        self._open: list[tuple[str, int, int]] = []
        self._statements = 0
        self._line = 1

    def write(self, text: str) -> None:
        self.flat.text += text
        self._line += text.count("\n")

    def go_on_to(self, line: int) -> None:
        """Make up for the line breaks within statements, and for those that `{%-` and `-%}` take away."""
        self.write("\n" * (line - self._line))

    def statement(self, word: str) -> None:
        if word in _OPENS:
            self._statements += 1
            self._open.append((word, self._statements, 0))
        elif word in _OTHERWISE and self._open:
            name, number, branch = self._open[-1]
            self._open[-1] = name, number, branch + 1
        elif word.startswith("end") and self._open:
            self._open.pop()
        self._mark()

    def single(self) -> None:
        """The statement that began opens nothing: `{% set a = 1 %}`."""
        if self._open and self._open[-1][0] == "set":
            self._open.pop()
            self._mark()

    def _mark(self) -> None:
        names = [name for name, _, _ in self._open]
        path = tuple((number, branch) for name, number, branch in self._open if name in ("if", "for"))
        loops = any(name == "for" and branch == 0 for name, _, branch in self._open)
        place = SlotPosition(path, loops, "macro" in names)
        self.flat.places.append((len(self.flat.text), place))


def _flattened(source: str, environment: Environment) -> Flat:
    made = _Flattener()
    word, assigns, expression = "none", False, ""
    for line, kind, text in environment.lex(source):
        made.go_on_to(line)
        if kind == "data":
            made.write(text)
        elif kind == "variable_begin":
            expression = ""
        elif kind == "variable_end":
            made.write(f"<input {FILE_INPUT}>" if _is_file_input(expression) else hole_of(expression))
        elif kind == "block_begin":
            word, assigns = "", False
            made.write(ANYTHING)
        elif word == "" and kind == "name":
            word = text
            made.statement(text)
        elif kind == "operator" and text == "=":
            assigns = True
        elif kind == "block_end" and word == "set" and assigns:
            made.single()
        else:
            expression += text
    return made.flat


def _is_file_input(expression: str) -> bool:
    """Return True for an upload's input in the form around it that has no `phx-change` of its own."""
    return "live_file_input" in expression and not any(one in expression for one in ("phx_change", "form="))


# --- elements ---


class _Reader(HTMLParser):
    def __init__(self, flat: Flat) -> None:
        super().__init__(convert_charrefs=True)
        self._flat = flat
        self._starts = [0]
        for index, char in enumerate(flat.text):
            if char == "\n":
                self._starts.append(index + 1)
        self._found: list[HtmlElement] = []
        self._form: HtmlElement | None = None
        self._at = 0

    def read(self) -> Iterator[HtmlElement]:
        self.feed(self._flat.text)
        self.close()
        yield from self._found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line, column = self.getpos()
        offset = self._starts[line - 1] + column
        text = self.get_starttag_text() or ""
        attributes = tuple(
            HtmlAttribute(name, value, line + self._lines_before(text, name)) for name, value in attrs
        )
        element = HtmlElement(tag, line, attributes, self._place(offset), self._form)
        self._form = element if tag == "form" else self._form
        self._found.append(element)

    def handle_endtag(self, tag: str) -> None:
        self._form = None if tag == "form" else self._form

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    @staticmethod
    def _lines_before(text: str, name: str) -> int:
        at = text.lower().find(name)
        return text.count("\n", 0, at) if at > 0 else 0

    def _place(self, offset: int) -> SlotPosition:
        places = self._flat.places
        while self._at + 1 < len(places) and places[self._at + 1][0] <= offset:
            self._at += 1
        return places[self._at][1]
