"""The model of a booking, and the error messages of its fields."""

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
    """A booking of seats at a workshop."""

    model_config = ConfigDict(str_strip_whitespace=True)

    name: str = Field(min_length=2, max_length=80)
    email: str = Field(max_length=120, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s.]+$")
    workshop: Workshop
    seats: int = Field(ge=1, le=6)
    day: FutureDate
    agree: Literal["yes"]


def check(values: Mapping[str, Any]) -> Booking | dict[str, str]:
    """Return the booking, or the error message of each invalid field."""
    try:
        return Booking.model_validate(values)
    except ValidationError as refused:
        return {field: HINTS[field] for field in map(_field_of, refused.errors())}


def texts_of(payload: object) -> dict[str, str]:
    """Return the text fields of a form. Drop other values, because a client may send anything."""
    sent = payload if isinstance(payload, dict) else {}
    return {str(name): value for name, value in sent.items() if isinstance(value, str)}


def _field_of(error: Mapping[str, Any]) -> str:
    return str(error["loc"][0])
