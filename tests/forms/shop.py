"""Models for tests of forms, and payloads as a browser sends them."""

from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, Field, SecretStr, model_validator

from pyview.forms import FieldError
from pyview.wire.form import decode_form, merge_meta


class Size(Enum):
    SMALL = "s"
    VERY_LARGE = "xl"


class Address(BaseModel):
    street: str = Field(min_length=2)
    city: str
    note: str = ""


class Order(BaseModel):
    """An order with every kind of field."""

    name: str = Field(min_length=2, max_length=20, title="Your name", description="As on the door")
    age: Annotated[int, Field(ge=18, lt=100)] | None = None
    size: Size
    amount: Literal[1, 2, 3] = 1
    extras: list[Literal["milk", "sugar"]] = []
    day: date = Field(default=date(2026, 1, 2), ge=date(2026, 1, 1))
    password: SecretStr
    confirmation: SecretStr
    gift: bool = True
    terms: Literal[True]
    home: Address
    others: list[Address] = Field(default=[], max_length=3)

    @model_validator(mode="after")
    def same_passwords(self) -> "Order":
        if self.password != self.confirmation:
            raise FieldError("confirmation", "That is another password.")
        if self.name == self.home.city:
            raise ValueError("A name must not be that of a town.")
        return self


GOOD: dict[str, Any] = {
    "name": "Ada",
    "age": "36",
    "size": "xl",
    "amount": "2",
    "extras[]": ["milk", "sugar"],
    "day": "2026-05-01",
    "password": "secret",
    "confirmation": "secret",
    "gift": "false",
    "terms": "on",
    "home[street]": "Main Street",
    "home[city]": "London",
    "others[0][street]": "Side Street",
    "others[0][city]": "Paris",
}


def payload(
    fields: dict[str, Any], target: str | None = None, unused: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return the payload for these fields: of a submit, or of a change of `target`."""
    marks = {_unused(name): "" for name in unused}
    text = urlencode({**fields, **marks}, doseq=True)
    return merge_meta(decode_form(text, max_fields=1000), {} if target is None else {"_target": target})


def nested(prefix: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields with a prefix: `name` becomes `user[name]`, `home[city]` becomes `user[home][city]`."""
    return {
        f"{prefix}[{name.replace('[', '][', 1) if '[' in name else name + ']'}": fields[name]
        for name in fields
    }


def _unused(name: str) -> str:
    head, bracket, last = name.rpartition("[")
    return f"{head}[_unused_{last}" if bracket else f"_unused_{name}"
