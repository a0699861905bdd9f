"""Serve the table alone: ``pyview dev examples.table.app:app``."""

from examples.page import assets, page
from examples.table.table import TableLiveView
from pyview import PyView

app = PyView()
app.rootTemplate = page("Orders")
app.mount("/assets", assets)
app.add_live_view("/", TableLiveView)
