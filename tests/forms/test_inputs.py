"""Input types for field types, and constraints that the browser checks."""

import datetime
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal, NewType, Optional

import pytest
from pydantic import (
    AnyUrl,
    AwareDatetime,
    BaseModel,
    EmailStr,
    Field,
    FutureDate,
    FutureDatetime,
    HttpUrl,
    NaiveDatetime,
    PastDate,
    PastDatetime,
    PositiveInt,
    SecretStr,
    StringConstraints,
    create_model,
)

from pyview.forms import Form, FormField
from tests.forms.shop import Order

Name = NewType("Name", str)


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Pet(Enum):
    CAT = "cat"
    BIG_DOG = "dog"

    @property
    def label(self) -> str:
        return f"A {self.value}"


def field(annotation: Any, default: Any = ...) -> FormField:
    return Form(create_model("Made", it=(annotation, default)))["it"]


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (str, "text"),
        (str | None, "text"),
        (Name, "text"),
        (int, "number"),
        (Optional[int], "number"),  # noqa: UP045  both spellings must work
        (PositiveInt, "number"),
        (float, "number"),
        (Decimal, "number"),
        (int | float, "number"),
        (int | str, "text"),
        (bool, "checkbox"),
        (Literal[True], "checkbox"),
        (Literal["a", "b"], "select"),
        (Literal["a"] | Literal["b"] | None, "select"),
        (Pet, "select"),
        (list[Pet], "select"),
        (list[str], "text"),
        (datetime.date, "date"),
        (datetime.datetime, "datetime-local"),
        (datetime.time, "time"),
        (PastDate, "date"),
        (FutureDate, "date"),
        (PastDatetime, "datetime-local"),
        (FutureDatetime, "datetime-local"),
        (NaiveDatetime, "datetime-local"),
        (AwareDatetime, "text"),
        (SecretStr, "password"),
        (SecretStr | None, "password"),
        (HttpUrl, "url"),
        (AnyUrl, "url"),
        (dict[str, int], "text"),
        (Any, "text"),
    ],
)
def test_the_type_chooses_the_input(annotation: Any, expected: str) -> None:
    assert field(annotation).type == expected


def test_an_email_address_gets_an_email_input() -> None:
    assert field(EmailStr).type == "email"
    assert field(EmailStr | None, None).type == "email"


@pytest.mark.parametrize(
    ("annotation", "default", "expected"),
    [
        (str, ..., {"required": True}),
        (str, "x", {}),
        (str | None, ..., {}),
        (
            Annotated[str, StringConstraints(min_length=2, max_length=9)],
            "xx",
            {"minlength": 2, "maxlength": 9},
        ),
        (Annotated[str | None, Field(max_length=5)], None, {"maxlength": 5}),
        (int, 1, {"step": 1}),
        (float, 1.0, {"step": "any"}),
        (Annotated[int, Field(ge=1, le=6)], 1, {"step": 1, "min": 1, "max": 6}),
        (Annotated[int, Field(gt=0, lt=6)], 1, {"step": 1, "min": 1, "max": 5}),
        (Annotated[int, Field(ge=1)] | None, None, {"step": 1, "min": 1}),
        (Annotated[float, Field(gt=0.5)], 1.0, {"step": "any", "min": 0.5}),
        (Annotated[Decimal, Field(le=Decimal("9.90"))], Decimal(1), {"step": "any", "max": "9.90"}),
        (Annotated[int, Field(multiple_of=5)], 5, {"step": 5}),
        (
            Annotated[datetime.date, Field(ge=datetime.date(2026, 1, 1))],
            datetime.date.max,
            {"min": "2026-01-01"},
        ),
        (bool, ..., {}),
        (Literal[True], ..., {"required": True}),
    ],
)
def test_constraints_become_attributes(annotation: Any, default: Any, expected: dict[str, Any]) -> None:
    assert dict(field(annotation, default).attrs) == expected


def options(annotation: Any, default: Any = ...) -> list[tuple[str, str, bool]]:
    return [(one.value, one.label, one.selected) for one in field(annotation, default).options]


def test_choices_become_options() -> None:
    assert options(Literal["small", "large"], "large") == [
        ("small", "small", False),
        ("large", "large", True),
    ]
    assert options(Level) == [("1", "Low", False), ("2", "High", False)]
    assert options(Pet, Pet.BIG_DOG) == [("cat", "A cat", False), ("dog", "A dog", True)]
    assert options(list[Pet], [Pet.CAT]) == [("cat", "A cat", True), ("dog", "A dog", False)]


@pytest.mark.parametrize(
    ("annotation", "sent", "expected"),
    [
        (Literal[1, 2], "2", 2),
        (Literal["1", "2"], "2", "2"),
        (Level, "2", Level.HIGH),
        (Pet, "dog", Pet.BIG_DOG),
        (set[Pet], ["dog", "cat"], {Pet.CAT, Pet.BIG_DOG}),
        (list[Literal[1, 2]], ["", "2"], [2]),
        (tuple[str, ...], ["", "a"], ("a",)),
        (bool, "on", True),
        (bool, "false", False),
        (Literal[True], "true", True),
        (datetime.datetime, "2026-01-02T03:04", datetime.datetime(2026, 1, 2, 3, 4)),
        (dict[str, int], {"a": "1", "_unused_a": ""}, {"a": 1}),
    ],
)
def test_a_chosen_option_becomes_the_value(annotation: Any, sent: Any, expected: Any) -> None:
    model: Any = create_model("Made", it=(annotation, ...))
    assert Form(model, {"it": sent}).value.it == expected


def test_a_value_that_is_no_choice_is_refused() -> None:
    model: type[BaseModel] = create_model("Made", it=(Literal[1, 2], ...))
    form = Form(model, {"it": "3"})
    assert form["it"].errors == ("Please choose one.",)
    assert not any(option.selected for option in form["it"].options)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime.datetime(2026, 1, 2, 3, 4), "2026-01-02T03:04"),
        (datetime.datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05"),
        (datetime.datetime(2026, 1, 2, 3, 4, tzinfo=datetime.UTC), "2026-01-02T03:04"),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (datetime.time(3, 4), "03:04:00"),
        (Decimal("1.50"), "1.50"),
        (Level.HIGH, "2"),
        (True, "true"),
        (SecretStr("x"), ""),
        (None, ""),
    ],
)
def test_a_value_is_formatted_for_its_input(value: Any, text: str) -> None:
    assert field(type(value) | None, value).value == text


def test_labels_and_help_come_from_the_model() -> None:
    form = Form(Order)
    assert (form["name"].label, form["name"].help) == ("Your name", "As on the door")
    assert form["confirmation"].label == "Confirmation"
    assert (form["name"].id, form.id) == ("order_name", "order")


def test_an_unknown_field_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(KeyError, match="Order has no field 'nmae'; it has name, age"):
        _ = Form(Order)["nmae"]
