"""Tests of the shopping list: events to the server and commands from it."""

from examples.js_commands.app import app
from examples.js_commands.js_commands import CLOSE, LONGEST_TEXT, MOST_ITEMS
from pyview import js
from pyview.testing import LiveClient, Page


def items(page: Page) -> list[str]:
    return [item.text for item in page.find_all(".items li span")]


async def test_a_bought_item_is_removed() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        before = items(page)
        await page.click("#item-2 button")
        assert items(page) == [before[0], before[2]]


async def test_an_added_item_closes_the_dialog() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.submit("#card", {"text": "  Two lemons "})
        assert items(page)[-1] == "Two lemons"
        ((name, sent),) = page.events
        expected = CLOSE.transition("glow", to="#item-4", time=1200)
        assert (name, sent["commands"]) == ("pyview:exec", expected.__json__())


async def test_invalid_items_shake_the_dialog() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        for number in range(MOST_ITEMS - 3):
            await page.submit("#card", {"text": f"Number {number}"})
        page.events.clear()
        for text in ("", "   ", "x" * (LONGEST_TEXT + 1), "one too many"):
            await page.submit("#card", {"text": text})
        assert len(items(page)) == MOST_ITEMS
        shake = js.transition("shake", to="#card", time=400).focus_first("#card").__json__()
        assert [sent["commands"] for _, sent in page.events] == [shake] * 4


async def test_commands_for_the_browser_send_nothing_to_the_server() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        for button in ("#tab-share", "#tab-details", "#tab-list", ".button.main"):
            await page.click(button if button != ".button.main" else "#panel-list > .button")
        assert page.events == []
