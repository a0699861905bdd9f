"""The element around a view: its tag and attributes."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from markupsafe import Markup

from pyview.js.bindings import binding_text, is_binding
from pyview.template.html_scanner import VOID_ELEMENTS
from pyview.template.markup import as_markup
from pyview.template.tree.output import escape_text

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
"""Elements without children, and elements whose content a browser does not parse as part of the page."""


@dataclass(frozen=True, slots=True)
class Container:
    """A tag and attributes after the checks of `container_of`. Values are plain text."""

    tag: str = "div"
    attributes: tuple[tuple[str, str], ...] = ()

    @property
    def wire(self) -> list[Any]:
        """Value for the client, which replaces tag and attributes of the page's element after a live navigation."""
        return [self.tag, dict(self.attributes)]

    def element(self, id: str, marks: Iterable[tuple[str, str | None]], content: str = "") -> Markup:
        """Return the element. `marks` are the `data-phx-*` attributes, None for a bare one; `content` is HTML."""
        own = "".join([f' {name}="{escape_text(value)}"' for name, value in self.attributes])
        marked = "".join(
            [
                f" data-phx-{name}" if mark is None else f' data-phx-{name}="{escape_text(mark)}"'
                for name, mark in marks
            ]
        )
        # The content is a view's own render, everything else is escaped.
        return as_markup(f'<{self.tag} id="{escape_text(id)}"{own}{marked}>{content}</{self.tag}>')


def container_of(given: Any, where: str) -> Container:
    """Check a container and return it. `where` names its origin in errors.

    Raises `TypeError` for a value of another type, `ValueError` for a tag that cannot hold a page and for an attribute
    that belongs to the client.
    """
    tag, attributes = (given, {}) if isinstance(given, str) else _pair(given, where)
    # A tag cannot be escaped, so anything but a plain name is refused.
    if not _TAG.fullmatch(tag) or tag in _NO_CONTAINERS:
        raise ValueError(
            f"{where}={given!r}: expected an HTML tag that can hold a page, such as 'section' or 'main', got {tag!r}."
        )
    pairs = ((name, _text(name, value, where)) for name, value in attributes.items())
    return Container(tag, tuple((name, text) for name, text in pairs if text is not None))


def _pair(given: Any, where: str) -> tuple[str, Mapping[str, Any]]:
    if isinstance(given, tuple | list) and len(given) == 2:
        tag, attributes = given
        if isinstance(tag, str) and isinstance(attributes, Mapping):
            return tag, attributes
    raise TypeError(
        f'{where}={given!r}: expected a tag, or a tag with attributes: ("section", {{"class": "wide"}}).'
    )


def _text(name: Any, value: Any, where: str) -> str | None:
    """Return the value of an attribute as text, None if the attribute is omitted."""
    if not isinstance(name, str) or not _ATTRIBUTE.fullmatch(name) or name == "id":
        raise ValueError(
            f"{where}: the attribute {name!r} cannot be set. PyView sets the id of the element; expected a name as in "
            "HTML: 'class', 'data-theme', 'aria-label'."
        )
    if name.startswith("data-phx-"):
        raise ValueError(f"{where}: the attribute {name!r} cannot be set: data-phx-* belongs to the client.")
    if value is None or value is False:
        return None
    if value is True:
        return ""
    if not isinstance(value, str):
        raise TypeError(
            f"{where}: expected the attribute {name!r} to be text, True, False or None, got {value!r}."
        )
    # An attribute may hold text of a user, and the client runs text that begins with `[` as commands.
    return str(binding_text(name, value)) if is_binding(name) else value
