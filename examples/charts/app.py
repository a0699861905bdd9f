"""Serve the charts alone: ``pyview dev examples.charts.app:app``."""

from examples.charts.charts import ChartsLiveView
from examples.page import assets, page
from pyview import PyView

app = PyView()
app.rootTemplate = page("Charts")
app.mount("/assets", assets)
app.add_live_view("/", ChartsLiveView)
