"""Stepper."""

from typing import Any

from examples.ui_kit.demo import About, DemoLiveView
from pyview import LiveViewSocket


class StepperPage(DemoLiveView):
    about = About(
        title="Stepper",
        group="Navigation",
        summary="The steps of a task in several pages. The step is in the URL.",
        when=("Use it for a task with two to five steps that have an order. Finished steps are links.",),
    )

    async def handle_params(self, socket: LiveViewSocket[dict[str, Any]], step: int = 2) -> None:
        socket.context["step"] = min(max(step, 1), 4)
