"""Page with 200 live components, one of which is clicked."""

from typing import Any, TypedDict

from pyview import ComponentSocket, LiveComponent, LiveView, LiveViewSocket

ROWS = 200
CLICKED = 100


class Stock(TypedDict):
    name: str
    count: int


class Item(LiveComponent[Stock]):
    async def mount(self, socket: ComponentSocket[Stock], assigns: dict[str, Any]) -> None:
        socket.context = {"name": assigns["name"], "count": 0}

    async def handle_event(self, event: str, payload: Any, socket: ComponentSocket[Stock]) -> None:
        socket.context["count"] += 1


class Components(LiveView[dict[str, Any]]):
    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.context = {"numbers": range(1, ROWS + 1)}
