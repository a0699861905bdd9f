"""Tests of the bookshelf."""

import pytest

from examples.tstrings import app as tstrings
from examples.tstrings.app import app
from pyview import PyView
from pyview.testing import LiveClient, Page


def titles(page: Page) -> list[str]:
    """Return titles and authors of the shown books."""
    return [heading.text for heading in page.find_all("tbody th")]


async def test_it_sorts() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        assert titles(page)[0].startswith("Invisible Cities")
        await page.click("button", "Year")
        assert titles(page)[0].startswith("Solaris")
        assert page.exists("button[aria-pressed=true]", "Year")


async def test_read_books_can_be_hidden() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        assert page.find("[role=status]").text == "6 of 8 still to read"
        await page.click("button", "Unread only")
        assert len(titles(page)) == 6
        while titles(page):
            await page.click("tbody tr:first-child button")
        assert page.has_text("All read.")
        assert page.find("[role=status]").text == "0 of 8 still to read"


async def test_a_python_without_template_strings_shows_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tstrings, "HAS_TEMPLATE_STRINGS", False)
    other = PyView()
    other.add_live_view("/", tstrings.shelf())
    async with LiveClient(other) as client:
        assert (await client.open("/")).has_text("future-tstrings")
