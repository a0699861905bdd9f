"""Where the elements of a template lead: the addresses that it has as text, whole or in part."""

from collections.abc import Iterator
from dataclasses import dataclass

from pyview.lint.addresses import Address, address
from pyview.lint.markup import Attribute, Element
from pyview.lint.sources import Source

_ATTRIBUTES = {
    "a": "href",
    "area": "href",
    "link": "href",
    "form": "action",
    "button": "formaction",
    "input": "formaction",
}
_METHOD = {"a": "data-method", "form": "method", "button": "formmethod", "input": "formmethod"}


@dataclass(frozen=True, slots=True)
class Link:
    """`what` is how it is written. `method` is None where it is not known, `patches` whether the view is to stay;
    `raises`: it is a patch of a handler, which must."""

    what: str
    address: Address
    file: str
    line: int
    method: str | None = "GET"
    patches: bool = False
    raises: bool = False


def links_of_elements(source: Source) -> Iterator[Link]:
    for element in source.elements:
        yield from _of_element(element, source)


def _of_element(element: Element, source: Source) -> Iterator[Link]:
    name = _ATTRIBUTES.get(element.tag)
    for one in element.attributes:
        to = address(one.value) if one.name == name and one.value else None
        if to is not None and _said(element.get(_METHOD.get(element.tag, ""))) != "dialog":
            link = element.get("data-phx-link")
            patches = element.whole and link is not None and link.known == "patch"
            what = f'{one.name}="{to}"'
            yield Link(what, to, source.file, source.line(one.line), _method(element), patches)


def _method(element: Element) -> str | None:
    """The method by which a browser asks; None where that is not known."""
    attribute = element.get(_METHOD.get(element.tag, ""))
    said = _said(attribute)
    if not element.whole or (attribute is not None and said is None):
        return None
    if said is None:
        return None if element.tag in ("button", "input") else "GET"
    if element.tag == "a":
        return "GET" if said == "get" else "POST"
    return "POST" if said == "post" else "GET"


def _said(attribute: Attribute | None) -> str | None:
    known = None if attribute is None else attribute.known
    return None if known is None else known.lower()
