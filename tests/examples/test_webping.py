"""Tests of the pings: concurrent requests that do not block the page."""

import pytest

from examples.page import page as page_around
from examples.webping.app import app, pinger
from examples.webping.demo_sites import DEMO_URLS, demo_sites
from examples.webping.pings import Pinger
from examples.webping.webping import webping
from pyview import PyView
from pyview.testing import LiveClient

NEAR, FAR, BROKEN, SILENT = DEMO_URLS


async def test_each_result_has_a_text() -> None:
    site_pinger = Pinger(DEMO_URLS, app=demo_sites, timeout=0.1)
    near, broken, silent = [await site_pinger.ask(url) for url in (NEAR, BROKEN, SILENT)]
    assert (near.text, near.is_fine) == ("status 200", True)
    assert (broken.text, broken.is_fine) == ("status 503", False)
    assert (silent.text, silent.milliseconds) == ("no answer within 0.1 s", None)


async def test_an_unreachable_site() -> None:
    answer = await Pinger(["http://127.0.0.1:1/"]).ask("http://127.0.0.1:1/")
    assert answer.text == "cannot be reached: ConnectError"


def test_the_sites_come_from_the_environment() -> None:
    assert pinger({"WEBPING_URLS": "https://a.example/ https://b.example/"}).urls == (
        "https://a.example/",
        "https://b.example/",
    )
    assert pinger({}).urls == DEMO_URLS


def pings(timeout: float) -> PyView:
    made = PyView()
    made.rootTemplate = page_around("Pings")
    made.add_live_view("/", webping(Pinger(DEMO_URLS, app=demo_sites, timeout=timeout)))
    return made


async def test_results_arrive_one_by_one_while_the_page_stays_responsive() -> None:
    async with LiveClient(pings(timeout=0.4)) as client:
        page = await client.open("/")
        await page.wait_for(".fine")
        assert SILENT in [url.text for url in page.find_all(".asking .url")]
        await page.wait_for(lambda page: not page.find_all(".asking"), 5)
        results = {li.find(".url").text: li["class"] for li in page.find_all(".sites li")}
        assert results == {NEAR: "fine", FAR: "fine", BROKEN: "bad", SILENT: "bad"}


async def test_pings_can_be_cancelled() -> None:
    async with LiveClient(pings(timeout=60)) as client:
        page = await client.open("/")
        await page.click("button", text="Stop")
        assert not page.find_all(".asking")
        assert page.has_text("cancelled")


@pytest.mark.parametrize("url", ["http://169.254.169.254/", ""])
async def test_a_client_cannot_choose_the_site(url: str) -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.push("ask", {"site": url})
        assert len(page.find_all(".sites li")) == len(DEMO_URLS)
