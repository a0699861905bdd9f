"""Charts as a function. The macro is in `charts.html`."""

from typing import Any

from pyview.js.commands import JsCommands
from pyview.plots.chart.chart import Kind
from pyview.template.component import component
from pyview.ui.source import UI


@component(
    source=UI
    + "{{ ui.chart(id, data, x, y, kind, label, stacked, unit, format, low, high, height, hover, table, table_label,"
    + " empty, on_click, target, **rest) }}"
)
def chart(
    id: str,
    data: Any,
    x: Any = None,
    y: Any = None,
    kind: Kind = "line",
    label: str = "",
    stacked: bool = False,
    unit: str = "",
    format: str = "",
    low: float | None = None,
    high: float | None = None,
    height: int = 240,
    hover: bool = True,
    table: bool = True,
    table_label: str = "Show the numbers",
    empty: str = "No data",
    on_click: JsCommands | str | None = None,
    target: Any = None,
    **rest: Any,
) -> None:
    """A chart of rows or of lists of numbers, as SVG without a script. See docs/charts.md."""
