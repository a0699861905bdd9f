"""Checks of a body's HTML that hold whatever its slots contain: one root element, balanced tags.

The client's root flag (`r`) may only be set for a node that is always exactly one element.
"""

from collections.abc import Sequence
from html.parser import HTMLParser

from pyview.template.html_scanner import VOID_ELEMENTS

# Stands for a slot: a noncharacter, which is no letter, no space, and has no meaning in HTML.
_SLOT = "\ufdd0"


def is_single_root(statics: Sequence[str]) -> bool:
    """Return True if there is exactly one element at the top, and only comments and white space beside it."""
    scan = _scan(statics)
    return scan.balanced and scan.roots == 1 and not scan.has_text


def is_balanced(statics: Sequence[str]) -> bool:
    """Return True if every opened element is closed, and no other is."""
    return _scan(statics).balanced


def _scan(statics: Sequence[str]) -> "_Scan":
    scan = _Scan()
    scan.feed(_SLOT.join(statics))
    complete = not scan.rawdata  # the parser keeps an unfinished tag or comment there
    scan.close()
    scan.balanced = scan.balanced and complete and not scan.open
    return scan


class _Scan(HTMLParser):
    def __init__(self) -> None:
        # With `convert_charrefs` the parser may hold back text in `rawdata`, which shows unfinished tags
        # here.
        super().__init__(convert_charrefs=False)
        self.open: list[str] = []
        self.roots = 0
        self.balanced = True
        self.has_text = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if not self.open:
            self.roots += 1
        if tag not in VOID_ELEMENTS:
            self.open.append(tag)
        # A slot in the name of a tag: which element it is, and if it needs an end tag, is unknown.
        if _SLOT in tag:
            self.balanced = False

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        # HTML ignores the slash, so `<div/>` stays open; only foreign elements such as SVG's really end here.
        self.handle_starttag(tag, attrs)
        if tag not in VOID_ELEMENTS and "svg" in self.open[:-1]:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.balanced = False

    def handle_data(self, data: str) -> None:
        if not self.open and data.strip():
            self.has_text = True

    def handle_entityref(self, name: str) -> None:
        self.has_text = self.has_text or not self.open

    def handle_charref(self, name: str) -> None:
        self.has_text = self.has_text or not self.open

    def handle_decl(self, decl: str) -> None:
        self.balanced = False

    def unknown_decl(self, data: str) -> None:
        self.balanced = False

    def handle_pi(self, data: str) -> None:
        self.balanced = False
