"""The inputs of a unit: remembered when it is made, compared at every render."""

from operator import is_not
from typing import Any

from pyview.template.tree.change import BUILTINS, DIRTY, EQUAL_IS_SAME, LARGEST_SNAPSHOT
from pyview.template.tree.nodes import Diff, Fresh, Segment, Unit, announce


def new_unit(segment: Segment, values: tuple[Any, ...], fresh: Fresh, diff: Diff) -> Unit:
    """An empty unit whose inputs are `values`."""
    unit = Unit(segment.blank)
    unit.segment = segment
    trust = segment.trust
    token = segment.rule.token
    unit.inputs = [token(value, trust) for value in values]
    announce(segment, fresh, diff)
    return unit


def changed(unit: Unit, values: tuple[Any, ...], mask: int) -> int:
    """`mask` with the bits of all inputs of `unit` that are not provably the same as at the last render."""
    inputs = unit.inputs
    for i, differs in enumerate(map(is_not, values, inputs)):
        if differs:
            segment = unit.segment
            value = values[i]
            if type(value) in EQUAL_IS_SAME:  # by far the most frequent
                if type(value) is not type(inputs[i]) or value != inputs[i]:
                    inputs[i] = value
                    mask |= segment.bits[i]
            elif inputs[i] is DIRTY and type(value) in BUILTINS and len(value) > LARGEST_SNAPSHOT:
                mask |= segment.bits[i]  # a long list stays dirty; its rows will be looked at one by one
            elif not segment.rule.same(value, inputs[i]):
                inputs[i] = segment.rule.renewed(value, inputs[i], segment.trust)
                mask |= segment.bits[i]
    return mask
