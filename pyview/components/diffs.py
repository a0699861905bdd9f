"""What a message about the page needs so that the browser comes by every component that changed.

The client makes the HTML of the whole page for a message that has more than components in it. On the way it passes over
a component that the message does not name, with all that is in it; and over a node with a root flag that the message
does not touch (rendered.js, `recursiveCIDToString` and `toOutputBuffer`). So whatever is around a changed component is
named, by a diff in which nothing changed.

Which components a retained tree shows.

Statics of a component that the client has already, in another component of the same template.

A new component's diff may say `"s": n` instead: n > 0 is a component of the same message, as it is after it; n < 0 is
component -n, as it was before the message. The client copies that one's whole tree and merges this one's diff into it,
so the diff holds every dynamic, and statics only where the two trees differ (LiveView's diff, "sharing statics").
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from pyview.components.instance import Instance
from pyview.socket.socket import LiveViewSocket
from pyview.template.tree.comprehension import Comprehension
from pyview.template.tree.nodes import Diff, Node, Segment, unwrapped


def name_surroundings(
    diff: Diff, parts: dict[str, Diff], changed: Iterable[Instance], root: Node | None
) -> None:
    """Add what is around the `changed` components to `parts`, and to `diff`, a message about the page of `root`."""
    highest = {_highest(instance, parts) for instance in changed}
    if root is not None:
        _, needed = _path(root, root.segment, highest)
        _add(diff, needed)


def _highest(instance: Instance, parts: dict[str, Diff]) -> int:
    """Name the components around one; the number of the outermost."""
    cid = instance.cid
    around: LiveViewSocket[Any] = instance.socket.parent
    while around.cid is not None:
        cid = around.cid
        parts.setdefault(str(cid), {})
        around = getattr(around, "parent", around)
    return cid


def _path(slots: list[Any], segment: Segment, wanted: set[int]) -> tuple[bool, Diff]:
    """Whether a wanted component is in there, and a diff that touches the nodes with root flags around it."""
    found, needed = False, {}
    for position, slot in enumerate(slots[: len(segment.statics) - 1]):
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
    """Put `needed` into a diff, wherever that does not send the whole node anyway."""
    for position, touched in needed.items():
        there = diff.get(position)
        if there is None:
            diff[position] = touched
        elif type(there) is int:  # a row that has moved
            diff[position] = [there, touched]
        elif type(there) is list:
            _add(there[1], touched)
        elif type(there) is dict and "s" not in there:
            _add(there, touched)


def components_in(node: Node | None) -> Iterator[int]:
    """The numbers of the components that stand in a node or in nodes below it, not within one another."""
    if node is not None:
        yield from _in_slots(node, node.segment)


def _in_slots(slots: list[Any], segment: Segment) -> Iterator[int]:
    # A node may hold more than its slots: what they were made from.
    for slot in map(unwrapped, islice(slots, len(segment.statics) - 1)):
        if type(slot) is int:
            yield slot
        elif isinstance(slot, Node):
            yield from _in_slots(slot, slot.segment)
        elif isinstance(slot, Comprehension):
            for row in slot.rows:
                yield from _in_slots(row, slot.segment)


# Sharing statics


def leave_out_known(diff: Diff, node: Node, known: Node) -> None:
    """Take out of the full diff of `node` all statics that are at the same place in `known`."""
    diff.pop("s")
    diff.pop("r", None)
    for position, change in diff.items():
        if change.__class__ is dict:
            _leave_out(change, node[int(position)], known[int(position)])


def _leave_out(diff: Diff, slot: Any, known: Any) -> None:
    slot, known = unwrapped(slot), unwrapped(known)
    if getattr(slot, "segment", None) is not getattr(known, "segment", known):
        return
    if isinstance(slot, Node) and isinstance(known, Node):
        leave_out_known(diff, slot, known)
    elif isinstance(slot, Comprehension) and isinstance(known, Comprehension):
        _leave_out_of_rows(diff, slot, known)


def _leave_out_of_rows(diff: Diff, rows: Comprehension, known: Comprehension) -> None:
    diff.pop("s")
    entries = diff["k"]
    for i, (slots, others) in enumerate(zip(rows.rows, known.rows, strict=False)):
        for position, change in entries[str(i)].items():
            if change.__class__ is dict:
                _leave_out(change, slots[int(position)], others[int(position)])
