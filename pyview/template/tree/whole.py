"""Whole retained trees: copies of them, and the comparison of two.

Only what templates themselves retain can be copied. The state of a live component or a stream belongs to one view.
"""

from collections.abc import Sequence
from copy import copy
from typing import Any

from pyview.template.tree.comprehension import Comprehension
from pyview.template.tree.nodes import Node, Unit, Wrapped


def is_plain(slot: Any) -> bool:
    """Return True if `copied` can copy the content of a slot."""
    cls = type(slot)
    if cls is str:
        return True
    if cls is Node or cls is Unit:
        return all(map(is_plain, slot))
    if cls is Comprehension:
        return all(is_plain(each) for row in slot.rows for each in row)
    return isinstance(slot, Wrapped) and is_plain(slot.slot)


def copied(slot: Any) -> Any:
    """Return a copy of the content of a slot. A render that changes one of the two leaves the other as it is."""
    cls = type(slot)
    if cls is str:
        return slot
    if cls is Node or cls is Unit:
        return _copied_node(slot)
    if cls is Comprehension:
        return _copied_rows(slot)
    made = copy(slot)
    made.slot = copied(slot.slot)
    return made


def are_alike(slot: Any, other: Any) -> bool:
    """Return True if a browser has the same for both: texts, statics, and rows with their keys."""
    cls = type(slot)
    if cls is not type(other):
        return False
    if cls is str:
        return bool(slot == other)
    if cls is Node or cls is Unit:
        return slot.segment is other.segment and _all_alike(slot, other)
    if cls is Comprehension:
        # A list that has lost its rows is known to the browser, and one that never had any is not.
        same = slot.segment is other.segment and slot.keys == other.keys and len(slot.rows) == len(other.rows)
        return same and all(map(_all_alike, slot.rows, other.rows))
    return isinstance(slot, Wrapped) and are_alike(slot.slot, other.slot)


def _all_alike(slots: Sequence[Any], others: Sequence[Any]) -> bool:
    return len(slots) == len(others) and all(map(are_alike, slots, others))


def _copied_node(node: Node) -> Node:
    made = type(node)(map(copied, node))
    made.segment = node.segment
    if isinstance(node, Unit) and isinstance(made, Unit):
        made.inputs = node.inputs[:]
    return made


def _copied_rows(held: Comprehension) -> Comprehension:
    made = Comprehension()
    made.segment = held.segment
    made.memory = held.memory.copied()
    made.rows = [[*map(copied, row)] for row in held.rows]
    made.keys = held.keys  # a render replaces them, and changes no key
    return made
