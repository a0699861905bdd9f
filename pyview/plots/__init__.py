"""Charts as SVG without a script, and figures of Plotly, Altair and Matplotlib: `ui.chart`, `ui.plot`."""

from pyview.plots.figure import PackageMissing
from pyview.plots.matplotlib import Drawing, draw
from pyview.plots.plot import Plot
from pyview.plots.points import PlotPoint, Points, Ranges

__all__ = ["Drawing", "PackageMissing", "Plot", "PlotPoint", "Points", "Ranges", "draw"]
