"""The application that `pyview new app` writes, in a browser: wide and narrow, light and dark."""

import sys
from collections.abc import Callable, Iterator
from importlib import import_module

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.axe import faults
from tests.browser.server import serving
from tests.browser.test_examples import visit
from tests.generators.project import new

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("generated")
    new(folder, "app", "corner-shop")
    new(folder / "corner-shop", "view", "Cart")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder / "corner-shop")
        patch.delenv("ALLOWED_HOSTS", raising=False)
        with serving(import_module("corner_shop.app").app) as url:
            yield url
    for name in [name for name in sys.modules if name.partition(".")[0] == "corner_shop"]:
        del sys.modules[name]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, {"width": 1280, "height": 800}], ids=["phone", "desktop"])
def test_axe_finds_no_fault_and_nothing_is_too_wide(
    url: str, new_context: Callable[..., BrowserContext], scheme: str, viewport: dict[str, int]
) -> None:
    page = new_context(color_scheme=scheme, viewport=viewport).new_page()
    for path in ("/", "/cart"):
        visit(page, url + path)
        if viewport == PHONE:
            page.get_by_role("button", name="Menu").click()
        expect(page.get_by_role("link", name="Home")).to_be_visible()
        assert faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_a_note_appears_at_another_reader(url: str, new_visitor: Callable[[], Page]) -> None:
    mine, other = new_visitor(), new_visitor()
    visit(mine, url)
    visit(other, url)
    expect(mine.get_by_text("2 readers here")).to_be_visible()
    mine.get_by_label("Your note").fill("Hello!")
    mine.get_by_role("button", name="Post").click()
    expect(other.get_by_role("listitem").filter(has_text="Hello!")).to_be_visible()
    expect(mine.get_by_label("Your note")).to_have_value("")


def test_the_menu_of_a_phone_leads_to_another_page(
    url: str, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context(viewport=PHONE).new_page()
    visit(page, url)
    link = page.get_by_role("link", name="Cart")
    expect(link).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    link.click()
    expect(page.get_by_role("heading", name="Cart")).to_be_visible()
    expect(link).to_be_hidden()
    expect(page).to_have_title("Cart · Corner shop")
    page.get_by_role("button", name="Click me").click()
    expect(page.get_by_text("Clicked 1 time.")).to_be_visible()
