"""Pings: many questions at once, and none of them holds up the page."""

import pytest

from examples.page import page as page_around
from examples.webping.app import app, pinger
from examples.webping.pings import Pinger
from examples.webping.places import PLACES, places
from examples.webping.webping import webping
from pyview import PyView
from pyview.testing import LiveClient

NEAR, FAR, BROKEN, SILENT = PLACES


async def test_each_answer_in_words() -> None:
    asked = Pinger(PLACES, app=places, patience=0.1)
    near, broken, silent = [await asked.ask(url) for url in (NEAR, BROKEN, SILENT)]
    assert (near.text, near.is_fine) == ("status 200", True)
    assert (broken.text, broken.is_fine) == ("status 503", False)
    assert (silent.text, silent.milliseconds) == ("no answer within 0.1 s", None)


async def test_who_cannot_be_reached() -> None:
    answer = await Pinger(["http://127.0.0.1:1/"]).ask("http://127.0.0.1:1/")
    assert answer.text == "cannot be reached: ConnectError"


def test_the_sites_are_the_operators_choice() -> None:
    assert pinger({"WEBPING_URLS": "https://a.example/ https://b.example/"}).urls == (
        "https://a.example/",
        "https://b.example/",
    )
    assert pinger({}).urls == PLACES


def pings(patience: float) -> PyView:
    made = PyView()
    made.rootTemplate = page_around("Pings")
    made.add_live_view("/", webping(Pinger(PLACES, app=places, patience=patience)))
    return made


async def test_answers_come_one_by_one_and_the_page_stays_awake() -> None:
    async with LiveClient(pings(patience=0.4)) as client:
        page = await client.open("/")
        await page.wait_for(".fine")
        assert SILENT in [url.text for url in page.find_all(".asking .url")]
        await page.wait_for(lambda page: not page.find_all(".asking"), 5)
        said = {li.find(".url").text: li["class"] for li in page.find_all(".sites li")}
        assert said == {NEAR: "fine", FAR: "fine", BROKEN: "bad", SILENT: "bad"}


async def test_questions_can_be_stopped() -> None:
    async with LiveClient(pings(patience=60)) as client:
        page = await client.open("/")
        await page.click("button", text="Stop")
        assert not page.find_all(".asking")
        assert page.has_text("not asked to the end")


@pytest.mark.parametrize("url", ["http://169.254.169.254/", ""])
async def test_nobody_else_is_asked(url: str) -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.push("ask", {"site": url})
        assert len(page.find_all(".sites li")) == len(PLACES)
