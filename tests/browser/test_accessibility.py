"""Accessibility of the examples, checked with axe: https://github.com/dequelabs/axe-core."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from examples.gallery import app
from tests.browser.npm_packages import packages
from tests.browser.server import serving
from tests.browser.test_examples import PAGES
from tests.browser.test_overlay import crash, overlay, shop

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
# The guide documents this page as it is.
CHECKED = {name: show for name, show in PAGES.items() if name != "login"}
FAULTS = """async (rules) => {
  const {violations} = await axe.run(document, {runOnly: rules});
  return violations.flatMap(({id, nodes}) => nodes.map(({html}) => `${id}: ${html}`));
}"""


@pytest.fixture(scope="module")
def gallery() -> Iterator[str]:
    with serving(app) as url:
        yield url


@pytest.fixture(scope="module")
def axe() -> str:
    return (packages() / "axe-core" / "axe.min.js").read_text()


@pytest.mark.parametrize("name", CHECKED)
def test_axe_finds_no_fault_in_a_page(page: Page, gallery: str, axe: str, name: str) -> None:
    CHECKED[name](page, gallery)
    page.evaluate(axe)
    assert page.evaluate(FAULTS, RULES) == []


def test_axe_finds_no_fault_in_an_error_page(page: Page, gallery: str, axe: str) -> None:
    page.goto(f"{gallery}/counter/nowhere")
    page.evaluate(axe)
    assert page.evaluate(FAULTS, RULES) == []
    page.get_by_role("link", name="Go to the start page").click()
    page.wait_for_url(f"{gallery}/counter/")


def test_axe_finds_no_fault_in_the_page_and_the_overlay_of_a_failure(
    new_context: Callable[..., BrowserContext], axe: str
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
            page.evaluate(axe)
            assert page.evaluate(FAULTS, RULES) == []
