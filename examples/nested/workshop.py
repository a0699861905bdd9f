"""The workshop: three sensors, each a nested view, and a counter of the page itself."""

from typing import Any, TypedDict

from examples.nested.sensor import SensorLiveView
from examples.nested.timer import TimerLiveView
from pyview import LiveView, LiveViewSocket
from pyview.events import event

__all__ = ["SensorLiveView", "TimerLiveView", "WorkshopLiveView"]  # the template uses the first two


class Sensor(TypedDict):
    id: str
    name: str
    start: float
    unit: str


SENSORS: list[Sensor] = [
    {"id": "kiln", "name": "Kiln", "start": 1040.0, "unit": "°C"},
    {"id": "drying", "name": "Drying room", "start": 31.0, "unit": "°C"},
    {"id": "air", "name": "Compressor", "start": 8.0, "unit": "bar"},
]


class WorkshopContext(TypedDict):
    sensors: list[Sensor]
    rounds: int
    section: str


class WorkshopLiveView(LiveView[WorkshopContext]):
    layout = "frame.html"

    async def mount(self, socket: LiveViewSocket[WorkshopContext], session: dict[str, Any]) -> None:
        socket.context = {"sensors": SENSORS, "rounds": 0, "section": "sensors"}
        socket.live_title = "Workshop"
        socket.page.meta("description", "Three sensors, each a live view of its own.")

    @event
    async def round_made(self, socket: LiveViewSocket[WorkshopContext]) -> None:
        socket.context["rounds"] += 1
