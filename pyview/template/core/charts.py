"""Filters of the chart component: the data of a chart, and its shapes. The macros are in `templates/charts.html`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from jinja2 import Undefined

from pyview.js.commands import JsCommands, js
from pyview.plots.chart.chart import Chart, chart
from pyview.plots.chart.data import ChartData, chart_data
from pyview.template.compiler.purity import pure


@pure
def data(given: Any, x: Any = None, y: Any = None) -> ChartData:
    """Return the data of a chart as values that a render can compare. Raises as `chart_data`."""
    if isinstance(given, Undefined):
        # It is iterable, and a misspelled name would give a chart without points.
        raise TypeError(
            f"expected rows or lists of numbers as the data of ui.chart; {given._undefined_name!r} is not set"
        )
    return chart_data(given, x, y)


@pure
def drawn(data: ChartData, **style: Any) -> Chart:
    """Return the shapes and texts of a chart."""
    return chart(data, **style)


@pure
def kept(name: str) -> JsCommands:
    """Leave an attribute of an element to the browser: a patch does not change it."""
    return js.ignore_attributes(name)


# With a prefix, so that they hide no filter of an application.
FILTERS: Final[Mapping[str, Any]] = MappingProxyType(
    {"ui.chart_data": data, "ui.drawn_chart": drawn, "ui.kept": kept}
)
"""The functions as filters of templates."""
