"""Tests of the gallery: every example works below its prefix."""

import os
import secrets
import subprocess
import sys

import pytest
from bs4 import BeautifulSoup

from examples.gallery import EXAMPLES, Example, app
from examples.gallery.guides import FILES, ROOT
from pyview.testing import LiveClient

MOUNTED = [example for example in EXAMPLES if example.prefix and not example.calls_out]

START = """
import asyncio
from examples.gallery import app

async def start():
    async with app.router.lifespan_context(app):
        print("started")

asyncio.run(start())
"""


@pytest.fixture(params=MOUNTED, ids=lambda example: example.folder)
def example(request: pytest.FixtureRequest) -> Example:
    chosen: Example = request.param
    return chosen


async def test_the_index_links_to_every_example() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        assert [card["href"] for card in page.find_all("a.card")] == [example.href for example in EXAMPLES]


async def test_the_search_is_in_the_address_and_finds_by_subject() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.change("input[name=q]", "files")
        assert page.path == "/?q=files"
        assert [group.text for group in page.find_all("h2")] == ["Forms and files"]
        again = await client.open("/?q=presence cursor")
        assert [card.text for card in again.find_all("h3")] == ["Shared notes", "Shared board"]
        await page.change("input[name=q]", "<b>")
        assert page.has_text("No example has “<b>”.")


SHOWN = [example for example in EXAMPLES if not example.calls_out]


@pytest.mark.parametrize("example", SHOWN, ids=lambda example: example.folder)
async def test_an_example_shows_its_source_and_leads_to_its_guide(example: Example) -> None:
    folder = ROOT / "examples" / example.folder
    async with LiveClient(app) as client:
        # The page of a sign-in also has the source.
        html = (await client.get("/login" if not example.prefix else example.href)).text
        shown = BeautifulSoup(html, "html.parser")
        names = [label.text for label in shown.select(".source label")]
        files = {path.name for path in folder.iterdir() if path.suffix in (".py", ".html", ".css", ".js")}
        assert set(names) == files - {"__init__.py"}
        for name, code in zip(names, shown.select(".source pre"), strict=True):
            assert code.text.split() == (folder / name).read_text().split()
        [guide] = shown.select(".bar a[href^='/guides/']")
        assert (await client.open(str(guide["href"]))).exists("h1")


async def test_each_guide_is_a_page_whose_links_lead_somewhere() -> None:
    async with LiveClient(app) as client:
        for name in FILES:
            page = await client.open(f"/guides/{name}")
            assert page.connected
            assert "<!--" not in page.find(".guide").text
            for link in page.find_all(".guide a[href^='/guides/']"):
                path, _, fragment = link["href"].removeprefix("/guides/").partition("#")
                assert path in FILES
                if fragment and path == name:
                    assert page.exists(f"[id='{fragment}']")
        assert (await client.get("/guides/..%2Fpyproject")).status_code == 404
        assert (await client.get("/guides/nothing")).status_code == 404


async def test_an_example_is_live_below_its_prefix_and_links_back(example: Example) -> None:
    async with LiveClient(app) as client:
        page = await client.open(example.href)
        assert page.connected
        await page.click("a", "All examples")
        assert page.path == "/"


async def test_a_prefix_without_the_last_slash_is_redirected(example: Example) -> None:
    async with LiveClient(app) as client:
        page = await client.open(example.prefix)
        assert (page.path.partition("?")[0], page.connected) == (f"{example.prefix}/", True)


async def test_all_examples_share_one_stylesheet() -> None:
    async with LiveClient(app) as client:
        for path in ["/", *(example.href for example in MOUNTED)]:
            page = await client.open(path)
            assert [link["href"] for link in page.find_all("link[href*=gallery]")] == ["/assets/gallery.css"]
        assert (await client.get("/assets/gallery.css")).headers["content-type"].startswith("text/css")


async def test_a_patch_keeps_the_prefix() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/table/")
        await page.change("#q", "lisbon")
        assert page.path == "/table/?q=lisbon"
        await page.click("thead a", "Total")
        assert page.path == "/table/?q=lisbon&sort=total"


async def test_the_market_also_runs_in_the_gallery() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/ticker/")
        before = page.find(".quotes").text
        await page.wait_for(lambda page: page.find(".quotes").text != before, 5)


def test_the_gallery_starts_without_a_warning() -> None:
    done = subprocess.run(
        [sys.executable, "-c", START],
        env={**os.environ, "PYVIEW_SECRET": secrets.token_urlsafe(32)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "started\n", "")


async def test_the_documented_example_keeps_its_absolute_paths() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/dashboard")
        assert page.path == "/login?next=%2Fdashboard"
        await page.submit("form", {"username": "demo", "password": "demo"})
        assert (page.path, page.connected) == ("/dashboard", True)
        await page.click("button", "Sign out")
        assert page.path == "/login"
