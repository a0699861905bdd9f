"""View that shows the value of each broadcast."""

from typing import Any, TypedDict

from pyview import LiveView, LiveViewSocket, is_connected
from pyview.events import InfoEvent


class Tick(TypedDict):
    value: int


class Ticker(LiveView[Tick]):
    async def mount(self, socket: LiveViewSocket[Tick], session: Any) -> None:
        socket.context = {"value": 0}
        if is_connected(socket):
            await socket.subscribe("ticker")

    async def handle_info(self, event: InfoEvent, socket: LiveViewSocket[Tick]) -> None:
        socket.context["value"] = event.payload
