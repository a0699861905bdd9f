"""Progress."""

from typing import Any

from examples.ui_kit.demo import About, DemoLiveView
from pyview import LiveViewSocket
from pyview.events import event


class ProgressPage(DemoLiveView):
    about = About(
        title="Progress",
        group="Feedback",
        summary="How far something is, or that something happens.",
        when=(
            "Use a bar if you know how much is done.",
            "Use a spinner for a short wait, and a skeleton in the place of content.",
        ),
    )

    def start(self) -> dict[str, Any]:
        return {"done": 40}

    @event
    async def go_on(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context["done"] = (socket.context["done"] + 10) % 110
