"""Accessibility of pages after an error. Those of the examples are checked in `test_examples`."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from examples.counter.app import app
from tests.browser.axe import faults
from tests.browser.server import serving
from tests.browser.test_overlay import crash, overlay, shop


def test_axe_finds_no_fault_in_an_error_page(page: Page) -> None:
    with serving(app) as url:
        page.goto(f"{url}/nowhere")
        assert faults(page) == []
        page.get_by_role("link", name="Go to the start page").click()
        page.wait_for_url(f"{url}/")


def test_axe_finds_no_fault_in_the_page_and_the_overlay_of_a_failure(
    new_context: Callable[..., BrowserContext],
) -> None:
    with serving(shop(debug=True)) as url:
        open_page = new_context(color_scheme="light", viewport={"width": 390, "height": 800}).new_page()
        open_page.goto(url)
        for button in ("crash", "star"):
            crash(open_page, button)
        expect(overlay(open_page)).to_be_visible()
        failed_page = new_context(color_scheme="dark").new_page()
        failed_page.goto(f"{url}/dead")
        for page in (open_page, failed_page):
            assert faults(page) == []
