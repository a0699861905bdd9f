"""Values that a page has shown and a view has let go of: their going is no change."""

from collections.abc import Mapping
from typing import Any

from pyview.template.tree.nodes import Node, Unit


def forget(node: Node, values: Mapping[str, Any]) -> None:
    """Have the units of a tree remember `values` as what these names were when it was rendered.

    The values that they stand for are held by nobody then. What was rendered from them stays as it is until a name
    gets another value.
    """
    if isinstance(node, Unit):
        names = node.segment.names
        for position, name in enumerate(names, len(node.inputs) - len(names)):
            if name in values:
                node.inputs[position] = values[name]
    for slot in node:
        if isinstance(slot, Node):
            forget(slot, values)
