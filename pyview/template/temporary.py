"""Names of a context that are let go of once they are rendered: the page keeps what they showed, the view does not.

Values that a page has shown and a view has let go of: their going is no change.
"""

from collections.abc import Mapping
from dataclasses import is_dataclass, replace
from typing import Any, cast

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


_MAY_CHANGE = (list, dict, set, bytearray)


class Temporaries:
    """`values` are what the names are after each render."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def add(self, values: Mapping[str, Any]) -> None:
        """Raises `TypeError` for a value that could be changed in place: then nobody would see that it was."""
        for name, value in values.items():
            if isinstance(value, _MAY_CHANGE):
                raise TypeError(
                    f"temporary({name}={value!r}): expected a value that cannot change, such as () or None. "
                    f"Give the context a new one to show it: context[{name!r}] = [item]"
                )
        self._values.update(values)

    def reset(self, context: Any, node: Node | None) -> Any:
        """A render has succeeded: the context without what it has shown. `node` is what it left."""
        if node is not None:
            forget(node, self._values)
        if isinstance(context, dict):
            context.update({name: value for name, value in self._values.items() if name in context})
            return context
        held = {name: value for name, value in self._values.items() if hasattr(context, name)}
        if is_dataclass(context) and cast(Any, context).__dataclass_params__.frozen:
            return replace(cast(Any, context), **held)
        for name, value in held.items():
            setattr(context, name, value)
        return context
