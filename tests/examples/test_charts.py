"""Tests of the charts: they move, change their kind, and answer clicks."""

import pytest

from examples.charts.app import app
from pyview.testing import LiveClient
from pyview.testing.errors import PageError


async def test_the_load_moves() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        before = page.find("#load .pv-line")["d"]
        await page.wait_for(lambda page: page.find("#load .pv-line")["d"] != before)


@pytest.mark.parametrize(("kind", "css"), [("line", ".pv-line"), ("area", ".pv-area"), ("bar", ".pv-bar")])
async def test_the_sales_are_shown_in_each_kind_and_answer_clicks(kind: str, css: str) -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.click("button", kind.capitalize())
        assert len(page.find_all(f"#sales {css}")) == 3
        await page.click("#sales a[aria-label='Dec: Online 96']")
        assert page.find("[role=status]").text == "Online, Dec: 96 thousand"
        await page.click("button", "Stacked")
        await page.click("#sales a[aria-label='Mar: Partners 11']")
        assert page.find("[role=status]").text == "Partners, Mar: 11 thousand"


async def test_an_invented_point_chooses_nothing() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.push("choose", {"series": "<b>", "x": "Dec", "value": "1", "index": "0"})
        with pytest.raises(PageError, match="bad_payload"):
            await page.push("choose", {"series": "Shop", "x": "Dec", "value": "many", "index": "0"})
        assert page.find("[role=status]").text == "Click a bar or a point."
