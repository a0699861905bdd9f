"""A book of the list, with a note that belongs to this component."""

from typing import Any, TypedDict

from examples.components.books import Title
from examples.components.stars import Stars
from pyview import ComponentSocket, LiveComponent
from pyview.events import event

__all__ = ["Book", "Stars"]

LONGEST_NOTE = 280


class BookContext(TypedDict):
    title: Title
    open: bool
    note: str
    longest: int


class Book(LiveComponent[BookContext]):
    async def mount(self, socket: ComponentSocket[BookContext], assigns: dict[str, Any]) -> None:
        socket.context = {"title": assigns["title"], "open": False, "note": "", "longest": LONGEST_NOTE}

    @event
    async def toggle(self, socket: ComponentSocket[BookContext]) -> None:
        socket.context["open"] = not socket.context["open"]

    @event
    async def write(self, socket: ComponentSocket[BookContext], note: str) -> None:
        socket.context["note"] = note[:LONGEST_NOTE]

    @event
    async def remove(self, socket: ComponentSocket[BookContext]) -> None:
        await socket.send_parent("removed", {"book": socket.context["title"].id})
