"""The document that came over HTTP, with a hole where its live view is.

The page as elements: found by CSS selector and by text.
"""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import Self

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from pyview.testing.errors import ElementNotFound

MAIN = "data-phx-main"
_TITLE = re.compile(r"(<title\b[^>]*>)(.*?)(</title\s*>)", re.IGNORECASE | re.DOTALL)
_CSRF = re.compile(r'(<meta name="csrf-token" content=")([^"]*)(")')
_SCRIPTLESS = re.compile(r'<p id="pyview-notice".*?</p>\s*|<noscript\b.*?</noscript>\s*', re.DOTALL)
_KEPT_BY_CLIENT = ("id", "data-phx-session", "data-phx-static", MAIN, "data-phx-root-id")


@dataclass(frozen=True, slots=True)
class Document:
    """`before`, the main element's `tag` and `attributes`, its `content`, and `after`; `tag` is "" without one."""

    before: str
    tag: str = ""
    attributes: tuple[tuple[str, str | None], ...] = ()
    content: str = ""
    after: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Find the element with `data-phx-main`, which is the one live view that owns the page."""
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
        """The whole document, with `content` for the view's HTML."""
        if not self.tag:
            return self.before
        inner = self.content if content is None else content
        return f"{self.before}<{self.tag}{_attributes(self.attributes)}>{inner}</{self.tag}>{self.after}"

    def with_script(self) -> Self:
        """The document where scripts run: no `noscript`, and no note that the page's script has not loaded."""
        return replace(self, before=_SCRIPTLESS.sub("", self.before), after=_SCRIPTLESS.sub("", self.after))

    def with_title(self, title: str) -> Self:
        text = html.escape(title, quote=False)
        return replace(self, before=_TITLE.sub(lambda m: m[1] + text + m[3], self.before, count=1))

    def with_style_sheet(self, former: str, name: str) -> Self:
        """The document that links to another style sheet beside a view, or with no name to none."""
        links = re.compile(rf'<link rel="stylesheet" href="([^"]*/){re.escape(former)}"([^>]*)>')
        link = (lambda m: f'<link rel="stylesheet" href="{m[1]}{name}"{m[2]}>') if name else ""
        return replace(self, before=links.sub(link, self.before))

    def with_tokens(self, session: str, csrf: str) -> Self:
        """The same page for a session that has changed."""
        own = tuple(
            (name, session if name == "data-phx-session" else value) for name, value in self.attributes
        )
        return replace(
            self, before=_CSRF.sub(lambda m: m[1] + html.escape(csrf) + m[3], self.before), attributes=own
        )

    def with_container(self, tag: str, attributes: Mapping[str, str]) -> Self:
        """What a live navigation makes of the main element: the target's tag and attributes, its own identity."""
        kept = tuple((name, value) for name, value in self.attributes if name in _KEPT_BY_CLIENT)
        own = tuple((name, value) for name, value in attributes.items() if name not in _KEPT_BY_CLIENT)
        return replace(self, tag=tag, attributes=kept + own)


def _attributes(attributes: tuple[tuple[str, str | None], ...]) -> str:
    return "".join(
        f" {name}" if value is None else f' {name}="{html.escape(value)}"' for name, value in attributes
    )


def with_content(text: str, element_id: str, content: str) -> str:
    """`text` with `content` inside the element of that id, if it has one."""
    finder = _Finder(text, lambda attributes: attributes.get("id") == element_id)
    if finder.start is None:
        return text
    return text[: finder.start[1]] + content + text[finder.end[0] :]


class _Finder(HTMLParser):
    """Where the first element starts and ends whose attributes are `wanted`, as offsets in the text."""

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


_INVISIBLE = frozenset(("script", "style", "template", "head", "noscript"))
_INLINE_NAMES = (
    "a abbr b bdi bdo cite code data del dfn em i ins kbd label mark q s samp small span strong sub sup "
    "time u var wbr"
)
_INLINE = frozenset(_INLINE_NAMES.split())


def parse(html: str) -> BeautifulSoup:
    """The document. Attributes are plain strings, `class` too."""
    text = html if "<" in html else f"<body>{html}</body>"
    return BeautifulSoup(text, "html.parser", multi_valued_attributes=None)


def text_of(tag: Tag) -> str:
    """The text a reader sees, runs of white space made one space."""
    return normalize("".join(_pieces(tag)))


def normalize(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _pieces(tag: Tag) -> Iterator[str]:
    for child in tag.children:
        if type(child) is NavigableString:  # comments and the doctype are subclasses
            yield child
        elif isinstance(child, Tag) and child.name not in _INVISIBLE:
            space = "" if child.name in _INLINE else " "
            yield from (space, *_pieces(child), space)


class Element:
    """One element of a page, as it was when it was found."""

    def __init__(self, tag: Tag) -> None:
        self.tag = tag

    @property
    def name(self) -> str:
        """The tag's name, in lower case."""
        return self.tag.name

    @property
    def text(self) -> str:
        """The text a reader sees, white space normalized."""
        return text_of(self.tag)

    @property
    def attrs(self) -> Mapping[str, str]:
        return {name: str(value) for name, value in self.tag.attrs.items()}

    @property
    def html(self) -> str:
        """The element with its own tag."""
        return str(self.tag)

    @property
    def inner_html(self) -> str:
        return self.tag.decode_contents()

    def __getitem__(self, attribute: str) -> str:
        return str(self.tag[attribute])

    def get(self, attribute: str) -> str | None:
        return None if self.tag.get(attribute) is None else str(self.tag[attribute])

    def find(self, css: str, text: str | None = None) -> Self:
        return type(self)(find_one(self.tag, css, text))

    def find_all(self, css: str, text: str | None = None) -> list[Self]:
        return [type(self)(tag) for tag in select(self.tag, css, text)]

    def __repr__(self) -> str:
        return outline(self.tag)


def select(top: Tag, css: str, text: str | None = None) -> list[Tag]:
    """All elements that match, in document order. With `text`, those that say just that; if none, those that
    contain it.

    Of elements inside each other with the same text, only the innermost counts.
    """
    found = list(top.select(css))
    if text is None:
        return found
    wanted = normalize(text)
    exact = [tag for tag in found if text_of(tag) == wanted or normalize(str(tag.get("value", ""))) == wanted]
    return _innermost(exact or [tag for tag in found if wanted in text_of(tag)])


def _innermost(tags: list[Tag]) -> list[Tag]:
    return [tag for tag in tags if not any(contains(tag, other) for other in tags if other is not tag)]


def contains(outer: Tag, inner: Tag) -> bool:
    """Whether `inner` is the element `outer` or inside it. (Tags compare by content, so identity has to be asked.)"""
    return inner is outer or any(parent is outer for parent in inner.parents)


def find_one(top: Tag, css: str, text: str | None = None) -> Tag:
    """The first match. Raises `ElementNotFound`."""
    found = select(top, css, text)
    if not found:
        raise ElementNotFound(
            f"nothing on the page matches {described(css, text)}.\n{_what_is_there(top, css)}"
        )
    return found[0]


def find_only(top: Tag, css: str, text: str | None = None) -> Tag:
    """The one match. Raises `ElementNotFound` when there is none, or more than one."""
    first = find_one(top, css, text)
    found = select(top, css, text)
    if len(found) > 1:
        raise ElementNotFound(
            f"{len(found)} elements match {described(css, text)}; say which:\n{_lines(found)}"
        )
    return first


def described(css: str, text: str | None) -> str:
    return f"{css!r}" if text is None else f"{css!r} with text {text!r}"


def outline(tag: Tag) -> str:
    """The element's own tag and the beginning of its text."""
    attributes = "".join(f' {name}="{value}"' for name, value in tag.attrs.items())
    text = text_of(tag)
    return f"<{tag.name}{attributes}>{text[:60]}{'...' if len(text) > 60 else ''}"


def _what_is_there(top: Tag, css: str) -> str:
    name = re.match(r"[a-z][a-z0-9]*", css)
    alike = top.select(name[0]) if name else []
    if alike:
        return f"There is:\n{_lines(alike)}"
    with_id = top.select("[id], [phx-click], [phx-submit], [phx-change], a[href], button")
    return f"There is:\n{_lines(with_id)}" if with_id else f"The page says: {text_of(top)[:400]!r}"


def _lines(tags: Iterable[Tag]) -> str:
    lines = [f"  {outline(tag)}" for tag in tags]
    return "\n".join(lines[:15] + (["  ..."] if len(lines) > 15 else []))
