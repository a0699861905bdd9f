"""Statics of a component that the client has already, in another component of the same template.

A new component's diff may say `"s": n` instead: n > 0 is a component of the same message, as it is after it; n < 0 is
component -n, as it was before the message. The client copies that one's whole tree and merges this one's diff into it,
so the diff holds every dynamic, and statics only where the two trees differ (LiveView's diff, "sharing statics").
"""

from typing import Any

from pyview.template.tree.comprehension import Comprehension
from pyview.template.tree.nodes import Diff, Node, unwrapped


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
