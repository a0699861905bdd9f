"""A board of checkboxes shared by all users: a click sends a few bytes to each open page."""

from typing import Any, TypedDict

from examples.checkboxes.board import Board, Box
from pyview import LiveView, LiveViewSocket
from pyview.events import event, info

TOPIC = "checkboxes"


class BoxesContext(TypedDict):
    boxes: list[Box]
    checked: int


class CheckboxesLiveView(LiveView[BoxesContext]):
    board = Board()

    async def mount(self, socket: LiveViewSocket[BoxesContext], session: Any) -> None:
        await socket.subscribe(TOPIC)
        self._show(socket)

    @event
    async def toggle(self, socket: LiveViewSocket[BoxesContext], number: int) -> None:
        if self.board.toggle(number):
            await socket.broadcast(TOPIC, "toggled")
        self._show(socket)

    @event
    async def clear(self, socket: LiveViewSocket[BoxesContext]) -> None:
        self.board.clear()
        await socket.broadcast(TOPIC, "cleared")

    @info(TOPIC)
    async def refresh(self, socket: LiveViewSocket[BoxesContext]) -> None:
        self._show(socket)

    def _show(self, socket: LiveViewSocket[BoxesContext]) -> None:
        socket.context = {"boxes": self.board.boxes, "checked": self.board.checked}
