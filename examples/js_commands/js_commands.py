"""A shopping list with dialog, tabs and details in the browser. Patches from the server do not close them."""

from datetime import UTC, datetime
from itertools import count
from typing import Any, TypedDict

from pyview import JsCommands, LiveView, LiveViewSocket, is_connected, js
from pyview.events import event

LONGEST_TEXT = 60
MOST_ITEMS = 12
FADE_IN = ("fade", "fade-out", "fade-in")
FADE_OUT = ("fade", "fade-in", "fade-out")

OPEN = (
    js.push_focus()
    .show("#dialog", display="grid", transition=FADE_IN, time=150)
    .set_attribute("inert", to="#page")
    .focus_first("#card")
)
CLOSE = js.hide("#dialog", transition=FADE_OUT, time=150).remove_attribute("inert", to="#page").pop_focus()


class Item(TypedDict):
    id: int
    text: str


class JsCommandsContext(TypedDict):
    """``turn`` counts added items; ``open`` and ``close`` are the commands for the dialog."""

    items: list[Item]
    clock: str
    turn: int
    open: JsCommands
    close: JsCommands


class JsCommandsLiveView(LiveView[JsCommandsContext]):
    async def mount(self, socket: LiveViewSocket[JsCommandsContext], session: Any) -> None:
        self.ids = count(1)
        texts = ("Bread for Saturday", "Apples, the sour ones", "Something against moths")
        socket.context = {
            "items": [{"id": next(self.ids), "text": text} for text in texts],
            "clock": _now(),
            "turn": 0,
            "open": OPEN,
            "close": CLOSE,
        }
        if is_connected(socket):
            socket.schedule_info("tick", 1)

    async def handle_info(self, event: Any, socket: LiveViewSocket[JsCommandsContext]) -> None:
        socket.context["clock"] = _now()

    @event
    async def add(self, socket: LiveViewSocket[JsCommandsContext], text: str) -> None:
        """Add the item and close the dialog. If it is invalid or the list is full, shake the dialog."""
        text, items = text.strip(), socket.context["items"]
        if not 0 < len(text) <= LONGEST_TEXT or len(items) >= MOST_ITEMS:
            await socket.exec_js(js.transition("shake", to="#card", time=400).focus_first("#card"))
            return
        item: Item = {"id": next(self.ids), "text": text}
        items.append(item)
        socket.context["turn"] += 1
        await socket.exec_js(CLOSE.transition("glow", to=f"#item-{item['id']}", time=1200))

    @event
    async def bought(self, socket: LiveViewSocket[JsCommandsContext], id: int) -> None:
        socket.context["items"] = [item for item in socket.context["items"] if item["id"] != id]


def _now() -> str:
    return datetime.now(UTC).strftime("%H:%M:%S")
