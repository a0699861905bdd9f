"""Serve the logbook alone: ``pyview dev examples.streams.app:app``."""

from examples.page import assets, page
from examples.streams.logbook import LogbookLiveView
from pyview import PyView

app = PyView()
app.rootTemplate = page("Logbook")
app.mount("/assets", assets)
app.add_live_view("/", LogbookLiveView)
