"""Tests of the gallery: every example works below its prefix."""

import os
import secrets
import subprocess
import sys

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


async def test_the_index_links_to_every_example() -> None:
    async with LiveClient(app, lifespan=False) as client:
        page = await client.open("/")
        assert [card["href"] for card in page.find_all("a.card")] == [example.href for example in EXAMPLES]


async def test_the_search_is_in_the_address_and_finds_by_subject() -> None:
    async with LiveClient(app, lifespan=False) as client:
        page = await client.open("/")
        await page.change("input[name=q]", "files")
        assert page.path == "/?q=files"
        assert [group.text for group in page.find_all("h2")] == ["Forms and files"]
        again = await client.open("/?q=presence cursor")
        assert [card.text for card in again.find_all("h3")] == ["Shared notes", "Shared board"]
        await page.change("input[name=q]", "<b>")
        assert page.has_text("No example has “<b>”.")


async def test_each_guide_is_a_page_whose_links_lead_somewhere() -> None:
    async with LiveClient(app, lifespan=False) as client:
        assert (await client.open("/guides/forms")).connected
        for name in FILES:
            guide = BeautifulSoup((await client.get(f"/guides/{name}")).text, "html.parser").select_one(
                ".guide"
            )
            assert guide is not None, name
            assert "<!--" not in guide.text
            anchors = {str(heading["id"]) for heading in guide.select("[id]")}
            for link in guide.select("a[href^='/guides/']"):
                path, _, fragment = str(link["href"]).removeprefix("/guides/").partition("#")
                assert path in FILES
                assert path != name or not fragment or fragment in anchors
            pictures = [source["srcset"] for source in guide.select("picture source")]
            pictures += [image["src"] for image in guide.select("img")]
            for picture in pictures:
                assert (await client.get(str(picture))).status_code == 200, f"{name}: {picture}"
        assert (await client.get("/guides/..%2Fpyproject")).status_code == 404
        assert (await client.get("/guides/nothing")).status_code == 404


# One pass for all: to start the applications takes longer than to open their pages.
async def test_each_example_is_live_below_its_prefix_with_source_guide_and_the_way_home() -> None:
    async with LiveClient(app) as client:
        for example in MOUNTED:
            # Without the last slash, which redirects.
            page = await client.open(example.prefix)
            assert (page.path, page.connected) == (example.href, True)
            link, attribute = (
                (".bar a[href^='/sources/']", "href") if example.whole else (".source iframe", "src")
            )
            assert page.find(link)[attribute] == f"/sources/{example.folder}"
            sheets = [link["href"] for link in page.find_all("link[href*=gallery]")]
            assert sheets == ["/assets/gallery.css"], example.folder
            assert page.find(".bar a[href^='/guides/']")["href"].removeprefix("/guides/") in FILES
            assert page.find(".bar a", "All examples")["href"] == "/"
        assert (await client.get("/assets/gallery.css")).headers["content-type"].startswith("text/css")
        login = await client.open("/dashboard")
        assert login.find(".source iframe")["src"] == f"/sources/{EXAMPLES[-1].folder}"


async def test_the_source_of_each_example_is_a_page() -> None:
    async with LiveClient(app, lifespan=False) as client:
        for example in EXAMPLES:
            check_source(
                BeautifulSoup((await client.get(f"/sources/{example.folder}")).text, "html.parser"), example
            )
        for name in ("nothing", "..%2Fgallery", "gallery"):
            assert (await client.get(f"/sources/{name}")).status_code == 404


def check_source(page: BeautifulSoup, example: Example) -> None:
    folder, names = ROOT / "examples" / example.folder, [label.text for label in page.select("label")]
    files = {path.name for path in folder.iterdir() if path.suffix in (".py", ".html", ".css", ".js")}
    assert set(names) == files - {"__init__.py"}, example.folder
    for name, code in zip(names, page.select("pre"), strict=True):
        assert code.text.split() == (folder / name).read_text().split()


async def test_a_patch_keeps_the_prefix() -> None:
    async with LiveClient(app, lifespan=False) as client:
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
    async with LiveClient(app, lifespan=False) as client:
        page = await client.open("/dashboard")
        assert page.path == "/login?next=%2Fdashboard"
        await page.submit("form", {"username": "demo", "password": "demo"})
        assert (page.path, page.connected) == ("/dashboard", True)
        await page.click("button", "Sign out")
        assert page.path == "/login"
