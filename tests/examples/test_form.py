"""Tests of the booking form: its model and its page."""

from datetime import date, timedelta
from typing import Any

import pytest

from examples.form.app import app
from examples.form.booking import HINTS, Booking, check
from pyview.testing import LiveClient, Page

SOON = date.today() + timedelta(
    days=2
)  # two days ahead: one day would be today if midnight passes while the tests run
GOOD = {
    "name": "Ada Lovelace",
    "email": "ada@example.org",
    "workshop": "Fresh pasta",
    "seats": "2",
    "day": SOON.isoformat(),
    "agree": "yes",
}


def test_a_valid_booking_has_typed_fields() -> None:
    booking = check(GOOD)
    assert isinstance(booking, Booking)
    assert (booking.seats, booking.day) == (2, SOON)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " A "),
        ("email", "ada@example"),
        ("workshop", "Sword swallowing"),
        ("seats", "0"),
        ("seats", "many"),
        ("day", date.today().isoformat()),
        ("agree", ""),
    ],
)
def test_invalid_fields_have_messages(field: str, value: str) -> None:
    assert check({**GOOD, field: value}) == {field: HINTS[field]}


def test_every_field_has_an_error_message() -> None:
    assert check({}) == HINTS
    assert set(HINTS) == set(Booking.model_fields)


def errors(page: Page) -> list[str]:
    return [error["id"].removesuffix("-error") for error in page.find_all(".error")]


async def test_only_used_fields_show_errors() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        assert errors(page) == []
        await page.change("#name", "A")
        assert errors(page) == ["name"]
        await page.change("#email", "ada@")
        assert errors(page) == ["name", "email"]
        await page.change("#name", "Ada")
        assert errors(page) == ["email"]
        assert page.value("#name") == "Ada"


async def test_an_error_is_linked_to_its_field() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.change("#seats", "7")
        field = page.find("#seats")
        assert field["aria-invalid"] == "true"
        assert page.find(f"#{field['aria-describedby']}").text == HINTS["seats"]


async def test_a_submit_shows_the_errors_of_all_fields() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.submit("form")
        assert errors(page) == list(HINTS)


async def test_a_submit_moves_the_focus_to_the_first_error() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.submit("form", {"name": "Ada", "email": "ada@"})
        [(name, payload)] = page.events
        assert (name, payload["commands"]) == ("pyview:exec", [["focus", {"to": "#email"}]])


@pytest.mark.parametrize("payload", [None, 5, "text", ["name"], {"name": ["a", "b"]}, {"name": {"x": "y"}}])
@pytest.mark.parametrize("event", ["validate", "book"])
async def test_a_payload_that_is_not_a_form_counts_as_empty(event: str, payload: Any) -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.push(event, payload)
        assert errors(page) == (list(HINTS) if event == "book" else [])
        await page.submit("form", {**GOOD, "agree": True})
        assert page.has_text("Thank you, Ada Lovelace.")


async def test_a_booking_is_confirmed() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.submit("form", {**GOOD, "agree": True})
        assert page.has_text("Thank you, Ada Lovelace. 2 seats at Fresh pasta")
        await page.click("button", "Book another")
        assert page.find("#name")["value"] == ""
        assert errors(page) == []
