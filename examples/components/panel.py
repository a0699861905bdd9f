"""A collapsible panel. Its content is a slot, which belongs to the view and changes with it."""

from typing import Any, TypedDict

from pyview import ComponentSocket, LiveComponent
from pyview.events import event


class PanelContext(TypedDict):
    open: bool


class Panel(LiveComponent[PanelContext]):
    async def mount(self, socket: ComponentSocket[PanelContext], assigns: dict[str, Any]) -> None:
        socket.context = {"open": True}

    @event
    async def fold(self, socket: ComponentSocket[PanelContext]) -> None:
        socket.context["open"] = not socket.context["open"]
