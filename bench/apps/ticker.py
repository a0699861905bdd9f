"""View that shows the value of each broadcast."""

from typing import Any, TypedDict

from pyview import LiveView, LiveViewSocket, is_connected
from pyview.events import InfoEvent


class TickerContext(TypedDict):
    value: int


class Ticker(LiveView[TickerContext]):
    async def mount(self, socket: LiveViewSocket[TickerContext], session: Any) -> None:
        socket.context = {"value": 0}
        if is_connected(socket):
            await socket.subscribe("ticker")

    async def handle_info(self, event: InfoEvent, socket: LiveViewSocket[TickerContext]) -> None:
        socket.context["value"] = event.payload
