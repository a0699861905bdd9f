"""Serve the notes alone: ``pyview dev examples.notes.app:app``."""

from examples.notes.notes import NotesLiveView
from examples.page import assets, page
from pyview import PyView

app = PyView()
app.rootTemplate = page("Shared notes")
app.mount("/assets", assets)
app.add_live_view("/", NotesLiveView)
