"""A shared board: presence lists its users, and broadcasts carry the positions of their cursors.

A cursor moves many times a second. Its position is broadcast to the other views, which push it to the hook `Board`; the
hook moves an element, and nothing is rendered. Users join and leave rarely, so that list is rendered.
"""

from typing import Any, TypedDict

from examples.cursors.board import Board, Mark, Visitor, new_visitor, within
from pyview import LiveView, LiveViewSocket
from pyview.events import InfoEvent, event, info
from pyview.presence import Present

TOPIC = "board"
MOVED = "board:moved"
MARKED = "board:marked"


class CursorsContext(TypedDict):
    me: Visitor
    users: list[Present]
    marks: tuple[Mark, ...]


class CursorsLiveView(LiveView[CursorsContext]):
    board = Board()

    async def mount(self, socket: LiveViewSocket[CursorsContext], session: Any) -> None:
        me = new_visitor()
        for topic in (MOVED, MARKED):
            await socket.subscribe(topic)
        await socket.presence.subscribe(TOPIC)
        await socket.presence.track(TOPIC, me.key, {"name": me.name, "tone": me.tone})
        socket.context = {"me": me, "users": self._users(socket), "marks": self.board.marks}

    @event
    async def move(self, socket: LiveViewSocket[CursorsContext], x: float, y: float) -> None:
        key = socket.context["me"].key
        await socket.broadcast(MOVED, {"key": key, "x": within(x), "y": within(y)})

    @event
    async def mark(self, socket: LiveViewSocket[CursorsContext], x: float, y: float) -> None:
        self.board.add(x, y, socket.context["me"].tone)
        await socket.broadcast(MARKED, None)

    @event
    async def wipe(self, socket: LiveViewSocket[CursorsContext]) -> None:
        self.board.wipe()
        await socket.broadcast(MARKED, None)

    @info(MOVED)
    async def moved(self, event: InfoEvent, socket: LiveViewSocket[CursorsContext]) -> None:
        if event.payload["key"] != socket.context["me"].key:
            await socket.push_event("moved", event.payload)

    @info(MARKED)
    async def marked(self, socket: LiveViewSocket[CursorsContext]) -> None:
        socket.context["marks"] = self.board.marks

    @info("presence_diff")
    async def users_changed(self, socket: LiveViewSocket[CursorsContext]) -> None:
        socket.context["users"] = self._users(socket)

    def _users(self, socket: LiveViewSocket[CursorsContext]) -> list[Present]:
        return list(socket.presence.list(TOPIC).values())
