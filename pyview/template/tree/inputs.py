"""The inputs of a unit: remembered when it is made, compared at every render."""

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


def changed(unit: Unit, i: int, value: Any) -> int:
    """The bit of the unit's input number `i`, which is another object than at the last render; 0 if it is provably the
    same for all that. The generated code asks only about such inputs: to compare identities takes it no call."""
    inputs, segment = unit.inputs, unit.segment
    before = inputs[i]
    if type(value) in EQUAL_IS_SAME:  # by far the most frequent
        if type(value) is type(before) and value == before:
            return 0
        inputs[i] = value
    elif before is DIRTY and type(value) in BUILTINS and len(value) > LARGEST_SNAPSHOT:
        pass  # a long list stays dirty; its rows will be looked at one by one
    elif segment.rule.same(value, before):
        return 0
    else:
        inputs[i] = segment.rule.renewed(value, before, segment.trust)
    return segment.bits[i]
