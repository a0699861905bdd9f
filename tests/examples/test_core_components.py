"""Tests of the page with all core components."""

from collections.abc import AsyncIterator

import pytest

from examples.core_components.app import app
from pyview.testing import LiveClient, Page


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with LiveClient(app) as client:
        yield await client.open("/")


async def test_a_form_with_every_input(page: Page) -> None:
    await page.submit("form", {"title": "T", "amount": "12"})
    assert [one.text for one in page.find_all(".pv-error")] == [
        "At least 2 characters, please.",
        "Please fill this in.",
        "Please fill this in.",
        "9 or less, please.",
    ]
    await page.submit(
        "form", {"title": "Tea", "email": "a@example.org", "secret": "x", "amount": "9", "agree": True}
    )
    assert page.find("#flash-info p").text == "“Tea” is saved."
    await page.click("#flash-info button")
    assert not page.exists("#flash-info")


async def test_links_with_a_method(page: Page) -> None:
    await page.click("a", "Post")
    assert page.find("#method").text == "The request method was post."
    await page.click("a", "Delete")
    assert page.find("#method").text == "The request method was delete."


async def test_a_dialog_opened_by_the_server(page: Page) -> None:
    await page.click("button", "Open on the server")
    assert page.find("#question-title").text == "A question from the server"
    await page.click("#question button", "Yes")
    assert not page.exists("#question")


async def test_rows_rotate_and_are_removed(page: Page) -> None:
    await page.click("button", "Rotate")
    assert [one.text for one in page.find_all("#teas-rows td:first-child")] == ["Rooibos", "Assam", "Sencha"]
    for _ in range(3):
        await page.click(page.find_all("#teas button")[0])
    assert page.find("#teas-rows").text == "All gone."


async def test_a_stream_shows_the_latest_five(page: Page) -> None:
    for _ in range(7):
        await page.click("button", "Add a tea")
    names = [one.text for one in page.find_all("#arrivals-rows tr:not(.pv-only) td:first-child")]
    assert names == [f"Tea number {number}" for number in (10, 9, 8, 7, 6)]


async def test_an_async_result(page: Page) -> None:
    await page.click("button", "How is the weather?")
    assert page.find("#forecast").text == "Loading the forecast…"
    await page.wait_for("#forecast", text="Mild, with a chance of scones.", timeout=5)
