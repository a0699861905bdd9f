"""Alert."""

from typing import Any

from examples.ui_kit.demo import About, DemoLiveView
from pyview import LiveViewSocket
from pyview.events import event


class AlertPage(DemoLiveView):
    about = About(
        title="Alert",
        group="Feedback",
        summary="A message in the page, in four kinds.",
        pattern="alert",
        when=(
            "Use it for what is true as long as the page shows it.",
            "For the result of an action use a flash message.",
        ),
    )

    def start(self) -> dict[str, Any]:
        return {"failed": True}

    @event
    async def hide(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context["failed"] = False

    @event
    async def show(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context["failed"] = True
