"""Serve the plots alone: ``pyview dev examples.plots.app:app``."""

from examples.page import assets, page
from examples.plots.plots import PlotsLiveView
from pyview import PyView

app = PyView()
app.rootTemplate = page("Plots")
app.mount("/assets", assets)
app.add_live_view("/", PlotsLiveView)
