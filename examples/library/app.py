"""Serve the library alone: ``pyview dev examples.library.app:app``."""

from examples.library.library import LibraryLiveView
from examples.page import assets, page
from pyview import PyView

app = PyView()
app.rootTemplate = page("Library")
app.mount("/assets", assets)
app.add_live_view("/", LibraryLiveView)
