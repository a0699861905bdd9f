"""Tabs."""

from typing import Any

from examples.ui_kit.demo import About, DemoLiveView
from pyview import LiveViewSocket
from pyview.events import event


class TabsPage(DemoLiveView):
    about = About(
        title="Tabs",
        group="Navigation",
        summary="Parts of a page, of which one is visible.",
        pattern="tabs",
        when=(
            "The browser holds the chosen tab, also over patches.",
            "With `on_select` the server holds it, and renders the chosen panel only.",
            "Use tabs that are links if the tab belongs into the URL.",
        ),
        keys=(
            ("←", "The tab before it; after the first, the last."),
            ("→", "The next tab."),
            ("Home", "The first tab."),
            ("End", "The last tab."),
        ),
    )

    def start(self) -> dict[str, Any]:
        return {"since": 1815, "chosen": "day", "tab": "general"}

    async def handle_params(self, socket: LiveViewSocket[dict[str, Any]], tab: str = "general") -> None:
        socket.context["tab"] = tab

    @event
    async def change(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context["since"] += 1

    @event
    async def choose(self, socket: LiveViewSocket[dict[str, Any]], name: str) -> None:
        socket.context["chosen"] = name if name in ("day", "week") else "day"
