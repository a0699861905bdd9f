"""An application for several worker processes: a list of users, and what its worker has notified of them."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from pyview import LiveView, LiveViewSocket, PyView
from pyview.events.info_event import InfoEvent
from pyview.template.live_template import LiveTemplate

TOPIC = "room"


class Notified:
    """A subscriber that notes whose coming and going it is notified of."""

    def __init__(self) -> None:
        self.arrived: list[str] = []
        self.left: list[str] = []

    def deliver(self, event: InfoEvent) -> None:
        self.arrived += event.payload.arrived
        self.left += event.payload.left


class User(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string("<p>{{ who }}</p>", "user.html")

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any, who: str) -> None:
        socket.context = {"who": who}
        await socket.presence.track(TOPIC, who, {"tab": 1})


async def report(request: Request) -> JSONResponse:
    users = app.presence.list(TOPIC)
    app.presence.subscribe(TOPIC, notified)
    tabs = {key: len(one.metas) for key, one in users.items()}
    return JSONResponse({"tabs": tabs, "arrived": notified.arrived, "left": notified.left})


notified = Notified()
app = PyView(routes=[Route("/report", report)])
app.add_live_view("/user", User)
