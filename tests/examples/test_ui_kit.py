"""Tests of the UI kit's pages."""

from collections.abc import AsyncIterator

import pytest
from bs4 import BeautifulSoup

from examples.ui_kit.app import app
from examples.ui_kit.demo import GROUPS, demos
from pyview.testing import LiveClient


@pytest.fixture
async def client() -> AsyncIterator[LiveClient]:
    async with LiveClient(app) as client:
        yield client


async def test_the_start_page_leads_to_each_component(client: LiveClient) -> None:
    page = await client.open("/")
    assert [link["href"] for link in page.find_all("a.card")] == [f"./{name}" for name in demos()]
    for group in page.find_all("h2"):
        assert group.text in GROUPS


async def test_each_page_shows_the_source_of_its_demo_as_it_is(client: LiveClient) -> None:
    for name, view in demos().items():
        soup = BeautifulSoup((await client.get(f"/{name}")).text, "html.parser")
        heading, code = soup.select_one("h1"), soup.select_one("pre code")
        assert heading is not None
        assert heading.text == view.about.title
        assert code is not None
        assert "pyview/components.html" in code.text


async def test_an_unknown_section_of_the_office_is_not_found(client: LiveClient) -> None:
    assert (await client.get("/office/nothing")).status_code == 404


async def test_the_page_number_and_the_step_stay_in_their_range(client: LiveClient) -> None:
    assert (await client.open("/pagination?page=99")).has_text("Page 20 of 20")
    page = await client.open("/stepper?step=-3")
    assert page.find("[aria-current=step]").text == "1Account"


async def test_the_server_holds_a_tab_that_it_knows(client: LiveClient) -> None:
    page = await client.open("/tabs")
    await page.click("#report-tab-week")
    assert page.find("#report-week").text == "2,104 orders"
    await page.push("choose", {"name": "<script>"})
    assert page.find("#report-day").text == "318 orders"
