"""Diffs of pages with components: ancestors of changed components, and shared statics.

Ancestors: for a message that contains more than components, the client renders the HTML of the whole page. It skips a
component that the message does not name, with everything inside; and a node with a root flag that the message does not
touch (rendered.js, `recursiveCIDToString` and `toOutputBuffer`). So the message must name every ancestor of a changed
component, with an empty diff if the ancestor itself did not change.

Shared statics: the whole tree of a new component may refer to a component of the same template by `"s": n`. With n > 0
this is a component of the same message, in its state after the message; with n < 0 it is component -n, in its state
before the message. The client copies that whole tree and merges the diff into it. So the diff has all dynamics, but
statics only where the two trees differ (LiveView's diff.ex, "sharing statics").
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from pyview.components.instance import ComponentInstance
from pyview.socket.socket import LiveViewSocket
from pyview.template.tree.comprehension import Comprehension
from pyview.template.tree.nodes import Diff, Node, Segment, unwrapped


def add_ancestors(
    diff: Diff, parts: dict[str, Diff], changed: Iterable[ComponentInstance], root: Node | None
) -> None:
    """Add the ancestors of `changed` components: other components to `parts`, nodes of the page `root` to `diff`."""
    highest = {_add_parents(instance, parts) for instance in changed}
    if root is not None:
        _, needed = _path(root, root.segment, highest)
        _add(diff, needed)


def _add_parents(instance: ComponentInstance, parts: dict[str, Diff]) -> int:
    """Add the components around one to `parts`; return the cid of the outermost."""
    cid = instance.cid
    parent: LiveViewSocket[Any] = instance.socket.parent
    while parent.cid is not None:
        cid = parent.cid
        parts.setdefault(str(cid), {})
        parent = getattr(parent, "parent", parent)
    return cid


def _path(slots: list[Any], segment: Segment, wanted: set[int]) -> tuple[bool, Diff]:
    """Return whether a wanted component is inside, and a diff that touches the nodes with root flags around it."""
    found, needed = False, {}
    # `unwrapped`: a function component or `each` is on the wire what it has rendered.
    for position, slot in enumerate(map(unwrapped, slots[: len(segment.statics) - 1])):
        if type(slot) is int:
            found = found or slot in wanted
        elif isinstance(slot, Node):
            inside, touched = _path(slot, slot.segment, wanted)
            found = found or inside
            if inside and (slot.segment.root or touched):
                needed[str(position)] = touched
        elif isinstance(slot, Comprehension):
            inside, rows = _path_in_rows(slot, wanted)
            found = found or inside
            if rows:
                needed[str(position)] = {"k": {**rows, "kc": len(slot.rows)}}
    return found, needed


def _path_in_rows(comprehension: Comprehension, wanted: set[int]) -> tuple[bool, Diff]:
    found, needed = False, {}
    for number, row in enumerate(comprehension.rows):
        inside, touched = _path(row, comprehension.segment, wanted)
        found = found or inside
        if touched:
            needed[str(number)] = touched
    return found, needed


def _add(diff: Diff, needed: Diff) -> None:
    """Merge `needed` into a diff, except where the diff replaces a whole node."""
    for position, touched in needed.items():
        change = diff.get(position)
        if change is None:
            diff[position] = touched
        elif type(change) is int:  # a row that moved: its old index
            diff[position] = [change, touched]
        elif type(change) is list:  # a row that moved and changed
            _add(change[1], touched)
        elif type(change) is dict and "s" not in change:
            _add(change, touched)


def components_in(node: Node | None) -> Iterator[int]:
    """Yield the cids of the components in a node and in the nodes below it, but not those inside components."""
    if node is not None:
        yield from _in_slots(node, node.segment)


def _in_slots(slots: list[Any], segment: Segment) -> Iterator[int]:
    # A node may be longer than its dynamics: behind them it holds the values that they were computed from.
    for slot in map(unwrapped, islice(slots, len(segment.statics) - 1)):
        if type(slot) is int:
            yield slot
        elif isinstance(slot, Node):
            yield from _in_slots(slot, slot.segment)
        elif isinstance(slot, Comprehension):
            for row in slot.rows:
                yield from _in_slots(row, slot.segment)


# Sharing statics


def omit_shared_statics(diff: Diff, node: Node, known: Node) -> None:
    """Remove from the whole diff of `node` all statics that `known` has at the same position."""
    # The client copies these two with the rest of the tree (rendered.js, `cloneMerge`).
    diff.pop("s")
    diff.pop("r", None)
    for position, change in diff.items():
        if change.__class__ is dict:
            _omit_shared(change, node[int(position)], known[int(position)])


def _omit_shared(diff: Diff, slot: Any, known: Any) -> None:
    slot, known = unwrapped(slot), unwrapped(known)
    # The defaults differ, so two values without a segment count as different.
    if getattr(slot, "segment", None) is not getattr(known, "segment", known):
        return
    if isinstance(slot, Node) and isinstance(known, Node):
        omit_shared_statics(diff, slot, known)
    elif isinstance(slot, Comprehension) and isinstance(known, Comprehension):
        diff.pop("s")
        entries = diff["k"]
        for i, (slots, others) in enumerate(zip(slot.rows, known.rows, strict=False)):
            for position, change in entries[str(i)].items():
                if change.__class__ is dict:
                    _omit_shared(change, slots[int(position)], others[int(position)])
