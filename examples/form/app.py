"""Serve the form alone: ``pyview dev examples.form.app:app``."""

from examples.form.form import FormLiveView
from examples.page import assets, page
from pyview import PyView

app = PyView()
app.rootTemplate = page("Book a workshop")
app.mount("/assets", assets)
app.add_live_view("/", FormLiveView)
