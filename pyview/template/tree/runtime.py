"""The names that generated code imports. They are its only dependency on the rest of the package.

After a change of one of them, or of the generated code, increment `GENERATION`. Bytecode caches store it with each
template, so that they never load code for another version.
"""

from pyview.template.tree.comprehension import comprehension, field_key, item_key
from pyview.template.tree.macro import LiveMacro, call, include
from pyview.template.tree.nodes import Node, Segment, Unit, changed, new_node, new_unit
from pyview.template.tree.output import (
    TEXTS,
    called_text,
    converted,
    escape_text,
    escaped,
    plain,
    store_all,
    store_live,
    text_slot,
    written,
    written_plain,
)
from pyview.template.tree.rows import RowSegment
from pyview.template.tree.stream import LiveLoop, rows_of

GENERATION = 16

__all__ = [
    "TEXTS",
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
    "escape_text",
    "escaped",
    "field_key",
    "include",
    "item_key",
    "new_node",
    "new_unit",
    "plain",
    "rows_of",
    "store_all",
    "store_live",
    "text_slot",
    "written",
    "written_plain",
]
