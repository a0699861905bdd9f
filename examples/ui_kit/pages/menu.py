"""Menu."""

from typing import Any

from examples.ui_kit.demo import About, DemoLiveView
from pyview import LiveViewSocket
from pyview.events import event


class MenuPage(DemoLiveView):
    about = About(
        title="Menu",
        group="Overlays",
        summary="A button that opens a list of actions.",
        pattern="menu-button",
        when=(
            "Use it for actions that are needed seldom. Show frequent actions as buttons.",
            "To choose a value, use a select. To go to a page, use links.",
        ),
        keys=(
            ("Enter", "Opens the menu, and runs an item."),
            ("↓", "Opens the menu; inside, the next item."),
            ("↑", "Opens the menu at its end; inside, the item before."),
            ("Home", "The first item."),
            ("End", "The last item."),
            ("A to Z", "The next item that begins with the letter."),
            ("Escape", "Closes the menu; the focus goes back to the button."),
        ),
    )

    def start(self) -> dict[str, Any]:
        return {"done": ""}

    @event
    async def act(self, socket: LiveViewSocket[dict[str, Any]], name: str) -> None:
        socket.context["done"] = f"The order was {name[:20]}."

    @event
    async def remove(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context["done"] = "The order was deleted."
