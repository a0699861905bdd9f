"""Disclosure and accordion."""

from typing import Any

from examples.ui_kit.demo import About, DemoLiveView
from pyview import LiveViewSocket
from pyview.events import event


class DisclosurePage(DemoLiveView):
    about = About(
        title="Disclosure and accordion",
        group="Layout",
        summary="Content that the user unfolds. What is open stays open over patches.",
        pattern="disclosure",
        when=(
            "Use it for details that few users need. With the same `group`, opening one closes the others.",
        ),
        keys=(("Enter", "Opens and closes."), ("Tab", "The next heading.")),
    )

    def start(self) -> dict[str, Any]:
        return {"days": 2}

    @event
    async def change(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context["days"] += 1
