"""The page as elements, found by CSS selector and by text."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Self

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from pyview.testing.errors import ElementNotFound

_INVISIBLE = frozenset(("script", "style", "template", "head", "noscript"))
_INLINE_NAMES = (
    "a abbr b bdi bdo cite code data del dfn em i ins kbd label mark q s samp small span strong sub sup "
    "time u var wbr"
)
_INLINE = frozenset(_INLINE_NAMES.split())


def parse(html: str) -> BeautifulSoup:
    """Parse a document. All attributes are plain strings, `class` included."""
    # Beautiful Soup warns about text without tags, which it takes for the name of a file or a URL.
    text = html if "<" in html else f"<body>{html}</body>"
    return BeautifulSoup(text, "html.parser", multi_valued_attributes=None)


def text_of(tag: Tag) -> str:
    """Return the visible text, with runs of white space replaced by one space."""
    return normalize("".join(_pieces(tag)))


def normalize(text: str) -> str:
    """Return the text with runs of white space replaced by one space, and none at its ends."""
    return re.sub(r"\s+", " ", text).strip()


def _pieces(tag: Tag) -> Iterator[str]:
    for child in tag.children:
        if type(child) is NavigableString:  # comments and the doctype are subclasses
            yield child
        elif isinstance(child, Tag) and child.name not in _INVISIBLE:
            # A browser shows blocks apart: without the space, two paragraphs would read as one word.
            space = "" if child.name in _INLINE else " "
            yield from (space, *_pieces(child), space)


class Element:
    """One element of a page, as it was when it was found: it does not change with the page."""

    def __init__(self, tag: Tag) -> None:
        self.tag = tag

    @property
    def name(self) -> str:
        """The tag's name, in lower case."""
        return self.tag.name

    @property
    def text(self) -> str:
        """The visible text, with white space normalized."""
        return text_of(self.tag)

    @property
    def attrs(self) -> Mapping[str, str]:
        return {name: str(value) for name, value in self.tag.attrs.items()}

    @property
    def html(self) -> str:
        """The HTML of the element, its own tag included."""
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
    """Return all elements that match, in document order.

    With `text`: those whose text, or `value`, is exactly that; if there are none, those whose text contains it. If an
    element and one inside it both match the text, only the inner one counts.
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
    """Return True if `inner` is the element `outer` or is inside it."""
    # `==` and `in` compare tags by their content, and two elements may have the same.
    return inner is outer or any(parent is outer for parent in inner.parents)


def find_one(top: Tag, css: str, text: str | None = None) -> Tag:
    """Return the first match. Raises `ElementNotFound`."""
    found = select(top, css, text)
    if not found:
        raise ElementNotFound(
            f"no element on the page matches {described(css, text)}.\n{_candidates(top, css)}"
        )
    return found[0]


def find_only(top: Tag, css: str, text: str | None = None) -> Tag:
    """Return the only match. Raises `ElementNotFound` if there is none, or more than one."""
    first = find_one(top, css, text)
    found = select(top, css, text)
    if len(found) > 1:
        raise ElementNotFound(
            f"expected one element for {described(css, text)}, got {len(found)}. Use a narrower selector, or a text:\n"
            f"{_lines(found)}"
        )
    return first


def described(css: str, text: str | None) -> str:
    """Return a selector and a text as error messages quote them."""
    return f"{css!r}" if text is None else f"{css!r} with text {text!r}"


def outline(tag: Tag) -> str:
    """Return the start tag of an element and the beginning of its text; long values, such as tokens, are cut."""
    attributes = "".join(f' {name}="{_cut(str(value))}"' for name, value in tag.attrs.items())
    return f"<{tag.name}{attributes}>{_cut(text_of(tag))}"


def _cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}..."


def _candidates(top: Tag, css: str) -> str:
    """Return what an error lists instead: elements with the same tag, otherwise those that a test may act on."""
    name = re.match(r"[a-z][a-z0-9]*", css)
    similar = top.select(name[0]) if name else []
    if name and similar:
        return f"The page has these <{name[0]}> elements:\n{_lines(similar)}"
    others = top.select("[id], [phx-click], [phx-submit], [phx-change], a[href], button")
    return f"The page has:\n{_lines(others)}" if others else f"The text of the page is {text_of(top)[:400]!r}"


def _lines(tags: Iterable[Tag]) -> str:
    lines = [f"  {outline(tag)}" for tag in tags]
    return "\n".join(lines[:15] + (["  ..."] if len(lines) > 15 else []))
