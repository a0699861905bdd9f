"""Figures of other libraries as a function. The macro is in `plots.html`."""

from typing import Any

from pyview.template.component import component
from pyview.ui.source import UI


@component(
    source=UI
    + "{{ ui.plot(id, figure, label, height, on_click, on_hover, on_select, target, table, table_label, **rest) }}"
)
def plot(
    id: str,
    figure: Any,
    label: str = "",
    height: int = 360,
    on_click: str | None = None,
    on_hover: str | None = None,
    on_select: str | None = None,
    target: Any = None,
    table: bool = True,
    table_label: str = "Show the numbers",
    **rest: Any,
) -> None:
    """A figure of Plotly, Altair or Matplotlib. See docs/plots.md."""
