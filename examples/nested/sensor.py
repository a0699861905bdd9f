"""A sensor whose value changes, and a button that makes its view crash."""

import random
from typing import Any, TypedDict

from pyview import LiveView, LiveViewSocket, is_connected
from pyview.events import InfoEvent, event, info

SECONDS = 1.0


class PlugPulled(RuntimeError):
    """Raised by the button, to show that only this view ends."""


class Reading(TypedDict):
    name: str
    unit: str
    value: float
    readings: int


class SensorLiveView(LiveView[Reading]):
    async def mount(self, socket: LiveViewSocket[Reading], session: dict[str, Any]) -> None:
        name, unit, start = session["name"], session["unit"], session["start"]
        socket.context = {"name": name, "unit": unit, "value": start, "readings": 0}
        if is_connected(socket):
            socket.schedule_info(InfoEvent("measure"), SECONDS)

    @info("measure")
    async def measure(self, socket: LiveViewSocket[Reading]) -> None:
        reading = socket.context
        reading["value"] *= 1 + random.uniform(-0.01, 0.01)
        reading["readings"] += 1

    @event
    async def pull_the_plug(self) -> None:
        raise PlugPulled("this view ends here; the page around it goes on")
