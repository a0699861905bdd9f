"""View that broadcasts the next value for each `tick`."""

from typing import Any, TypedDict

from pyview import LiveView, LiveViewSocket


class Beat(TypedDict):
    value: int


class Clock(LiveView[Beat]):
    async def mount(self, socket: LiveViewSocket[Beat], session: Any) -> None:
        socket.context = {"value": 0}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[Beat]) -> None:
        socket.context["value"] += 1
        await socket.broadcast("ticker", socket.context["value"])
