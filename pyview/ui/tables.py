"""Tables as functions. The macros are in `tables.html`."""

from collections.abc import Sequence
from typing import Any

from pyview.template.component import component
from pyview.template.declared.signature import Slot
from pyview.ui.source import UI


@component(
    source=UI
    + "{% call(row) ui.table(id, rows, columns, key, caption, empty, **rest) %}{{ children(row) }}{% endcall %}"
)
def table(
    id: str,
    rows: Any,
    columns: Sequence[str],
    children: Slot,
    key: str | None = None,
    caption: str | None = None,
    empty: str | None = None,
    **rest: Any,
) -> None:
    """A table of rows or of a stream. `children` is a function of the row, and returns its cells."""
