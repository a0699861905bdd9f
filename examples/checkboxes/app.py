"""Serve the checkboxes alone: ``pyview dev examples.checkboxes.app:app``."""

from examples.checkboxes.checkboxes import CheckboxesLiveView
from examples.page import assets, page
from pyview import PyView

app = PyView()
app.rootTemplate = page("A thousand checkboxes")
app.mount("/assets", assets)
app.add_live_view("/", CheckboxesLiveView)
