"""Serve the shared board alone: ``pyview dev examples.cursors.app:app``."""

from examples.cursors.cursors import CursorsLiveView
from examples.page import assets, page
from pyview import PyView

app = PyView()
app.rootTemplate = page("Shared board")
app.mount("/assets", assets)
app.add_live_view("/", CursorsLiveView)
