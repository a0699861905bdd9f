"""Dialog and drawer."""

from typing import Any

from examples.ui_kit.demo import About, DemoLiveView
from pyview import LiveViewSocket
from pyview.events import event


class DialogPage(DemoLiveView):
    about = About(
        title="Dialog and drawer",
        group="Overlays",
        summary="Content above the page, which waits for an answer.",
        pattern="dialog-modal",
        when=(
            "Use a dialog for a short task that interrupts another.",
            "A drawer shows more of a thing, beside its list.",
            "Before something that cannot be undone, use `ui.confirm`.",
        ),
        keys=(("Tab", "Stays inside the dialog."), ("Escape", "Closes it; the focus goes back.")),
    )

    @event
    async def remove(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.put_flash("info", "The order was deleted.")
