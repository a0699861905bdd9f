"""Tests of the registration: errors beside inputs, the list of addresses, and the account."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from examples.form_validation.app import app
from pyview.testing import LiveClient, Page

GOOD: dict[str, Any] = {
    "account[name]": "Grace Hopper",
    "account[email]": "grace@example.org",
    "account[password]": "a long one",
    "account[confirmation]": "a long one",
    "account[plan]": "team",
    "account[topics][]": ["Security"],
    "account[addresses][0][street]": "Main Street 1",
    "account[addresses][0][postcode]": "12345",
    "account[addresses][0][city]": "Arlington",
    "account[terms]": True,
}


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with LiveClient(app) as client:
        yield await client.open("/")


def errors(page: Page) -> list[str]:
    return [one.text for one in page.find_all(".pv-error")]


async def test_a_registration(page: Page) -> None:
    await page.submit("form", GOOD)
    assert page.find("h1").text == "Welcome, Grace Hopper"
    assert page.has_text("Team, up to ten. Letters go to Main Street 1, Arlington.")
    await page.click("button", "Open another")
    assert page.value("#account_name") == ""


async def test_the_first_page_has_one_address_and_no_errors(page: Page) -> None:
    assert len(page.find_all(".address")) == 1
    assert page.find("[name='account[plan]'][checked]")["value"] == "free"
    assert errors(page) == []


async def test_a_submit_shows_all_missing_fields(page: Page) -> None:
    await page.submit("form")
    assert len(errors(page)) == 8
    [(_, payload)] = page.events
    assert payload["commands"] == [["focus", {"to": "#account_name"}]]
    await page.submit("form", GOOD)
    assert page.has_text("Welcome")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("account[name]", "A", "At least 2 characters, please."),
        ("account[email]", "ada", "An address like ada@example.org, please."),
        ("account[password]", "short", "At least 8 characters, please."),
        ("account[birthday]", "2999-01-01", "A day in the past, please."),
        ("account[addresses][0][postcode]", "!", "Three to ten letters and digits, please."),
    ],
)
async def test_each_field_is_validated_while_it_is_filled_in(
    page: Page, field: str, value: str, words: str
) -> None:
    await page.change("form", {field: value})
    assert errors(page) == [words]


async def test_passwords_are_compared_and_never_sent_back(page: Page) -> None:
    await page.submit("form", {**GOOD, "account[confirmation]": "another one"})
    assert errors(page) == ["This is not the same password."]
    assert "a long one" not in page.html


async def test_an_email_that_is_already_registered(page: Page) -> None:
    await page.submit("form", {**GOOD, "account[email]": "ada@example.org"})
    assert errors(page) == ["There is an account with this address already."]


async def test_at_most_four_addresses_can_be_added(page: Page) -> None:
    await page.submit("form", {**GOOD, "account[terms]": False})
    for _ in range(3):
        await page.click("button", "Add an address")
    assert page.find("button", "Add an address").get("disabled") is not None
    await page.click(".address:nth-of-type(4) [aria-label='Move up']")
    assert [one.get("value") for one in page.find_all("[id$=_city]")] == ["Arlington", "", "", ""]
    for _ in range(4):
        await page.click(page.find_all(".address button", "Remove")[0])
    assert not page.exists(".address")
    await page.submit("form")
    assert "One address at least, please." in errors(page)


async def test_half_a_registration_survives_a_deploy_without_its_passwords() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.change("form", {"account[email]": "ada"})
        await page.change("form", {"account[password]": "a long one"})
        await client.restart()
        assert page.value("[name='account[email]']") == "ada"
        assert "An address like ada@example.org, please." in errors(page)
        assert "a long one" not in page.html
