"""Texts for problems of a form."""

import datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, get_args
from uuid import UUID

import pytest
from pydantic import BaseModel, Field, FutureDate, HttpUrl, PastDate, SecretStr, create_model
from pydantic_core.core_schema import ErrorType

from pyview.forms import ENGLISH, Form, Messages, Problem
from tests.forms.shop import GOOD, Order, payload

GERMAN = {
    "missing": "Bitte ausfüllen.",
    "string_too_short": "Mindestens {min_length} Zeichen.",
    "age.*": "Ein Alter, bitte.",
    "others.city.missing": "Welche Stadt?",
    "size.missing": "Welche Größe?",
}


def error(name: str, sent: dict[str, Any], messages: Messages | None = None) -> tuple[str, ...]:
    return Form(Order, sent, messages=messages)[name].errors


def test_messages_are_chosen_by_field_then_by_type() -> None:
    sent = payload({"name": "A", "age": "x"})
    assert error("name", sent, GERMAN) == ("Mindestens 2 Zeichen.",)
    assert error("age", sent, GERMAN) == ("Ein Alter, bitte.",)
    assert error("size", sent, GERMAN) == ("Welche Größe?",)
    assert error("password", sent, GERMAN) == ("Bitte ausfüllen.",)
    assert error("terms", sent, GERMAN) == (ENGLISH["unticked"],)


def test_a_catch_all_does_not_replace_a_custom_message() -> None:
    form = Form(Order, payload({"age": "x"}), messages=GERMAN).with_error("age", "Not that old.")
    assert form["age"].errors == ("Ein Alter, bitte.", "Not that old.")


def test_message_keys_omit_indexes() -> None:
    form = Form(Order, payload({**GOOD, "others[1][city]": ""}), messages=GERMAN)
    assert form["others"].parts[1]["city"].errors == ("Welche Stadt?",)


def test_a_function_may_return_the_texts() -> None:
    def translate(problem: Problem) -> str | None:
        return (
            f"{problem.path[-1]}: {problem.context['min_length']}"
            if problem.type == "string_too_short"
            else None
        )

    assert error("name", payload({"name": "A"}), translate) == ("name: 2",)
    assert error("age", payload({"age": "x"}), translate) == ("A whole number, please.",)


def test_with_messages_replaces_the_texts() -> None:
    form = Form(Order, payload({"name": "A"}))
    assert form.with_messages(GERMAN)["name"].errors == ("Mindestens 2 Zeichen.",)
    assert form["name"].errors == ("At least 2 characters, please.",)
    assert form.with_messages(GERMAN).change(payload({}))["name"].errors == ("Bitte ausfüllen.",)


def test_a_model_may_define_its_texts() -> None:
    class Spoken(BaseModel):
        form_messages: ClassVar[dict[str, str]] = {"name.*": "A name, please."}
        name: str = Field(min_length=2)

    assert Form(Spoken, {"name": ""})["name"].errors == ("A name, please.",)


@pytest.mark.parametrize("text", ["{nothing}", "{", "{0}", "{min_length.x.y}"])
def test_a_text_with_wrong_braces_is_shown_unchanged(text: str) -> None:
    assert error("name", payload({"name": "A"}), {"string_too_short": text}) == (text,)


def test_default_texts_are_for_error_types_of_pydantic() -> None:
    assert set(ENGLISH) - {"unticked"} <= set(get_args(ErrorType))


@pytest.mark.parametrize(
    ("annotation", "sent", "words"),
    [
        (Annotated[str, Field(max_length=2)], "abc", "At most 2 characters, please."),
        (Annotated[SecretStr, Field(min_length=2)], "a", "At least 2 characters, please."),
        (Annotated[SecretStr, Field(max_length=2)], "abc", "At most 2 characters, please."),
        (Annotated[str, Field(pattern="^a$")], "b", "This does not have the right form."),
        (Annotated[list[str], Field(min_length=2)], ["a"], "At least 2, please."),
        (Annotated[list[str], Field(max_length=1)], ["a", "b"], "At most 1, please."),
        (int, "1.5", "A whole number, please."),
        (int, "9" * 5000, "This number is too long."),
        (Annotated[int, Field(gt=1)], "1", "More than 1, please."),
        (Annotated[int, Field(ge=1)], "0", "1 or more, please."),
        (Annotated[int, Field(lt=1)], "1", "Less than 1, please."),
        (Annotated[int, Field(le=1)], "2", "1 or less, please."),
        (Annotated[int, Field(multiple_of=5)], "2", "A multiple of 5, please."),
        (Decimal, "x", "A number, please."),
        (PastDate, "2999-01-01", "A day in the past, please."),
        (FutureDate, "1999-01-01", "A day in the future, please."),
        (datetime.date, "x", "A date, please."),
        (datetime.date, "2026-01-01T05:00", "A date, please."),
        (datetime.datetime, "x", "A date and a time, please."),
        (datetime.time, "x", "A time, please."),
        (HttpUrl, "x", "A web address, please: https://..."),
        (HttpUrl, "ftp://x", "A web address, please: https://..."),
        (UUID, "x", "This is not an identifier."),
    ],
)
def test_texts_for_common_mistakes(annotation: Any, sent: Any, words: str) -> None:
    model: Any = create_model("Made", it=(annotation, ...))
    assert Form(model, {"it": sent})["it"].errors == (words,)
