"""A table whose rows change while it is read: a reading sends its two cells to each page."""

from typing import Any, TypedDict

from examples.data_table.sensors import SENSORS, Sensor
from pyview import LiveView, LiveViewSocket
from pyview.events import info
from pyview.tables import DataTable, column, data_table

TOPIC = "sensors"


class LiveTableContext(TypedDict):
    sensors: DataTable


class LiveTableView(LiveView[LiveTableContext]):
    template_file = "live.html"

    async def mount(self, socket: LiveViewSocket[LiveTableContext], session: Any) -> None:
        await socket.subscribe(TOPIC)
        socket.context = {
            "sensors": await data_table(
                socket,
                "sensors",
                SENSORS.all,
                columns=["place", column("degrees", "°C", format="{:.1f}"), "readings"],
                sort="place",
            )
        }

    @info(TOPIC)
    async def measured(self, socket: LiveViewSocket[LiveTableContext], payload: Sensor) -> None:
        socket.context["sensors"].update(payload)
