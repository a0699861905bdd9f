"""Flash messages."""

from typing import Any

from examples.ui_kit.demo import About, DemoLiveView
from pyview import LiveViewSocket
from pyview.events import event


class FlashPage(DemoLiveView):
    about = About(
        title="Flash messages",
        group="Feedback",
        summary="The result of an action, at the edge of the screen. All but errors leave by themselves.",
        pattern="alert",
        when=(
            "Use `socket.put_flash` for the result of an action.",
            "With `leave=true` a message leaves after six seconds, but not while the pointer or the focus is on one.",
            "Errors stay until the user closes them.",
            "The time is the CSS property `--pv-toast-time`.",
        ),
        keys=(("Tab", "Moves to the button that closes a message."), ("Enter", "Closes it.")),
    )

    def start(self) -> dict[str, Any]:
        return {"saved": 0}

    @event
    async def save(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context["saved"] += 1
        socket.put_flash("info", f"Saved for the {socket.context['saved']}. time.")

    @event
    async def fail(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.put_flash("error", "It could not be saved.")
