"""Tests of the logbook, a window of an endless list."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from examples.streams.app import app
from examples.streams.archive import SECONDS_BETWEEN, WRITTEN, Archive
from examples.streams.logbook import PAGE, WINDOW, LogbookLiveView
from pyview.testing import LiveClient, Page


class Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def entries(self, count: int) -> None:
        """Advance the clock until `count` more entries exist."""
        self.time += timedelta(seconds=count * SECONDS_BETWEEN)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(LogbookLiveView, "archive", Archive(made))
    return made


def numbers(page: Any) -> list[int]:
    return [int(entry["id"].removeprefix("entry-")) for entry in page.find_all("#entries > article")]


def stretch(newest: int, count: int) -> list[int]:
    return [*range(newest, newest - count, -1)]


async def older(page: Page) -> None:
    """Scroll to the lower end."""
    await page.push("older", {"id": f"entry-{numbers(page)[-1]}"})


async def newer(page: Page) -> None:
    """Scroll to the upper end."""
    await page.push("newer", {"id": f"entry-{numbers(page)[0]}"})


def test_an_entry_is_always_the_same() -> None:
    assert Archive(Clock()).entry(7) == Archive(Clock()).entry(7)


async def test_the_first_page_shows_the_latest_entries(clock: Clock) -> None:
    async with LiveClient(app) as client:
        assert (await client.get("/")).text.count('class="entry') == PAGE
        page = await client.open("/")
        assert numbers(page) == stretch(WRITTEN, PAGE)


async def test_scrolling_down_keeps_a_window(clock: Clock) -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        for loaded in range(2, 7):
            await older(page)
            assert numbers(page) == stretch(WRITTEN, loaded * PAGE)[-WINDOW:]
        assert page.find("#latest").text == f"{2 * PAGE} newer"


async def test_scrolling_up_again(clock: Clock) -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        for _ in range(6):
            await older(page)
        for _ in range(10):
            await newer(page)
        assert numbers(page) == stretch(WRITTEN, WINDOW)
        assert not page.exists("#latest")
        await older(page)
        assert numbers(page) == stretch(WRITTEN, WINDOW + PAGE)[-WINDOW:]


async def test_who_asks_twice_gets_the_whole_window_in_order(clock: Clock) -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.click(f"#entry-{WRITTEN - 1} [phx-click=hide]")
        for _ in range(2):
            await page.push("older", {"id": f"entry-{WRITTEN - PAGE + 1}"})
        assert numbers(page) == [n for n in stretch(WRITTEN, 2 * PAGE) if n != WRITTEN - 1]
        for _ in range(4):
            await older(page)
        first = numbers(page)[0]
        for _ in range(2):
            await page.push("newer", {"id": f"entry-{first}"})
        assert numbers(page) == stretch(first + PAGE, WINDOW)


async def test_the_end_of_the_log(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    class Short(Archive):
        @property
        def newest(self) -> int:
            return PAGE + 5

    monkeypatch.setattr(LogbookLiveView, "archive", Short(clock))
    async with LiveClient(app) as client:
        page = await client.open("/")
        for _ in range(3):
            await older(page)
        assert numbers(page) == stretch(PAGE + 5, PAGE + 5)


async def test_new_entries_appear_at_the_top(clock: Clock) -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        clock.entries(2)
        await page.wait_for(f"#entry-{WRITTEN + 2}")
        assert numbers(page) == stretch(WRITTEN + 2, PAGE + 2)


async def test_new_entries_are_counted_while_the_user_reads_older_ones(clock: Clock) -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        for _ in range(3):
            await older(page)
        clock.entries(7)
        await page.wait_for("#latest", text="7 newer")
        assert numbers(page)[0] == WRITTEN
        await page.click("#latest")
        assert numbers(page) == stretch(WRITTEN + 7, PAGE)


async def test_entries_can_be_starred_and_hidden(clock: Clock) -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        star = f"#entry-{WRITTEN - 3} [phx-click=star]"
        await page.click(star)
        assert page.find(star)["aria-pressed"] == "true"
        await page.click(star)
        assert page.find(star)["aria-pressed"] == "false"
        await page.click(f"#entry-{WRITTEN - 1} [phx-click=hide]")
        assert numbers(page) == [n for n in stretch(WRITTEN, PAGE) if n != WRITTEN - 1]
        await page.click("#entries > article:first-child [phx-click=hide]")
        await older(page)
        await newer(page)
        assert numbers(page) == stretch(WRITTEN - 2, 2 * PAGE - 2)


@pytest.mark.parametrize("number", [0, -5, WRITTEN + 1, 10**9])
async def test_an_unknown_entry_changes_nothing(clock: Clock, number: int) -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.push("star", {"number": number})
        await page.push("hide", {"number": number})
        assert numbers(page) == stretch(WRITTEN, PAGE)


async def test_a_reconnected_page_keeps_its_window(clock: Clock) -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await older(page)
        await older(page)
        await page.drop()
        clock.entries(3)
        await page.reconnect()
        assert numbers(page) == stretch(WRITTEN, 3 * PAGE)
        await page.wait_for("#latest", text="3 newer")
