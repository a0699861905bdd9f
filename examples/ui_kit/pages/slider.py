"""Slider."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from examples.ui_kit.demo import About, DemoLiveView
from pyview import LiveViewSocket
from pyview.events import event
from pyview.forms import Form


class Tea(BaseModel):
    heat: Annotated[int, Field(ge=50, le=100)] = 80
    minutes: Annotated[float, Field(ge=0.5, le=10)] = 3


class SliderPage(DemoLiveView):
    about = About(
        title="Slider",
        group="Inputs",
        summary="A number that need not be exact, with its value beside it.",
        pattern="slider",
        when=(
            "Use it where the effect is seen at once. For an exact number use `ui.number_input`.",
            "The bounds are those of the model, or `min` and `max`.",
        ),
        keys=(
            ("→", "Larger by one step."),
            ("←", "Smaller by one step."),
            ("Page Up", "Larger by a tenth."),
            ("Page Down", "Smaller by a tenth."),
            ("Home", "The smallest value."),
            ("End", "The largest value."),
        ),
    )

    def start(self) -> dict[str, Any]:
        return {"form": Form(Tea)}

    @event
    async def check(self, socket: LiveViewSocket[dict[str, Any]], form: Form[Tea]) -> None:
        socket.context["form"] = form
