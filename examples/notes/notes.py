"""Notes for several writers at once: the cursor locks a paragraph, and all users see it change."""

from itertools import count
from typing import Any, TypedDict

from examples.notes.document import Document, Paragraph
from pyview import LiveView, LiveViewSocket
from pyview.events import event, info

TOPIC = "notes"
_WRITERS = ("Amber", "Basil", "Coral", "Delphin", "Ebony", "Fern", "Ginger", "Hazel")


class NotesContext(TypedDict):
    """``me`` is the writer's name of this page."""

    me: str
    paragraphs: list[Paragraph]


class NotesLiveView(LiveView[NotesContext]):
    document = Document(
        "Shared notes: click into a paragraph and write. While your cursor is in it, only you can change it.",
        "Open this page a second time and read along.",
    )
    arrivals = count()

    async def mount(self, socket: LiveViewSocket[NotesContext], session: Any) -> None:
        number = next(self.arrivals) if socket.connected else 0
        name = f"{_WRITERS[number % len(_WRITERS)]} {number // len(_WRITERS) + 1}"
        await socket.subscribe(TOPIC)
        socket.context = {"me": name, "paragraphs": self.document.paragraphs}

    @info(TOPIC)
    async def refresh(self, socket: LiveViewSocket[NotesContext]) -> None:
        socket.context["paragraphs"] = self.document.paragraphs

    async def disconnect(self, socket: LiveViewSocket[NotesContext]) -> None:
        self.document.release(socket.context["me"])
        await socket.broadcast(TOPIC, "left")

    @event
    async def hold(self, socket: LiveViewSocket[NotesContext], number: int) -> None:
        self.document.hold(number, socket.context["me"])
        await socket.broadcast(TOPIC, "held")

    @event
    async def release(self, socket: LiveViewSocket[NotesContext]) -> None:
        self.document.release(socket.context["me"])
        await socket.broadcast(TOPIC, "released")

    @event
    async def write(self, socket: LiveViewSocket[NotesContext], number: int, text: str) -> None:
        me = socket.context["me"]
        # Text can arrive before the message that locks the paragraph: the client debounces each event by itself.
        if self.document.write(number, text, me) or (
            self.document.hold(number, me) and self.document.write(number, text, me)
        ):
            await socket.broadcast(TOPIC, "written")

    @event
    async def add(self, socket: LiveViewSocket[NotesContext]) -> None:
        self.document.add()
        await socket.broadcast(TOPIC, "added")

    @event
    async def remove(self, socket: LiveViewSocket[NotesContext], number: int) -> None:
        self.document.remove(number, socket.context["me"])
        await socket.broadcast(TOPIC, "removed")
