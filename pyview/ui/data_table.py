"""The data table as a function. The macro is in `data_table.html`."""

from typing import Any

from pyview.tables.table import DataTable
from pyview.template.component import component
from pyview.template.declared.declaration import SlotEntry
from pyview.template.declared.signature import Slot
from pyview.ui.source import UI


class Cell(SlotEntry):
    """Content of the cells of one column: a function of the row."""

    column: str


_SLOTS = ("actions", "toolbar", "empty")


# A slot of a macro is a list of its entries.
@component(
    source=UI
    + "{{ ui.data_table(table, cell"
    + "".join(f", [{name}] if {name} else []" for name in _SLOTS)
    + ", **rest) }}"
)
def data_table(
    table: DataTable,
    cell: tuple[Cell, ...] = (),
    actions: Slot = None,
    toolbar: Slot = None,
    empty: Slot = None,
    **rest: Any,
) -> None:
    """A table with sort, search, filters, pages, selection and editing: the sortable table of the ARIA practices."""
