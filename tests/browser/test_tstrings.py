"""Template strings in the real client: rows move without being created again, attributes are added and removed."""

from collections.abc import Callable

from playwright.sync_api import Page, expect
from starlette.types import ASGIApp

from examples.tstrings.app import app
from pyview import PyView
from tests.template.tstrings.pages import Board

Serve = Callable[[ASGIApp], str]


def test_the_reading_list_sorts_and_filters(page: Page, serve: Serve) -> None:
    page.goto(serve(app))
    expect(page.locator("[data-phx-main].phx-connected")).to_be_attached()
    rows = page.locator("tbody tr")
    expect(rows.first).to_contain_text("Invisible Cities")
    page.get_by_role("button", name="Year").click()
    expect(rows.first).to_contain_text("Solaris")
    expect(page.get_by_role("button", name="Year")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Unread only").click()
    expect(rows).to_have_count(6)
    for left in range(5, -1, -1):
        page.get_by_role("button", name="Done").first.click()
        expect(rows).to_have_count(left)
    expect(page.locator("p.empty")).to_be_visible()


def test_live_components_in_rows_of_template_strings(page: Page, serve: Serve) -> None:
    board = PyView()
    board.add_live_view("/", Board)
    page.goto(serve(board))
    expect(page.locator("[data-phx-main].phx-connected")).to_be_attached()
    page.locator("button#grace").click()
    expect(page.locator("button#grace")).to_have_text("1")
    page.locator("#add").click()
    expect(page.locator("li")).to_have_count(3)
    expect(page.locator("#none")).to_be_disabled()
    expect(page.locator("button#grace")).to_have_text("1")
    page.locator("#drop").click()
    expect(page.locator("#none")).to_be_enabled()
    expect(page.locator("li")).to_have_count(2)
