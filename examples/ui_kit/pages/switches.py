"""Switches and segmented controls."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from examples.ui_kit.demo import About, DemoLiveView
from pyview import LiveViewSocket
from pyview.events import event
from pyview.forms import Form


class Settings(BaseModel):
    alerts: bool = Field(default=True, title="Send alerts", description="By e-mail, at most one an hour.")
    beta: bool = Field(default=False, title="Try new features")
    view: Literal["day", "week", "month"] = "week"


class SwitchesPage(DemoLiveView):
    about = About(
        title="Switches and segments",
        group="Inputs",
        summary="A setting that is on or off, and one of a few short choices.",
        pattern="switch",
        when=(
            "A switch works at once. For a box of a form that is sent later use `ui.input` with a checkbox.",
            "Segments are radio buttons. With more than five choices use a select or a combobox.",
        ),
        keys=(
            ("Space", "Turns the switch on or off."),
            ("←", "The choice before it."),
            ("→", "The next choice."),
        ),
    )

    def start(self) -> dict[str, Any]:
        return {"form": Form(Settings)}

    @event
    async def check(self, socket: LiveViewSocket[dict[str, Any]], form: Form[Settings]) -> None:
        socket.context["form"] = form
