"""Render the client's tree to HTML, as the JavaScript client does.

`pyview.wire.merge` makes the tree. This module turns it into the HTML that the client patches into the page, and
raises `ProtocolError` for a tree that the client cannot render or would render wrongly.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from pyview.wire.merge import (
    COMPONENTS,
    KEYED,
    ROOT,
    STATIC,
    ProtocolError,
    Tree,
    check_positions,
    count_of,
    extract,
    is_number,
    shorten,
    statics_of,
)

SKIP = "data-phx-skip"

# The client's own list (`VOID_TAGS` in `rendered.js`), with its obsolete names: not the list of the HTML standard.
_VOID_NAMES = "area base br col command embed hr img input keygen link meta param source track wbr"
VOID_TAGS = frozenset(_VOID_NAMES.split())


def to_html(tree: Mapping[str, Any], *, strip: bool = True, since: Mapping[str, Any] | None = None) -> str:
    """Return the HTML of a tree that `merge` returned.

    The client adds attributes of its own to root elements: `data-phx-id`, `data-phx-skip`, `data-phx-component`. With
    `strip` they are left out. Without it, components carry `data-phx-component`, by which events find them. `since` is
    the tree before the last merge: root elements that the diff did not touch get `data-phx-skip`, because the client
    leaves them alone when it patches the page. (The client also leaves out their content, this function does not.)

    Raises `ProtocolError` if the client could not render the tree, or would render it wrongly.
    """
    untouched = frozenset(_identities(since)) if since is not None else frozenset()
    return _Renderer(tree.get(COMPONENTS, {}), strip, set(), untouched).root(tree)


def check_reach(tree: Mapping[str, Any], diff: Mapping[str, Any], since: Mapping[str, Any]) -> None:
    """Raise `ProtocolError` if the client would not show all components that `diff` changes.

    If a diff holds more than components, the client renders the page from its root. It then leaves alone, with all
    their content, components that the diff does not name and nodes with a root flag that the diff does not touch. A
    changed component inside one of those stays as it was on the page. `tree` is what `since` became by `diff`.
    """
    changed = extract(diff).diff
    parts = changed.pop(COMPONENTS, {})
    if not changed or not parts:
        return
    components = tree.get(COMPONENTS, {})
    reached = {*_components_in(tree, components, parts, frozenset(_identities(since)))}
    for cid in _components_in(tree, components, components, frozenset()):
        if cid in parts and cid not in reached:
            raise ProtocolError(
                f"component {cid} changes with other things of the page, but something around it is left alone: a "
                "component that the diff does not name, or a node with `r` that it does not touch"
            )


def _components_in(
    node: Any, components: Mapping[str, Tree], opened: Mapping[str, Any], closed: frozenset[int]
) -> Iterator[str]:
    """Yield the numbers of the components in a node, and of those inside components among `opened`.

    Nodes with a root flag whose identity is in `closed` are not entered.
    """
    if is_number(node):
        cid = str(node)
        yield cid
        if cid in opened:
            yield from _components_in(components.get(cid), components, opened, closed)
    elif isinstance(node, Mapping) and not (node.get(ROOT) and id(node) in closed):
        for key, value in node.items():
            if key == KEYED or key.isdecimal():
                yield from _components_in(value, components, opened, closed)


@dataclass(frozen=True, slots=True)
class _Renderer:
    """One rendering. `rendered` are the components so far, `untouched` the identities of nodes that did not change."""

    components: Mapping[str, Tree]
    strip: bool
    rendered: set[str]
    untouched: frozenset[int]

    def root(self, tree: Mapping[str, Any]) -> str:
        # A root flag at the very top never reaches the client's tree: there `r` is the reply to an event.
        return self.node({key: value for key, value in tree.items() if key != ROOT}, "root")

    def node(self, node: Tree, at: str) -> str:
        if KEYED in node:
            return self.comprehension(node, at)
        html = self.fill(statics_of(node.get(STATIC), None, at), node, at)
        if node.get(ROOT):
            check_single_root(html, at)
            return _mark(html, SKIP) if id(node) in self.untouched else html
        return html

    def comprehension(self, node: Tree, at: str) -> str:
        statics = statics_of(node.get(STATIC), None, at)
        count = count_of(node[KEYED], at)
        check_positions(node[KEYED], count, at)
        return "".join(self.entry(node[KEYED].get(str(i)), statics, f"{at}.k.{i}") for i in range(count))

    def entry(self, entry: Any, statics: list[str], at: str) -> str:
        if not isinstance(entry, dict):
            raise ProtocolError(f"at {at}: expected an entry of a list, got {shorten(entry)}")
        return self.fill(statics, entry, at)

    def fill(self, statics: list[str], node: Tree, at: str) -> str:
        parts = [statics[0]]
        for i, static in enumerate(statics[1:]):
            parts += (self.dynamic(node.get(str(i)), f"{at}.{i}"), static)
        return "".join(parts)

    def dynamic(self, value: Any, at: str) -> str:
        if isinstance(value, str):
            return value
        if isinstance(value, dict):
            return self.node(value, at)
        if is_number(value):
            return self.component(str(value), at)
        raise ProtocolError(
            f"at {at}: expected a string, a node or a component's number, got {shorten(value)}"
        )

    def component(self, cid: str, at: str) -> str:
        component = self.components.get(cid)
        if component is None:
            raise ProtocolError(
                f"at {at}: no component {cid}; numbers are components, so text must be sent as a string"
            )
        if cid in self.rendered:
            raise ProtocolError(
                f"at {at}: component {cid} is in two places; the client leaves the second one empty"
            )
        self.rendered.add(cid)
        if not component.get(ROOT):
            raise ProtocolError(f"component {cid} needs `r`: 1, else the client cannot find its element")
        html = self.node(component, f"component {cid}")
        return html if self.strip else _mark(html, f'data-phx-component="{cid}"')


def check_single_root(html: str, at: str = "root") -> None:
    """Raise `ProtocolError` unless `html` is one element, with nothing before it but comments and white space.

    The client replaces the element of an unchanged node by an empty copy of its first tag. Further elements would
    vanish from the page; without an element the client throws.
    """
    scan = _RootScan()
    scan.feed(html)
    scan.close()
    if scan.roots != 1:
        raise ProtocolError(
            f"at {at}: a node with `r` must be exactly one element, found {scan.roots} in {shorten(html)}"
        )


class _RootScan(HTMLParser):
    """Count the top-level elements.

    Depth is counted by the tag name of the top-level element alone, so that elements inside it may leave out their end
    tags (`<li>`, `<p>`), as HTML allows.
    """

    def __init__(self) -> None:
        super().__init__()
        self.roots = 0
        self._tag = ""
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if self._depth == 0:
            self.roots += 1
            self._tag = tag
        if tag == self._tag and tag not in VOID_TAGS:
            self._depth += 1

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._tag and self._depth:
            self._depth -= 1

    def handle_data(self, data: str) -> None:
        if self.roots == 0 and data.strip():
            raise ProtocolError(f"a node with `r` must begin with its element, found text {shorten(data)}")


def _identities(node: Any) -> Iterator[int]:
    """Yield the identity of every node: `merge` copies the nodes on the way to a change and keeps all others."""
    if isinstance(node, Mapping):
        yield id(node)
        for value in node.values():
            yield from _identities(value)


def _mark(html: str, attribute: str) -> str:
    """Return the HTML with `attribute` in its first tag, which may follow comments."""
    end_of_comments = 0
    while html[end_of_comments:].lstrip().startswith("<!--"):
        end_of_comments = html.index("-->", end_of_comments) + 3
    start = html.index("<", end_of_comments)
    end = next(i for i in range(start + 1, len(html)) if html[i] in " \t\r\n/>")
    return f"{html[:end]} {attribute}{html[end:]}"
