"""Tests of the workshop: nested sensors and a sticky timer."""

import re

import pytest

from examples.nested.app import app
from pyview.testing import LiveClient, ViewCrashed


async def test_each_sensor_is_a_view_of_its_own() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        assert [page.child(one).find("h2").text for one in ("kiln", "drying", "air")] == [
            "Kiln",
            "Drying room",
            "Compressor",
        ]
        await page.settle(1.1)
        for one in ("kiln", "drying", "air"):
            assert re.search(r"\b[1-9] readings? since", page.child(one).text)


async def test_a_crashed_sensor_restarts_alone() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.click("button", "Round made: 0")
        await page.settle(1.1)
        with pytest.raises(ViewCrashed):
            await page.child("air").push("pull_the_plug")
        assert "0 readings" in page.child("air").text
        assert "1 reading " in page.child("kiln").text
        assert page.exists("button", "Round made: 1")


async def test_the_timer_keeps_running_across_pages() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        timer = page.child("timer")
        await page.click("button", "+1")
        await page.click("button", "Start")
        await page.click("a", "Log")
        assert (page.path, page.title) == ("/log", "Log · Workshop")
        assert page.exists("a[aria-current=page]", "Log")
        await page.settle(1.1)
        await page.click("button", "Pause")
        paused = timer.find("output").text
        assert "25:00" < paused < "26:00"
        await page.click("a", "Sensors")
        await page.settle(1.1)
        assert (timer.find("output").text, timer.mounts) == (paused, 1)


async def test_the_log_shows_new_entries() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/log")
        await page.submit("#log", {"entry": "  oiled the lathe "})
        await page.submit("#log", {"entry": " "})
        assert [one.text for one in page.find_all(".entries li")] == ["oiled the lathe"]
        assert page.attributes["meta"] == {"description": "What was done in the workshop."}
