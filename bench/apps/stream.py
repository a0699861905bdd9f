"""Log with as many lines as its URL says, and one more for each event."""

from dataclasses import dataclass
from typing import Any

from pyview import LiveView, LiveViewSocket


@dataclass(frozen=True)
class Line:
    id: int
    text: str


class Log(LiveView[dict[str, Any]]):
    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        self.added = 0

    async def handle_params(self, shown: int, socket: LiveViewSocket[dict[str, Any]]) -> None:
        self.shown = shown
        socket.stream("lines", [Line(n, "shown") for n in range(shown)])

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[dict[str, Any]]) -> None:
        self.added += 1
        socket.stream_insert("lines", Line(self.shown + self.added, f"line {self.added}"), at=0)
