"""A shared board: a hook beside the view drags cards; buttons move them too."""

from typing import Any, TypedDict

from examples.kanban.board import COLUMNS, Board, Card, NotAccepted
from pyview import LiveView, LiveViewSocket, js
from pyview.events import event, info

TOPIC = "kanban"
_INITIAL_CARDS = (
    ("Try the drag and drop", "Open the board twice"),
    ("Read the hook in kanban.js",),
    ("Start the gallery",),
)


class BoardContext(TypedDict):
    names: tuple[str, ...]
    columns: list[list[Card]]


class KanbanLiveView(LiveView[BoardContext]):
    board = Board(_INITIAL_CARDS)

    async def mount(self, socket: LiveViewSocket[BoardContext], session: Any) -> None:
        await socket.subscribe(TOPIC)
        socket.context = {"names": COLUMNS, "columns": self.board.columns}

    @info(TOPIC)
    async def refresh(self, socket: LiveViewSocket[BoardContext]) -> None:
        socket.context["columns"] = self.board.columns

    @event
    async def add(self, socket: LiveViewSocket[BoardContext], text: str) -> None:
        socket.clear_flash()
        try:
            self.board.add(text)
        except NotAccepted as refused:
            socket.put_flash("error", str(refused))
            return
        await self.refresh(socket)  # in the response to the submit, which clears the field
        await socket.broadcast(TOPIC, "added")

    @event
    async def drop(self, socket: LiveViewSocket[BoardContext], card: int, column: int, position: int) -> None:
        self.board.move(card, column, position)
        await socket.broadcast(TOPIC, "moved")

    @event
    async def shift(self, socket: LiveViewSocket[BoardContext], card: int, by: int) -> None:
        column = self.board.column_of(card)
        if column is not None and by in (-1, 1):
            self.board.move(card, column + by, 0)
        await self.refresh(socket)
        await socket.exec_js(
            js.focus_first(f"#card-{card}")
        )  # so that the keyboard can move the card further
        await socket.broadcast(TOPIC, "moved")

    @event
    async def remove(self, socket: LiveViewSocket[BoardContext], card: int) -> None:
        self.board.remove(card)
        await socket.broadcast(TOPIC, "removed")
