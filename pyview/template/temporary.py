"""Temporary assigns: names of a context that are reset after each render, so that the view does not keep their values.

The page keeps showing the old values. The reset itself must not count as a change, so the retained tree is updated too.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import is_dataclass, replace
from typing import Any, cast

from pyview.template.tree.comprehension import Comprehension
from pyview.template.tree.nodes import Node, Unit, unwrapped


def replace_inputs(node: Node, values: Mapping[str, Any]) -> None:
    """Make the units of a tree remember `values` as their inputs, in place of the rendered ones.

    Then nothing refers to the rendered values, and their output stays until a name gets another value.
    """
    if isinstance(node, Unit):
        names = node.segment.names
        # The inputs for names come after those for parameters.
        for position, name in enumerate(names, len(node.inputs) - len(names)):
            if name in values:
                node.inputs[position] = values[name]
    _replace_in_slots(node, values)


def _replace_in_slots(slots: Iterable[Any], values: Mapping[str, Any]) -> None:
    for slot in map(unwrapped, slots):
        if isinstance(slot, Node):
            replace_inputs(slot, values)
        elif isinstance(slot, Comprehension):
            for row in slot.rows:
                _replace_in_slots(row, values)


_MAY_CHANGE = (list, dict, set, bytearray)


class Temporaries:
    """The temporary names of a context, with the values that they get after each render."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def add(self, values: Mapping[str, Any]) -> None:
        """Add names. Raises `TypeError` for a mutable value: a change in place could not be noticed."""
        for name, value in values.items():
            if isinstance(value, _MAY_CHANGE):
                raise TypeError(
                    f"temporary({name}={value!r}): expected an immutable value, such as () or None. "
                    f"To show a value, assign a new one: context[{name!r}] = [item]"
                )
        self._values.update(values)

    @property
    def names(self) -> Collection[str]:
        return self._values.keys()

    def reset(self, context: Any, node: Node | None) -> Any:
        """Reset the names after a successful render and return the context. `node` is the root node of the render."""
        if node is not None:
            replace_inputs(node, self._values)
        if isinstance(context, dict):
            context.update({name: value for name, value in self._values.items() if name in context})
            return context
        values = {name: value for name, value in self._values.items() if hasattr(context, name)}
        if is_dataclass(context) and cast(Any, context).__dataclass_params__.frozen:
            # A frozen context cannot be changed, so the view gets a copy.
            return replace(cast(Any, context), **values)
        for name, value in values.items():
            setattr(context, name, value)
        return context
