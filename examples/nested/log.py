"""The log of the workshop: a second page with the same layout and the same timer."""

from typing import Any, TypedDict

from examples.nested.timer import TimerLiveView
from pyview import LiveView, LiveViewSocket
from pyview.events import event

__all__ = ["LogLiveView", "TimerLiveView"]  # the template of the layout uses TimerLiveView

MOST, LONGEST = 20, 120


class LogContext(TypedDict):
    entries: list[str]
    section: str


class LogLiveView(LiveView[LogContext]):
    layout = "frame.html"

    async def mount(self, socket: LiveViewSocket[LogContext], session: dict[str, Any]) -> None:
        socket.context = {"entries": [], "section": "log"}
        socket.live_title = "Log · Workshop"
        socket.page.meta("description", "What was done in the workshop.")

    @event
    async def write(self, socket: LiveViewSocket[LogContext], entry: str) -> None:
        text = entry.strip()[:LONGEST]
        if text:
            socket.context["entries"] = [text, *socket.context["entries"]][:MOST]
