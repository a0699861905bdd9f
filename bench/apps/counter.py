"""Counter with two buttons."""

from typing import Any, TypedDict

from pyview import LiveView, LiveViewSocket


class Count(TypedDict):
    count: int


class Counter(LiveView[Count]):
    async def mount(self, socket: LiveViewSocket[Count], session: Any) -> None:
        socket.context = {"count": 0}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[Count]) -> None:
        if event == "inc":
            socket.context["count"] += 1
        elif event == "dec":
            socket.context["count"] -= 1
