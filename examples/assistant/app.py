"""Serve the assistant alone: ``pyview dev examples.assistant.app:app``.

Without settings it quotes the documentation. ``MODEL_URL``, ``MODEL`` and ``MODEL_KEY`` connect a real language model.
"""

from examples.assistant.assistant import AssistantLiveView
from examples.page import assets, page
from pyview import PyView

app = PyView()
app.rootTemplate = page("Assistant")
app.mount("/assets", assets)
app.add_live_view("/", AssistantLiveView)
