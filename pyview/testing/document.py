"""The document that came over HTTP, with a gap for the HTML of its live view."""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import Self

MAIN = "data-phx-main"
# Regular expressions, and not a parser, so that all other bytes of the document stay as the server sent them.
_TITLE = re.compile(r"(<title\b[^>]*>)(.*?)(</title\s*>)", re.IGNORECASE | re.DOTALL)
_CSRF = re.compile(r'(<meta name="csrf-token" content=")([^"]*)(")')
_SCRIPTLESS = re.compile(r'<p id="pyview-notice".*?</p>\s*|<noscript\b.*?</noscript>\s*', re.DOTALL)
_KEPT_BY_CLIENT = ("id", "data-phx-session", "data-phx-static", MAIN, "data-phx-root-id")


@dataclass(frozen=True, slots=True)
class Document:
    """A document in pieces: the text `before` the main element, the element itself, the text `after` it.

    `tag` and `attributes` are those of the main element, `content` its HTML. `tag` is "" if there is no main element;
    then `before` is the whole document.
    """

    before: str
    tag: str = ""
    attributes: tuple[tuple[str, str | None], ...] = ()
    content: str = ""
    after: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Split a document at the element with `data-phx-main`, the live view that owns the page."""
        finder = _Finder(text, lambda attributes: MAIN in attributes)
        if finder.start is None:
            return cls(text)
        start, inner = finder.start
        inner_end, end = finder.end
        return cls(text[:start], finder.tag, finder.attributes, text[inner:inner_end], text[end:])

    @property
    def is_live(self) -> bool:
        return bool(self.tag)

    def attribute(self, name: str) -> str | None:
        return dict(self.attributes).get(name)

    def html(self, content: str | None = None) -> str:
        """Return the whole document, with `content` as the HTML of the view; None for that of the document."""
        if not self.tag:
            return self.before
        inner = self.content if content is None else content
        return f"{self.before}<{self.tag}{_attributes(self.attributes)}>{inner}</{self.tag}>{self.after}"

    def with_script(self) -> Self:
        """Return the document as a browser with scripts shows it.

        It has no `noscript`, and no notice that the page's script has not loaded.
        """
        return replace(self, before=_SCRIPTLESS.sub("", self.before), after=_SCRIPTLESS.sub("", self.after))

    def with_title(self, title: str) -> Self:
        """Return the document with another title."""
        text = html.escape(title, quote=False)
        return replace(self, before=_TITLE.sub(lambda m: m[1] + text + m[3], self.before, count=1))

    def with_style_sheet(self, former: str, name: str) -> Self:
        """Return the document with a link to the style sheet `name` instead of `former`; "" removes the link."""
        links = re.compile(rf'<link rel="stylesheet" href="([^"]*/){re.escape(former)}"([^>]*)>')
        link = (lambda m: f'<link rel="stylesheet" href="{m[1]}{name}"{m[2]}>') if name else ""
        return replace(self, before=links.sub(link, self.before))

    def with_tokens(self, session: str, csrf: str) -> Self:
        """Return the document with the tokens of a session that has changed."""
        own = tuple(
            (name, session if name == "data-phx-session" else value) for name, value in self.attributes
        )
        return replace(
            self, before=_CSRF.sub(lambda m: m[1] + html.escape(csrf) + m[3], self.before), attributes=own
        )

    def with_container(self, tag: str, attributes: Mapping[str, str]) -> Self:
        """Return the document after a live navigation.

        The main element gets the tag and the attributes of the new view, and keeps its own id and tokens.
        """
        kept = tuple((name, value) for name, value in self.attributes if name in _KEPT_BY_CLIENT)
        own = tuple((name, value) for name, value in attributes.items() if name not in _KEPT_BY_CLIENT)
        return replace(self, tag=tag, attributes=kept + own)


def _attributes(attributes: tuple[tuple[str, str | None], ...]) -> str:
    return "".join(
        f" {name}" if value is None else f' {name}="{html.escape(value)}"' for name, value in attributes
    )


def with_content(text: str, element_id: str, content: str) -> str:
    """Return `text` with `content` as the HTML of the element with that id; `text` itself if there is none."""
    finder = _Finder(text, lambda attributes: attributes.get("id") == element_id)
    if finder.start is None:
        return text
    return text[: finder.start[1]] + content + text[finder.end[0] :]


class _Finder(HTMLParser):
    """Finds the first element whose attributes are `wanted`.

    `start` and `end` are pairs of offsets: those around its start tag and those around its end tag. Working on the
    text, and not on parsed elements, keeps the rest of the document byte for byte as the server sent it.
    """

    def __init__(self, text: str, wanted: Callable[[Mapping[str, str | None]], bool]) -> None:
        super().__init__()
        self._wanted = wanted
        self.tag = ""
        self.attributes: tuple[tuple[str, str | None], ...] = ()
        self.start: tuple[int, int] | None = None
        self.end = (len(text), len(text))
        self._depth = 0
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.start is None and self._wanted(dict(attrs)):
            self._found(tag, attrs)
        elif self._depth and tag == self.tag:
            self._depth += 1

    # HTML ignores the slash of `<div/>`: the element is open until its end tag.
    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self._depth and tag == self.tag:
            self._depth -= 1
            if self._depth == 0:
                self._ended()

    def _found(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        offset = self._offset()
        self.tag, self.attributes, self._depth = tag, tuple(attrs), 1
        self.start = (offset, offset + len(self.get_starttag_text() or ""))

    def _ended(self) -> None:
        offset = self._offset()
        self.end = (offset, self.rawdata.index(">", offset) + 1)

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column
