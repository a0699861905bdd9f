"""What a booking must be, and what to tell somebody whose booking is not that yet."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FutureDate, ValidationError

Workshop = Literal["Bread and sourdough", "Fermenting vegetables", "Fresh pasta", "Cheese at home"]

HINTS = {
    "name": "Please tell us your name: two letters at least.",
    "email": "An address like ada@example.org, please.",
    "workshop": "Please choose a workshop.",
    "seats": "We can seat one to six of you.",
    "day": "Please pick a day, tomorrow or later.",
    "agree": "Please agree, so that we may keep your booking.",
}


class Booking(BaseModel):
    """Seats at a workshop."""

    model_config = ConfigDict(str_strip_whitespace=True)

    name: str = Field(min_length=2, max_length=80)
    email: str = Field(max_length=120, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s.]+$")
    workshop: Workshop
    seats: int = Field(ge=1, le=6)
    day: FutureDate
    agree: Literal["yes"]


def check(values: Mapping[str, Any]) -> Booking | dict[str, str]:
    """The booking, or for each field that does not fit what to tell its author."""
    try:
        return Booking.model_validate(values)
    except ValidationError as refused:
        return {field: HINTS[field] for field in map(_field_of, refused.errors())}


def texts_of(payload: object) -> dict[str, str]:
    """Return the texts of a form. Another program than the page may send anything, so the rest is left out."""
    sent = payload if isinstance(payload, dict) else {}
    return {str(name): value for name, value in sent.items() if isinstance(value, str)}


def _field_of(error: Mapping[str, Any]) -> str:
    return str(error["loc"][0])
