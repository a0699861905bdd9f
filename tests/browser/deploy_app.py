"""An application whose page survives a deploy: a form, a counter, an open dialog, a chosen tab, a file."""

import os
from dataclasses import dataclass
from typing import Any

from pyview import LiveView, LiveViewSocket, PyView
from pyview.events import event
from pyview.template.live_template import LiveTemplate

PAGE = """
<p id="worker">{{ worker }}</p>
<p id="count">{{ count }}</p><button id="add" phx-click="add">+</button>
<nav>{% for name in ("first", "second") %}
  <button id="tab-{{ name }}" phx-click="choose" phx-value-name="{{ name }}" aria-selected="{{ tab == name }}">
    {{ name }}</button>
{% endfor %}</nav>
<section id="tab">{{ tab }}</section>
<button id="open" phx-click="ask">Ask</button>
{% if asking %}<dialog id="dialog" open>Sure? <button id="cancel" phx-click="cancel">No</button></dialog>{% endif %}
<button id="more" phx-click="{{ js.show("#hint") }}">More</button><p id="hint" hidden style="display: none">A hint</p>
<form id="form" phx-change="typed" phx-submit="save">
  <input id="name" name="name" value="{{ name }}"><input id="city" name="city" value="{{ city }}">
  {{ live_file_input(files) }}<button>Save</button>
</form>
<ul id="files">{% for entry in files.entries %}<li>{{ entry.name }} {{ entry.progress }}</li>{% endfor %}</ul>
<p id="saved">{{ saved }}</p>
"""


@dataclass
class Desk:
    """What the user has done, and what only the server knows."""

    files: Any
    worker: str = os.environ.get("CHAOS_WORKER", "")
    count: int = 0
    tab: str = "first"
    asking: bool = False
    name: str = ""
    city: str = ""
    saved: str = ""


class DeskView(LiveView[Desk], keep=("count", "tab", "asking", "name", "city", "saved")):
    template = LiveTemplate.from_string(PAGE, "deploy.html")

    async def mount(self, socket: LiveViewSocket[Desk], session: Any) -> None:
        socket.context = Desk(socket.allow_upload("files", accept="any", auto_upload=True))

    @event
    async def add(self, socket: LiveViewSocket[Desk]) -> None:
        socket.context.count += 1

    @event
    async def choose(self, socket: LiveViewSocket[Desk], name: str) -> None:
        socket.context.tab = name

    @event
    async def ask(self, socket: LiveViewSocket[Desk]) -> None:
        socket.context.asking = True

    @event
    async def cancel(self, socket: LiveViewSocket[Desk]) -> None:
        socket.context.asking = False

    @event
    async def typed(self, socket: LiveViewSocket[Desk], name: str, city: str) -> None:
        socket.context.name, socket.context.city = name, city

    @event
    async def save(self, socket: LiveViewSocket[Desk]) -> None:
        files = await socket.consume_uploaded_entries("files", lambda file, entry: file.path.read_bytes())
        socket.context.saved = f"{socket.context.name} {b''.join(files).decode()}"


app = PyView(app_id="deploy")
app.add_live_view("/", DeskView)
