"""Serve the workshop alone: ``pyview dev examples.nested.app:app``."""

from examples.nested.log import LogLiveView
from examples.nested.workshop import WorkshopLiveView
from examples.page import assets, page
from pyview import PyView

app = PyView()
app.rootTemplate = page("Workshop")
app.mount("/assets", assets)
app.add_live_view("/", WorkshopLiveView)
app.add_live_view("/log", LogLiveView)
