"""Dates and times."""

from datetime import date, datetime, time
from typing import Any

from pydantic import BaseModel, Field, model_validator

from examples.ui_kit.demo import About, DemoLiveView
from pyview import LiveViewSocket
from pyview.events import event
from pyview.forms import FieldError, Form


class Report(BaseModel):
    first: date = Field(ge=date(2020, 1, 1))
    last: date
    day: date | None = None
    at: time | None = Field(default=None, title="Time of day")
    sent: datetime | None = Field(default=None, title="Date and time")
    month: str = Field(default="", pattern="^([0-9]{4}-[0-9]{2})?$")

    @model_validator(mode="after")
    def in_order(self) -> "Report":
        if self.last < self.first:
            raise FieldError("last", "The last day is before the first.")
        return self


class DatesPage(DemoLiveView):
    about = About(
        title="Dates and times",
        group="Inputs",
        summary="Native inputs for dates and times, and a range of days with common ranges as buttons.",
        when=(
            "Native inputs have the language of the user, the keyboard of the phone, and a calendar.",
            "Buttons such as “Last 7 days” count in the time zone of the user.",
            "The range limits what the calendars offer. What is typed, the model checks.",
        ),
        keys=(("↑", "The next day, month or year, of the part with the focus."), ("↓", "The one before it.")),
    )

    def start(self) -> dict[str, Any]:
        return {"form": Form(Report)}

    @event
    async def check(self, socket: LiveViewSocket[dict[str, Any]], form: Form[Report]) -> None:
        socket.context["form"] = form
