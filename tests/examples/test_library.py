"""Tests of the library: a page costs one set of queries."""

from examples.library.app import app
from examples.library.library import CATALOGUE, LibraryLiveView
from pyview import PyView
from pyview.testing import LiveClient


async def test_a_page_costs_one_set_of_queries() -> None:
    before = CATALOGUE.queries
    async with LiveClient(app) as client:
        page = await client.open("/?q=jane")
        assert page.connected
        assert CATALOGUE.queries == before + 2
        assert [row.text for row in page.find_all("tbody th")] == ["Emma", "Persuasion", "Jane Eyre"]
        assert page.find("output").text == str(CATALOGUE.queries)


async def test_a_page_that_is_mounted_twice_costs_two() -> None:
    class Twice(LibraryLiveView):
        mount_once = False

    twice = PyView()
    twice.add_live_view("/", Twice)
    before = CATALOGUE.queries
    async with LiveClient(twice) as client:
        await client.open("/")
    assert CATALOGUE.queries == before + 4


async def test_a_search_goes_into_the_url() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        before = CATALOGUE.queries
        await page.change("#q", "eliot")
        assert page.path == "/?q=eliot"
        assert page.has_text("2 books")
        assert CATALOGUE.queries == before + 1
        await page.change("#q", "none of them")
        assert page.find(".empty").text == "No book matches “none of them”."
