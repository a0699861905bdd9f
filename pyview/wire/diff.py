"""Compute the diff of two trees, for views that build their tree by hand and do not know what has changed.

The trees are plain: statics stand in their nodes, as `merge({}, tree)` leaves them. Trees with a table of templates
(`p`) are converted first. The title, the reply and the events, which travel beside a tree, are no part of it.
"""

from collections.abc import Mapping
from typing import Any

from pyview.wire.merge import COMPONENTS, COUNT, KEYED, MOVED, STATIC, TEMPLATES, Tree, merge

_STREAM = "stream"


def diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> Tree:
    """Return the smallest message for which `merge(old, diff(old, new)) == new`.

    It is `{}` if both are equal, and the whole of `new` if the statics of the root differ.
    """
    before, after = _plain(old), _plain(new)
    if before.get(STATIC) != after.get(STATIC):
        return after
    message = _node(_without_components(before), _without_components(after))
    if message is None:
        return after
    components = _components(before.get(COMPONENTS, {}), after.get(COMPONENTS, {}))
    return {**message, COMPONENTS: components} if components else message


def _plain(tree: Mapping[str, Any]) -> Tree:
    return merge({}, tree) if TEMPLATES in tree else dict(tree)


def _without_components(tree: Tree) -> Tree:
    return {key: value for key, value in tree.items() if key != COMPONENTS}


def _components(old: Tree, new: Tree) -> Tree:
    # A diff cannot remove a component: the client forgets it after the answer to `cids_destroyed`.
    changed = {cid: _value(old.get(cid), component) for cid, component in new.items()}
    return {cid: component for cid, component in changed.items() if component != {}}


def _value(old: Any, new: Any) -> Any:
    """Return what to send for one position; `{}` means nothing."""
    if not isinstance(new, dict):
        # The types are compared too: in Python `True == 1`, but on the wire these are two values.
        return {} if type(old) is type(new) and old == new else new
    if not isinstance(old, dict) or old.get(STATIC) != new.get(STATIC):
        return new
    message = _node(old, new)
    return new if message is None else message


def _node(old: Tree, new: Tree) -> Tree | None:
    """Return the diff of two nodes with the same statics; None if the whole node has to be sent."""
    if _STREAM in new:
        return _streamed(new) if _STREAM in old and old[_STREAM][0] == new[_STREAM][0] else None
    # A diff cannot remove a position or turn a list into a node: then the whole node is sent.
    if old.keys() - new.keys() or (KEYED in old) != (KEYED in new):
        return None
    if KEYED in new:
        return _keyed(old[KEYED], new[KEYED])
    changed = {key: _value(old.get(key), value) for key, value in new.items() if key != STATIC}
    return {key: value for key, value in changed.items() if value != {}}


def _streamed(new: Tree) -> Tree:
    """Return the inserts and deletes of a stream. Its items are always sent whole, because no side keeps them."""
    _, inserts, deletes, *reset = new[_STREAM]
    return {KEYED: new[KEYED], _STREAM: new[_STREAM]} if inserts or deletes or reset else {}


def without_stream_items(tree: Tree) -> Tree:
    """Return what to keep of a tree for the next `diff`: of its streams only the refs, not the items."""
    if _STREAM in tree:
        return {**tree, KEYED: {COUNT: 0}, _STREAM: [tree[_STREAM][0], [], []]}
    return {
        key: without_stream_items(value) if isinstance(value, dict) else value for key, value in tree.items()
    }


def _keyed(old: Tree, new: Tree) -> Tree:
    """Return the diff of two lists of rows. An equal row at another position is sent as a move."""
    if old == new:
        return {}
    moved_from = _moves(old, new)
    entries: Tree = {}
    for position in map(str, range(new[COUNT])):
        moved = moved_from.get(position)
        entry: Any = _entry(old.get(position), new[position]) if moved is None else moved
        # A new row without values is `{}` too. It must be sent, because the client creates a row only for an
        # entry of the diff.
        if entry != {} or position not in old:
            entries[position] = entry
    if moved_from:
        entries[MOVED] = True
    return {KEYED: {**entries, COUNT: new[COUNT]}}


def _entry(old: Tree | None, new: Tree) -> Tree:
    message = {} if old is None else _node(old, new)
    return new if old is None or message is None else message


def _moves(old: Tree, new: Tree) -> dict[str, int]:
    """Return the old position for each new position of a moved row; no old position occurs twice."""
    stayed = {key for key in map(str, range(new[COUNT])) if old.get(key) == new[key]}
    # Rows are dicts and have no hash. With their `repr` as key, the moves are found in one pass instead of by
    # comparing each row with each. Equal rows whose keys differ in order are only sent as a diff.
    free: dict[str, list[int]] = {}
    # `pop` takes the last position, so the list is reversed: among equal rows the first is moved first.
    for position in reversed(range(old[COUNT])):
        # A row that stays must not be the origin of a move: `km` allows each old position once.
        if str(position) not in stayed:
            free.setdefault(repr(old[str(position)]), []).append(position)
    found: dict[str, int] = {}
    for key in map(str, range(new[COUNT])):
        candidates = free.get(repr(new[key])) if key not in stayed else None
        if candidates:
            found[key] = candidates.pop()
    return found
