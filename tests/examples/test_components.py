"""Tests of the reading list."""

from examples.components.app import app
from pyview.testing import LiveClient, Page


def titles(page: Page) -> list[str]:
    return [each.text for each in page.find_all(".book h2")]


def lit(page: Page, book: str) -> int:
    return len(page.find_all(f"#book-{book} .star.lit"))


async def rate(page: Page, book: str, stars: int) -> None:
    await page.click(f"#book-{book} .star:nth-of-type({stars})")


async def test_the_page_shows_the_average_rating() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        assert page.find(".summary").text == "Nothing rated yet"
        await rate(page, "dracula", 4)
        await rate(page, "awakening", 5)
        assert (lit(page, "dracula"), lit(page, "awakening")) == (4, 5)
        assert page.find(".summary").text == "4.5 on average, 2 of 6 rated"
        await rate(page, "dracula", 4)
        assert page.find(".summary").text == "5.0 on average, 1 of 6 rated"
        await page.click("button", "Clear all stars")
        await page.settle()
        assert (lit(page, "dracula"), lit(page, "awakening")) == (0, 0)


async def test_notes_move_with_their_book() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.click("#book-dracula button", "Add a note")
        await page.change("#note-dracula", {"note": "Sunlight does no harm"})
        await page.submit("#note-dracula")
        for _ in range(5):
            await page.click("button", "Mix")
            assert page.find("#book-dracula .written").text == "Sunlight does no harm"
            assert len(page.find_all(".written")) == 1


async def test_books_can_be_removed_and_restored() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await rate(page, "middlemarch", 5)
        await page.click("[aria-label='Remove Middlemarch']")
        assert "Middlemarch" not in titles(page)
        assert page.find(".summary").text == "Nothing rated yet"
        await page.click("button", "Bring back 1")
        assert titles(page)[-1] == "Middlemarch"
        assert lit(page, "middlemarch") == 0


async def test_the_folded_panel_keeps_updating() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.click("button", "Summary")
        assert not page.exists(".summary")
        await rate(page, "dracula", 2)
        await page.click("button", "Summary")
        assert page.find(".summary").text == "2.0 on average, 1 of 6 rated"


async def test_invalid_ratings_are_ignored() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.push("choose", {"stars": 99}, target="#book-dracula .stars")
        assert lit(page, "dracula") == 0
