"""The names that generated code imports: its whole contract with the rest of the package.

A change of any of these, or of what is generated, needs another `GENERATION`: compiled templates in bytecode caches
carry it.
"""

from pyview.template.tree.comprehension import comprehension, field_key, item_key
from pyview.template.tree.macro import LiveMacro, call, include
from pyview.template.tree.nodes import Node, Segment, Unit, changed, new_node, new_unit
from pyview.template.tree.output import (
    called_text,
    converted,
    escaped,
    plain,
    store_live,
    text_slot,
    written,
    written_plain,
)
from pyview.template.tree.rows import RowSegment
from pyview.template.tree.stream import LiveLoop, rows_of

GENERATION = 8

__all__ = [
    "LiveLoop",
    "LiveMacro",
    "Node",
    "RowSegment",
    "Segment",
    "Unit",
    "call",
    "called_text",
    "changed",
    "comprehension",
    "converted",
    "escaped",
    "field_key",
    "include",
    "item_key",
    "new_node",
    "new_unit",
    "plain",
    "rows_of",
    "store_live",
    "text_slot",
    "written",
    "written_plain",
]
