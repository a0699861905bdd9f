"""The element around a view: its tag and its attributes, as an author gives them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from markupsafe import Markup, escape

from pyview.js.bindings import binding_text, is_binding
from pyview.template.html_scanner import VOID_ELEMENTS

ContainerElement: TypeAlias = str | tuple[str, Mapping[str, str | bool | None]]
"""A tag, or a tag and its attributes: `("main", {"class": "wide"})`."""

_TAG = re.compile(r"[a-z][a-z0-9-]*", re.ASCII)
_ATTRIBUTE = re.compile(r"[a-z][a-z0-9:-]*", re.ASCII)
_NO_CONTAINERS: Final = frozenset(
    {
        *VOID_ELEMENTS,
        *("body", "head", "html", "iframe", "noscript", "object", "script", "style", "svg", "template"),
        *("math", "option", "select", "textarea", "title"),
    }
)
"""Elements that hold no others, or whose content a browser reads in another way than that of a page."""


@dataclass(frozen=True, slots=True)
class Container:
    """A tag and attributes that were checked. Values are plain text."""

    tag: str = "div"
    attributes: tuple[tuple[str, str], ...] = ()

    @property
    def wire(self) -> list[Any]:
        """As the client takes it: after a live navigation it gives this tag and these attributes to the page."""
        return [self.tag, dict(self.attributes)]

    def element(self, id: str, marks: Iterable[tuple[str, str | None]], content: str = "") -> Markup:
        """The element. `marks` are attributes that the client reads, None for a bare one; `content` is HTML."""
        parts = ["<", self.tag, ' id="', escape(id), '"']
        for name, value in self.attributes:
            parts += [" ", name, '="', escape(value), '"']
        for name, mark in marks:
            parts += [" data-phx-", name] if mark is None else [" data-phx-", name, '="', escape(mark), '"']
        parts += [">", content, "</", self.tag, ">"]
        return Markup("".join(parts))  # noqa: S704  the content is a view's own render, all else is escaped


def container_of(given: Any, where: str) -> Container:
    """The container that an author describes; `where` is what errors call the place.

    Raises `TypeError` for what is no description, `ValueError` for a tag that cannot hold a page and for an attribute
    that is the client's own.
    """
    tag, attributes = (given, {}) if isinstance(given, str) else _pair(given, where)
    if not _TAG.fullmatch(tag) or tag in _NO_CONTAINERS:
        raise ValueError(
            f"{where}={given!r}: {tag!r} is no HTML tag that holds a page, such as 'section' or 'main'."
        )
    pairs = ((name, _text(name, value, where)) for name, value in attributes.items())
    return Container(tag, tuple((name, text) for name, text in pairs if text is not None))


def _pair(given: Any, where: str) -> tuple[str, Mapping[str, Any]]:
    if isinstance(given, tuple | list) and len(given) == 2:
        tag, attributes = given
        if isinstance(tag, str) and isinstance(attributes, Mapping):
            return tag, attributes
    raise TypeError(
        f'{where}={given!r}: expected a tag, or a tag and its attributes: ("section", {{"class": "wide"}}).'
    )


def _text(name: Any, value: Any, where: str) -> str | None:
    """The value of an attribute as text; None for one that is left out."""
    if not isinstance(name, str) or not _ATTRIBUTE.fullmatch(name) or name == "id":
        raise ValueError(
            f"{where}: the attribute {name!r} is not yours to set. PyView gives the element its id; names are as in "
            "HTML: 'class', 'data-theme', 'aria-label'."
        )
    if name.startswith("data-phx-"):
        raise ValueError(
            f"{where}: the attribute {name!r} is not yours to set: data-phx-* is the client's own."
        )
    if value is None or value is False:
        return None
    if value is True:
        return ""
    if not isinstance(value, str):
        raise TypeError(
            f"{where}: expected the attribute {name!r} to be text, True, False or None, got {value!r}."
        )
    return str(binding_text(name, value)) if is_binding(name) else value
