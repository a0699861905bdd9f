"""The model of an account. The form, its inputs and its errors are derived from it."""

from enum import Enum
from typing import ClassVar, Literal

from pydantic import BaseModel, EmailStr, Field, PastDate, SecretStr, model_validator

from pyview.forms import FieldError


class Plan(Enum):
    FREE = "free"
    TEAM = "team"
    FIRM = "firm"

    @property
    def label(self) -> str:
        return {"free": "Free, for one", "team": "Team, up to ten", "firm": "Firm, without a limit"}[
            self.value
        ]


class Address(BaseModel):
    kind: Literal["Home", "Work", "Other"] = "Home"
    street: str = Field(min_length=3, max_length=80)
    postcode: str = Field(pattern=r"^[0-9A-Za-z -]{3,10}$")
    city: str = Field(min_length=2, max_length=60)


class Account(BaseModel):
    form_messages: ClassVar[dict[str, str]] = {
        "email.*": "An address like ada@example.org, please.",
        "addresses.postcode.*": "Three to ten letters and digits, please.",
        "addresses.too_short": "One address at least, please.",
    }

    name: str = Field(min_length=2, max_length=60)
    email: EmailStr = Field(title="E-mail")
    password: SecretStr = Field(min_length=8, description="Eight characters at least.")
    confirmation: SecretStr = Field(title="The password again")
    birthday: PastDate | None = None
    plan: Plan = Plan.FREE
    topics: list[Literal["Releases", "Security", "Events"]] = Field(default=[], title="Tell me about")
    addresses: list[Address] = Field(default_factory=list, min_length=1, max_length=4)
    terms: Literal[True] = Field(title="I have read the terms")

    @model_validator(mode="after")
    def same_passwords(self) -> "Account":
        if self.password != self.confirmation:
            raise FieldError("confirmation", "This is not the same password.")
        return self
