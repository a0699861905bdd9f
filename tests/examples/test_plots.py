"""Tests of the plots: figures grow and change, and invented events change nothing."""

import importlib.util
from collections.abc import Sequence
from typing import Any

import pytest

from examples.plots.app import app
from pyview.testing import LiveClient
from pyview.testing.errors import PageError

HAS_ALL = all(map(importlib.util.find_spec, ("plotly", "altair", "matplotlib")))


def changes(events: Sequence[tuple[str, Any]], plot: str) -> list[Any]:
    return [payload for name, payload in events if name == "pyview:plot" and payload["id"] == plot]


@pytest.mark.skipif(not HAS_ALL, reason="needs Plotly, Altair and Matplotlib")
async def test_the_wind_grows_and_another_year_changes_the_others() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.wait_for(lambda page: len(changes(page.events, "wind")) > 1)
        (_, grown, *_) = changes(page.events, "wind")
        assert grown["grown"][0][2] == 60
        picture = page.find("#means img")["src"]
        await page.click("button", "Another year")
        assert [*changes(page.events, "weather")[1]["parts"]] == ["0", "1", "2", "3"]
        assert [*changes(page.events, "year")[1]["parts"]] == ["data-0"]
        assert page.find("#means img")["src"] != picture


@pytest.mark.skipif(not HAS_ALL, reason="needs Plotly, Altair and Matplotlib")
async def test_what_was_chosen_is_shown_and_invented_values_are_not() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.push("choose", {"points": [{"series": "Winter", "x": 1.5, "y": 2}]})
        await page.push("select", {"points": [], "ranges": {"day": [10.2, 20]}})
        assert [each.text for each in page.find_all("[role=status]")] == [
            "Winter: 1.5 °C, 2.0 m/s",
            "Days 10 to 20",
        ]
        await page.push("select", {"points": [], "ranges": {"day": ["<b>", None]}})
        assert page.find_all("[role=status]")[1].text == "Drag over some days."
        with pytest.raises(PageError, match="bad_payload"):
            await page.push("choose", {"points": "all"})


async def test_a_page_without_a_package_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    async with LiveClient(app) as client:
        page = await client.open("/")
        assert [code.text for code in page.find_all("p code")] == [
            f'pip install "pyview-live[{name}]"' for name in ("plotly", "altair", "matplotlib")
        ]
        assert not page.exists("figure")
