"""The form: a model, and the page that tells what does not fit it."""

from datetime import date, timedelta

import pytest

from examples.form.booking import HINTS, Booking, check

TOMORROW = date.today() + timedelta(days=1)
GOOD = {
    "name": "Ada Lovelace",
    "email": "ada@example.org",
    "workshop": "Fresh pasta",
    "seats": "2",
    "day": TOMORROW.isoformat(),
    "agree": "yes",
}


def test_a_good_booking_is_read_into_its_types() -> None:
    booking = check(GOOD)
    assert isinstance(booking, Booking)
    assert (booking.seats, booking.day) == (2, TOMORROW)


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
def test_what_does_not_fit_is_told_in_words(field: str, value: str) -> None:
    assert check({**GOOD, field: value}) == {field: HINTS[field]}


def test_every_field_has_words_for_what_is_wrong() -> None:
    assert check({}) == HINTS
    assert set(HINTS) == set(Booking.model_fields)
