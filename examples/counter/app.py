"""Serve the counter alone: ``pyview dev examples.counter.app:app``."""

from examples.counter.counter import CounterLiveView
from examples.page import assets, page
from pyview import PyView

app = PyView()
app.rootTemplate = page("Counter")
app.mount("/assets", assets)
app.add_live_view("/", CounterLiveView)
