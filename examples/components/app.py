"""Serve the reading list alone: ``pyview dev examples.components.app:app``."""

from examples.components.reading_list import ReadingListView
from examples.page import assets, page
from pyview import PyView

app = PyView()
app.rootTemplate = page("Reading list")
app.mount("/assets", assets)
app.add_live_view("/", ReadingListView)
