"""The documentation site as readers get it: built strictly, served by a static server with gzip, in a real browser."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt
from playwright.sync_api import BrowserContext, Page, expect
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from scripts.site.build import VERSION, build
from scripts.site.publish import publish
from tests.browser.axe import faults
from tests.browser.server import serving
from tests.docs.pages import ROOT

NewContext = Callable[..., BrowserContext]

# What readers type, and the page that must be among the first three results.
SEARCHES = {
    "download a file": "downloads/",
    "upload a file": "uploads/",
    "sign out": "authentication/",
    "timer": "pubsub/",
}
KINDS = ("", "getting-started/", "settings/", "architecture/", "reference-forms/")
LARGEST = 100 * 1024  # bytes of a first page, compressed as they are sent
OLDER = "0.0"
# Starts before the page does, and counts what Chromium calls unexpected.
SHIFTS = """window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({type: "layout-shift", buffered: true});"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two published versions: this one, and the same as an older one without the page about uploads."""
    build()
    site = tmp_path_factory.mktemp("site")
    older = tmp_path_factory.mktemp("older") / "pages"
    shutil.copytree(VERSION, older)
    shutil.rmtree(older / "uploads")
    publish(site, older, OLDER)
    publish(site)
    return site


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[str]:
    app = Starlette(
        routes=[Mount("/", StaticFiles(directory=folder, html=True))],
        middleware=[Middleware(GZipMiddleware, compresslevel=6)],
    )
    with serving(app) as url:
        yield url


def paths(site: Path) -> list[str]:
    """Return the pages that the navigation of the start page leads to."""
    soup = BeautifulSoup((site / "latest" / "index.html").read_text(encoding="utf-8"), "html.parser")
    found = {str(link["href"]) for link in soup.select("nav a[href]")}
    return sorted(path for path in found if not re.match(r"[a-z]+:|#|\.\.", path))


def test_every_page_opens_alone_fits_a_phone_and_does_not_move(
    new_context: NewContext, site: str, folder: Path
) -> None:
    pages = [*paths(folder), "search-of-a-page-that-is-not-there"]
    assert len(pages) > 55
    context = new_context(viewport={"width": 360, "height": 740})
    context.add_init_script(SHIFTS)
    faults: list[str] = []
    page = context.new_page()
    page.on("request", lambda it: faults.append(it.url) if not it.url.startswith(site) else None)
    page.on("console", lambda it: faults.append(f"{page.url}: {it.text}") if "404" not in it.text else None)
    for path in pages[:-1]:
        response = page.goto(f"{site}/latest/{path}")
        assert response is not None
        assert response.status == 200, path
        wide, shifted = page.evaluate("[document.documentElement.scrollWidth, window.shifted]")
        faults += [f"{path} is {wide} pixels wide"] if wide > 360 else []
        faults += [f"{path} moves by {shifted}"] if shifted > 0.01 else []
    assert faults == []


@pytest.mark.parametrize("phrase", SEARCHES)
def test_the_search_finds(page: Page, site: str, phrase: str) -> None:
    page.goto(f"{site}/latest/")
    page.keyboard.press("/")
    page.keyboard.type(phrase)
    results = page.locator(".md-search-result__item > .md-search-result__link")
    expect(results.first).to_be_visible()
    first = [str(results.nth(at).get_attribute("href")) for at in range(min(3, results.count()))]
    assert any(f"/latest/{SEARCHES[phrase]}" in href for href in first), first


def test_a_search_in_the_address_is_answered(page: Page, site: str) -> None:
    page.goto(f"{site}/latest/?q=presence")
    expect(page.locator(".md-search-result__link").first).to_be_visible()


def test_the_first_page_is_small_and_has_no_search_yet(page: Page, site: str) -> None:
    sizes: dict[str, int] = {}
    page.on("requestfinished", lambda it: sizes.update({it.url: it.sizes()["responseBodySize"]}))
    page.goto(f"{site}/latest/", wait_until="networkidle")
    assert any(url.endswith(".webp") for url in sizes)
    assert not any("search_index" in url for url in sizes)
    assert sum(sizes.values()) < LARGEST, sizes


@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 1280)])
def test_axe_finds_no_fault_in_each_kind_of_page(
    new_context: NewContext, site: str, scheme: str, width: int
) -> None:
    page = new_context(color_scheme=scheme, viewport={"width": width, "height": 800}).new_page()
    for path in (*KINDS, "not-there"):
        page.goto(f"{site}/latest/{path}")
        expect(page.locator("h1")).to_be_visible()
        assert faults(page) == [], path


def test_the_theme_follows_the_system_until_it_is_switched(new_context: NewContext, site: str) -> None:
    page = new_context(color_scheme="dark").new_page()
    page.goto(f"{site}/latest/")
    body = page.locator("body")
    expect(body).to_have_attribute("data-md-color-scheme", "slate")
    expect(page.locator("img[src*=counter-dark]")).to_be_visible()
    expect(page.locator("img[src*='counter.webp']")).to_be_hidden()
    page.get_by_title("Use the light theme").click()
    expect(body).to_have_attribute("data-md-color-scheme", "default")
    page.goto(f"{site}/latest/forms/")
    expect(body).to_have_attribute("data-md-color-scheme", "default")
    page.emulate_media(color_scheme="light")
    page.get_by_title("Use the dark theme").click()
    expect(body).to_have_attribute("data-md-color-scheme", "slate")


def test_the_switch_of_versions_stays_on_the_page(page: Page, site: str) -> None:
    page.goto(f"{site}/latest/forms/#inputs")
    expect(page.locator("[data-md-component=outdated]")).to_be_hidden()
    page.get_by_role("button", name="choose another").press("Enter")
    page.get_by_role("link", name=OLDER, exact=True).press("Enter")
    page.wait_for_url(f"{site}/{OLDER}/forms/#inputs")
    page.get_by_role("link", name="Go to the newest version").click()
    page.wait_for_url(f"{site}/latest/")


def test_a_version_without_the_page_opens_at_its_start(page: Page, site: str) -> None:
    page.goto(f"{site}/latest/uploads/")
    page.get_by_role("button", name="choose another").press("Enter")
    page.get_by_role("link", name=OLDER, exact=True).press("Enter")
    page.wait_for_url(f"{site}/{OLDER}/")


def test_the_address_of_the_site_leads_to_the_newest_version(page: Page, site: str) -> None:
    page.goto(site)
    page.wait_for_url(f"{site}/latest/")
    page.goto(f"{site}/latest/no/such/page")
    expect(page.get_by_role("heading", name="This page does not exist")).to_be_visible()
    page.get_by_role("link", name="start page").click()
    page.wait_for_url(f"{site}/latest/")


def test_code_is_copied_without_the_name_of_its_file(new_context: NewContext, site: str) -> None:
    page = new_context(permissions=["clipboard-read", "clipboard-write"]).new_page()
    page.goto(f"{site}/latest/")
    page.locator(".highlight").first.get_by_title("Copy to clipboard").click()
    page.wait_for_function(
        "navigator.clipboard.readText().then((text) => text.startsWith('from pyview import'))"
    )


def test_pages_have_neighbours_and_no_link_to_edit_without_a_repository(page: Page, site: str) -> None:
    page.goto(f"{site}/latest/events/")
    expect(page.locator("[rel=edit]")).to_have_count(0)
    page.get_by_role("link", name="Next: Navigation").click()
    page.wait_for_url(f"{site}/latest/navigation/")
    page.get_by_role("link", name="Previous: Events").click()
    page.wait_for_url(f"{site}/latest/events/")


@pytest.mark.parametrize("page_file", sorted((ROOT / "docs").glob("*.md")), ids=lambda file: file.stem)
def test_the_site_has_the_structure_that_code_hosts_show(folder: Path, page_file: Path) -> None:
    """The generator reads another dialect of Markdown, in which lists and blocks can fall apart."""
    name = "" if page_file.stem == "index" else page_file.stem
    shown = MarkdownIt("commonmark").enable("table").render(page_file.read_text(encoding="utf-8"))
    built = (folder / "latest" / name / "index.html").read_text(encoding="utf-8")
    article = built.partition("<article")[2].partition("</article>")[0]
    assert structure(article) == structure(shown)


def structure(html: str) -> dict[str, int]:
    """Count elements: headings, rows of tables, lists, blocks of code that are not drawn, and emphasis."""
    html = re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL)
    names = ("h1", "h2", "h3", "li", "ol", "tr", "strong", "em")
    counted = {name: len(re.findall(rf"<{name}[ >]", html)) for name in names}
    return counted | {"pre": len(re.findall(r"<pre[ >](?!<code class=\"language-mermaid)", html))}
