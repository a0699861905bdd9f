"""Tests of the counter."""

from examples.counter.app import app
from pyview.testing import LiveClient


async def test_it_counts_clicks() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        for _ in range(3):
            await page.click("button", "+")
        await page.click("[aria-label='One less']")
        assert page.find("h1").text == "2"
        assert page.title == "2 · Counter"


async def test_it_counts_arrow_keys_and_no_others() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        for key in ("ArrowUp", "ArrowUp", "ArrowDown", "a"):
            await page.key(None, key, events=("keydown",))
        assert page.find("h1").text == "1"


async def test_reset_is_disabled_at_zero() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        assert page.exists("button[disabled]", "Reset")
        await page.click("button", "+")
        await page.click("button", "Reset")
        assert page.find("h1").text == "0"


async def test_each_page_has_its_own_count() -> None:
    async with LiveClient(app) as client:
        one, other = await client.open("/"), await client.open("/")
        await one.click("button", "+")
        assert (one.find("h1").text, other.find("h1").text) == ("1", "0")
