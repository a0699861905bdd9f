"""Command palette."""

from typing import Any

from examples.ui_kit.demo import About, DemoLiveView
from pyview import LiveViewSocket
from pyview.events import event

CUSTOMERS = ("Ada Lovelace", "Alan Turing", "Grace Hopper", "Mary Shelley", "Radia Perlman")


class CommandPalettePage(DemoLiveView):
    about = About(
        title="Command palette",
        group="Overlays",
        summary="A search over the actions of an application, one key away.",
        pattern="combobox",
        when=(
            "Use it once, in the layout of a large application. Each action is somewhere else, too.",
            "The browser filters commands of the page. The server finds others, such as customers.",
        ),
        keys=(
            ("Ctrl+K", "Opens and closes it; on a Mac, with the command key."),
            ("↓", "The next command."),
            ("↑", "The command before."),
            ("Enter", "Runs the command."),
            ("Escape", "Closes it; the focus goes back."),
        ),
    )

    def start(self) -> dict[str, Any]:
        return {"done": "", "found": []}

    @event
    async def find(self, socket: LiveViewSocket[dict[str, Any]], q: str = "") -> None:
        wanted = q.strip().casefold()
        socket.context["found"] = [each for each in CUSTOMERS if wanted and wanted in each.casefold()]

    @event
    async def act(self, socket: LiveViewSocket[dict[str, Any]], name: str) -> None:
        socket.context["done"] = f"You have chosen: {name[:40]}"
