"""Serve the chat room alone: ``pyview dev examples.chat.app:app``."""

from examples.chat.chat import ChatLiveView
from examples.page import assets, page
from pyview import PyView

app = PyView()
app.rootTemplate = page("Chat room")
app.mount("/assets", assets)
app.add_live_view("/", ChatLiveView)
