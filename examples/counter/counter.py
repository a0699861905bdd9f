"""A counter with two buttons and the arrow keys: a minimal live view."""

from typing import Any, TypedDict

from pyview import LiveView, LiveViewSocket
from pyview.events import event


class CounterContext(TypedDict):
    count: int


class CounterLiveView(LiveView[CounterContext]):
    async def mount(self, socket: LiveViewSocket[CounterContext], session: dict[str, Any]) -> None:
        show(socket, 0)

    @event
    async def add(self, socket: LiveViewSocket[CounterContext], step: int) -> None:
        show(socket, socket.context["count"] + step)

    @event
    async def reset(self, socket: LiveViewSocket[CounterContext]) -> None:
        show(socket, 0)


def show(socket: LiveViewSocket[CounterContext], count: int) -> None:
    """Show the count on the page and in the title of the browser tab."""
    socket.context = {"count": count}
    socket.live_title = f"{count} · Counter"
