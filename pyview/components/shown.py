"""Which components a retained tree shows."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from pyview.template.tree.comprehension import Comprehension
from pyview.template.tree.nodes import Node, Segment, unwrapped


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
