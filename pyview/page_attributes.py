"""What a view says about the document around it: language, classes, `<meta>` and `<link>` elements.

The first page has it in its HTML; later changes travel as one event with all of it, which the client's few lines in
`client/src/page_attributes.js` put into the document. Elements and classes of the author's own are left alone: what a
view sets is marked, and goes with the view.
"""

from collections.abc import Iterator
from typing import Any, Literal, get_args

from markupsafe import Markup, escape

from pyview.navigation import external_url, local_path

PAGE_EVENT = "pyview:page"

Direction = Literal["ltr", "rtl", "auto"]
LinkRelation = Literal["canonical", "icon", "prev", "next", "alternate", "manifest"]

_OURS = Markup(" data-pyview-page")
_NAMED = Markup('<meta name="{}" content="{}"{}>')
_PROPERTY = Markup('<meta property="{}" content="{}"{}>')


class PageAttributes:
    """`socket.page`: the document around a view. What is None, or not there, is as the root template has it.

    `lang` and `dir` are attributes of `<html>`; `html_class` and `body_class` are added to what is there.
    """

    __slots__ = ("_links", "_meta", "_sent", "body_class", "dir", "html_class", "lang")

    def __init__(self) -> None:
        self.lang: str | None = None
        self.dir: Direction | None = None
        self.html_class: str | None = None
        self.body_class: str | None = None
        self._meta: dict[str, str] = {}
        self._links: dict[str, str] = {}
        self._sent: dict[str, Any] = {}

    def meta(self, name: str, content: str | None) -> None:
        """The `<meta>` element of that name, or of that property for names like `og:title`; None takes it away.

        Raises `ValueError` for names with which PyView itself talks to its client.
        """
        if name == "csrf-token" or name.startswith("pyview-"):
            raise ValueError(f"page.meta({name!r}, ...): this one is PyView's own.")
        _put(self._meta, name, content)

    def link(self, rel: LinkRelation, href: str | None) -> None:
        """The `<link>` element of that relation: a path of this site, an http(s) URL, or for an icon an image
        (`data:image/...`); None takes it away.

        Raises `ValueError` for another relation, `UnsafeURL` for another URL.
        """
        if rel not in get_args(LinkRelation):
            raise ValueError(f"page.link({rel!r}, ...): expected one of {', '.join(get_args(LinkRelation))}.")
        _put(self._links, rel, None if href is None else _safe(rel, href))

    def state(self) -> dict[str, Any]:
        """All that is set, as JSON data."""
        said = {
            "lang": self.lang,
            "dir": self.dir,
            "html_class": self.html_class,
            "body_class": self.body_class,
            "meta": dict(self._meta),
            "link": dict(self._links),
        }
        return {name: value for name, value in said.items() if value}

    def news(self) -> dict[str, Any] | None:
        """The state, if it is another one than when this was last asked."""
        state = self.state()
        if state == self._sent:
            return None
        self._sent = state
        return state

    # For root templates

    def html_attributes(self, lang: str | None = None) -> Markup:
        """The attributes of `<html>`, a space before each. `lang` is the language of pages that say nothing."""
        own = (
            _replaced("lang", self.lang, lang) + _replaced("dir", self.dir, None) + _classes(self.html_class)
        )
        return Markup(own)  # noqa: S704  every value in it is escaped

    def body_attributes(self) -> Markup:
        """The attributes of `<body>`, a space before each."""
        return Markup(_classes(self.body_class))  # noqa: S704  as above

    def elements(self) -> list[Markup]:
        """The elements of `<head>`."""
        return list(self._elements())

    def _elements(self) -> Iterator[Markup]:
        for name, content in self._meta.items():
            element = _PROPERTY if ":" in name else _NAMED
            yield element.format(name, content, _OURS)
        for rel, href in self._links.items():
            yield Markup('<link rel="{}" href="{}"{}>').format(rel, href, _OURS)


def _put(where: dict[str, str], name: str, value: str | None) -> None:
    if value is None:
        where.pop(name, None)
    else:
        where[name] = str(value)


def _safe(rel: str, href: str) -> str:
    if rel == "icon" and href.startswith("data:image/"):
        return href
    return external_url(href) if "://" in href else local_path(href)


def _replaced(name: str, value: str | None, usual: str | None) -> str:
    """An attribute; what it would be without the view stands beside it, for when the view has gone."""
    if value is None:
        return "" if usual is None else _attribute(name, usual)
    return _attribute(name, value) + _attribute(f"data-pyview-{name}", usual or "")


def _classes(text: str | None) -> str:
    return _attribute("class", text) + _attribute("data-pyview-class", text) if text else ""


def _attribute(name: str, value: str) -> str:
    return f' {name}="{escape(value)}"'
