"""Serve JS commands alone: ``pyview dev examples.js_commands.app:app``."""

from examples.js_commands.js_commands import JsCommandsLiveView
from examples.page import assets, page
from pyview import PyView

app = PyView()
app.rootTemplate = page("JS commands")
app.mount("/assets", assets)
app.add_live_view("/", JsCommandsLiveView)
