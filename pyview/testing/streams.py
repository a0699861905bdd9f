"""The items of streams, which a browser keeps in its page and nowhere else.

Neither the server's tree nor the client's tree keeps the items of a stream once they are in the page. The testing
client has no page besides its tree, so it keeps the items here and puts them back where the page would show them. The
rules are those of `dom_patch.ts` of the JavaScript client.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape
from typing import Any

from pyview.testing.tree_html import to_html
from pyview.wire.merge import COMPONENTS, COUNT, KEYED, STATIC, ProtocolError, Tree

STREAM = "stream"
_ID = re.compile(r"""\s*(?:<!--.*?-->\s*)*<[a-zA-Z][^\s>/]*(?:\s[^>]*?)?\sid=["']([^"']*)["']""", re.DOTALL)


@dataclass(slots=True)
class _Item:
    dom_id: str
    entry: Tree


class StreamedItems:
    """The items of one view's streams, by the ref of the stream."""

    def __init__(self) -> None:
        self._items: dict[str, list[_Item]] = {}
        self._shown: dict[int, tuple[Tree, Tree]] = {}
        self._seen: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._items)

    def joined(self) -> None:
        """Drop all items, because the tree of a join brings those of the new mount."""
        self._items.clear()

    def absorb(self, tree: Tree) -> Tree:
        """Apply the inserts and deletes of a tree's streams; return the tree as the client keeps it, without items."""
        self._seen = set()
        components = tree.get(COMPONENTS, {})
        kept = self._absorb(tree, components)
        # If a container has gone from the page, its items have gone with it.
        self._items = {ref: items for ref, items in self._items.items() if ref in self._seen}
        return kept

    def shown(self, tree: Tree) -> Tree:
        """Return the tree with the items of its streams.

        Nodes that have not changed since the last call are the same objects, so that `to_html` can recognise them.
        """
        before, self._shown = self._shown, {}
        return self._show(tree, before)

    def samples(self) -> list[str]:
        """Return the DOM id of one item of each stream."""
        return [items[0].dom_id for items in self._items.values() if items]

    # --- applying ---

    def _absorb(self, node: Tree, components: Tree) -> Tree:
        if STREAM in node:
            return self._absorb_stream(node, components)
        changed = {
            key: kept
            for key, value in node.items()
            if isinstance(value, dict) and (kept := self._absorb(value, components)) is not value
        }
        return {**node, **changed} if changed else node

    def _absorb_stream(self, node: Tree, components: Tree) -> Tree:
        ref, inserts, deletes, *reset = _checked(node[STREAM])
        if ref in self._seen:
            raise ProtocolError(f"two streams have the ref {ref!r}; a reset of one would empty the other")
        self._seen.add(ref)
        entries = [node[KEYED][str(i)] for i in range(node[KEYED][COUNT])]
        if not (entries or deletes or reset):
            self._items.setdefault(ref, [])
            return node
        for insert, entry in zip(_paired(ref, inserts, entries), entries, strict=True):
            _check_id(insert[0], _entry_html(node, entry, components))
        self._apply(ref, inserts, deletes, bool(reset), entries)
        return {**node, KEYED: {COUNT: 0}, STREAM: [ref, [], []]}

    def _apply(
        self, ref: str, inserts: list[Any], deletes: list[str], reset: bool, entries: list[Tree]
    ) -> None:
        items = self._items.setdefault(ref, [])
        gone = {item.dom_id for item in items if reset or item.dom_id in deletes}
        items[:] = [item for item in items if item.dom_id not in gone]
        present = {item.dom_id for item in items}
        for (dom_id, at, limit, update_only), entry in zip(inserts, entries, strict=True):
            known = next((item for item in items if item.dom_id == dom_id), None)
            if known is not None:
                known.entry = entry
            elif dom_id in present:
                continue  # a limit has just removed it: the client updates the removed element and does not add it
            elif not update_only or dom_id in gone:
                items.insert(len(items) if at == -1 else at, _Item(dom_id, entry))
                _limit(items, limit)

    # --- showing ---

    def _show(self, node: Tree, before: dict[int, tuple[Tree, Tree]]) -> Tree:
        known = before.get(id(node))
        # The entry keeps the node alive, so no other object can have got its id meanwhile.
        if known is not None and known[0] is node:
            self._remember(node, before)
            return known[1]
        shown = self._with_items(node, before) if STREAM in node else self._with_shown(node, before)
        self._shown[id(node)] = node, shown
        return shown

    def _remember(self, node: Tree, before: dict[int, tuple[Tree, Tree]]) -> None:
        """Keep the result for an untouched node and for all nodes inside it."""
        known = before.get(id(node))
        if known is not None:
            self._shown[id(node)] = known
        for value in node.values():
            if isinstance(value, dict):
                self._remember(value, before)

    def _with_items(self, node: Tree, before: dict[int, tuple[Tree, Tree]]) -> Tree:
        items = self._items.get(node[STREAM][0], [])
        entries = {str(i): item.entry for i, item in enumerate(items)}
        return {STATIC: node[STATIC], KEYED: {**entries, COUNT: len(items)}}

    def _with_shown(self, node: Tree, before: dict[int, tuple[Tree, Tree]]) -> Tree:
        changed = {
            key: shown
            for key, value in node.items()
            if isinstance(value, dict) and (shown := self._show(value, before)) is not value
        }
        return {**node, **changed} if changed else node


def check_containers(soup: Any, dom_ids: Iterable[str]) -> None:
    """Raise `ProtocolError` if the parent of an item is no container of a stream."""
    for dom_id in dom_ids:
        tag = soup.find(id=dom_id)
        parent = None if tag is None else tag.parent
        if parent is not None and (parent.get("phx-update") != "stream" or not parent.get("id")):
            raise ProtocolError(
                f"the item {dom_id!r} of a stream stands in <{parent.name}>, which must have an id and "
                'phx-update="stream": the client would lose the item with the next patch'
            )


def _limit(items: list[_Item], limit: int | None) -> None:
    if limit is None:
        return
    # As in Phoenix, a negative limit keeps the last items: new ones come at the end and old ones go.
    if limit < 0:
        del items[: max(0, len(items) + limit)]
    else:
        del items[limit:]


def _checked(stream: Any) -> Any:
    fits = isinstance(stream, list) and len(stream) in (3, 4) and isinstance(stream[0], str)
    if not fits or not all(isinstance(part, list) for part in stream[1:3]):
        raise ProtocolError(
            f"a stream is [ref, inserts, deletes] or [ref, inserts, deletes, true], got {stream!r}"
        )
    if stream[3:] and stream[3] is not True:
        raise ProtocolError(
            f"the fourth element of stream {stream[0]!r} is {stream[3]!r}; the client takes any for a reset"
        )
    return stream


def _paired(ref: str, inserts: list[Any], entries: list[Tree]) -> list[Any]:
    ids = [insert[0] for insert in inserts]
    if len(ids) != len(entries) or len(set(ids)) != len(ids):
        raise ProtocolError(
            f"stream {ref!r} inserts {ids}, and renders {len(entries)} items; each belongs to one"
        )
    if any(len(insert) != 4 for insert in inserts):
        raise ProtocolError(f"an insert of stream {ref!r} is [id, at, limit, update_only], got {inserts}")
    return inserts


def _entry_html(node: Tree, entry: Tree, components: Tree) -> str:
    alone = {STATIC: node[STATIC], KEYED: {"0": entry, COUNT: 1}}
    return to_html({STATIC: ["", ""], "0": alone, COMPONENTS: components}, strip=True)


def _check_id(dom_id: str, html: str) -> None:
    found = _ID.match(html)
    if found is None or unescape(found[1]) != dom_id:
        raise ProtocolError(
            f"the item {dom_id!r} of a stream is shown by {html.strip()[:80]!r}; the id of its element must be "
            'the item\'s: id="{{ dom_id }}"'
        )
