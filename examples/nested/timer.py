"""A kitchen timer that keeps running while the user navigates to another page."""

from typing import Any, TypedDict

from pyview import LiveView, LiveViewSocket
from pyview.background.timers import Timer
from pyview.events import InfoEvent, event, info

MINUTE = 60
LONGEST = 99 * MINUTE


class TimerContext(TypedDict):
    left: int
    runs: bool


class TimerLiveView(LiveView[TimerContext]):
    """The context's `left` is in seconds."""

    def __init__(self) -> None:
        self.ticking: Timer | None = None

    async def mount(self, socket: LiveViewSocket[TimerContext], session: dict[str, Any]) -> None:
        socket.context = {"left": 25 * MINUTE, "runs": False}

    @event
    async def start_or_stop(self, socket: LiveViewSocket[TimerContext]) -> None:
        self.run(socket, runs=not socket.context["runs"] and socket.context["left"] > 0)

    @event
    async def add_minute(self, socket: LiveViewSocket[TimerContext]) -> None:
        socket.context["left"] = min(socket.context["left"] + MINUTE, LONGEST)

    @info("second")
    async def second(self, socket: LiveViewSocket[TimerContext]) -> None:
        if not socket.context["runs"]:
            return  # a message that was already queued when the timer was stopped
        socket.context["left"] -= 1
        if socket.context["left"] == 0:
            self.run(socket, runs=False)

    def run(self, socket: LiveViewSocket[TimerContext], *, runs: bool) -> None:
        socket.context["runs"] = runs
        if self.ticking is not None:
            self.ticking.cancel()
            self.ticking = None
        if runs:
            self.ticking = socket.schedule_info(InfoEvent("second"), 1.0)
