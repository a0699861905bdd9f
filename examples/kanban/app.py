"""Serve the board alone: ``pyview dev examples.kanban.app:app``."""

from examples.kanban.kanban import KanbanLiveView
from examples.page import assets, page
from pyview import PyView

app = PyView()
app.rootTemplate = page("Board")
app.mount("/assets", assets)
app.add_live_view("/", KanbanLiveView)
