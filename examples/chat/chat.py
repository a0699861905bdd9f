"""A chat room: all members see every message and every change of members."""

from typing import Any, TypedDict

from examples.chat.room import Message, NotAccepted, Room
from pyview import LiveView, LiveViewSocket
from pyview.events import event, info

TOPIC = "chat"


class ChatContext(TypedDict):
    """``name`` is None until the user has entered; ``turn`` counts their messages."""

    name: str | None
    turn: int
    members: tuple[str, ...]
    messages: tuple[Message, ...]


class ChatLiveView(LiveView[ChatContext]):
    room = Room()

    async def mount(self, socket: LiveViewSocket[ChatContext], session: Any) -> None:
        await socket.subscribe(TOPIC)
        socket.context = {
            "name": None,
            "turn": 0,
            "members": self.room.members,
            "messages": self.room.messages,
        }

    @info(TOPIC)
    async def refresh(self, socket: LiveViewSocket[ChatContext]) -> None:
        socket.context["members"] = self.room.members
        socket.context["messages"] = self.room.messages

    async def disconnect(self, socket: LiveViewSocket[ChatContext]) -> None:
        await self._leave(socket)

    @event
    async def enter(self, socket: LiveViewSocket[ChatContext], name: str) -> None:
        try:
            socket.context["name"] = self.room.enter(name)
        except NotAccepted as refused:
            socket.put_flash("error", str(refused))
            return
        socket.clear_flash()
        socket.put_flash("info", f"Welcome, {socket.context['name']}.")
        await socket.broadcast(TOPIC, "entered")

    @event
    async def send(self, socket: LiveViewSocket[ChatContext], text: str) -> None:
        author = socket.context["name"]
        if author is None:
            return
        socket.clear_flash()
        try:
            self.room.send(author, text)
        except NotAccepted as refused:
            socket.put_flash("error", str(refused))
            return
        socket.context["turn"] += 1
        await socket.broadcast(TOPIC, "sent")

    @event
    async def leave(self, socket: LiveViewSocket[ChatContext]) -> None:
        socket.clear_flash()
        await self._leave(socket)

    async def _leave(self, socket: LiveViewSocket[ChatContext]) -> None:
        name = socket.context["name"]
        if name is None:
            return
        socket.context["name"] = None
        self.room.leave(name)
        await socket.broadcast(TOPIC, "left")
