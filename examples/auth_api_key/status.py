"""Status page: the uptime of the server, updated every second."""

import time
from typing import Any, TypedDict

from pyview import LiveView, LiveViewSocket
from pyview.events import InfoEvent

STARTED = time.monotonic()


class StatusContext(TypedDict):
    uptime: str


class StatusLiveView(LiveView[StatusContext]):
    async def mount(self, socket: LiveViewSocket[StatusContext], session: dict[str, Any]) -> None:
        socket.context = {"uptime": uptime()}
        socket.schedule_info(InfoEvent("tick"), 1)

    async def handle_info(self, event: InfoEvent, socket: LiveViewSocket[StatusContext]) -> None:
        socket.context["uptime"] = uptime()


def uptime() -> str:
    """Return the time since the start as 1:02:03."""
    minutes, seconds = divmod(int(time.monotonic() - STARTED), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"
