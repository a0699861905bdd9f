"""The data table in a real browser: keys, focus, what a patch must keep, a strict content security policy."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from jinja2 import DictLoader
from playwright.sync_api import Page, expect
from pydantic import BaseModel, Field
from starlette.types import ASGIApp

from pyview import LiveView, PyView, SecurityConfig
from pyview.tables import Action, column, data_table
from tests.browser.axe import faults
from tests.browser.test_examples import visit

Serve = Callable[[ASGIApp], str]
SHIFTS = """(() => {
  window.shifts = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((one) => (window.shifts += one.value)))
    .observe({type: "layout-shift", buffered: true});
})()"""
TEMPLATES = DictLoader(
    {
        "page.html": '{% import "pyview/components.html" as ui %}<main><h1>Teas</h1>{{ ui.data_table(teas) }}</main>'
    }
)


@dataclass(frozen=True)
class Tea:
    id: int
    name: str
    grams: int
    black: bool


class TeaEdit(BaseModel):
    name: str = Field(min_length=2)


def application() -> PyView:
    teas = [Tea(n, f"Tea {n:03}", n % 5, n % 2 == 0) for n in range(1, 201)]

    class TeasView(LiveView[Any]):
        template = "page.html"

        async def mount(self, socket: Any, session: Any) -> None:
            socket.context = {
                "teas": await data_table(
                    socket,
                    "teas",
                    teas,
                    columns=["id", column("name", editable=True), column("grams", total="sum"), "black"],
                    edit=TeaEdit,
                    row_name="name",
                    bulk_actions=[Action("empty", empty)],
                    exports=["csv"],
                )
            }

    async def empty(socket: Any, rows: Any) -> None:
        for tea in await rows.list():
            teas[tea.id - 1] = replace(tea, grams=0)

    app = PyView(
        templates=TEMPLATES,
        security=SecurityConfig(content_security_policy="default-src 'self'; base-uri 'none'"),
    )
    app.add_live_view("/", TeasView)
    return app


@pytest.fixture
def teas(serve: Serve) -> str:
    return serve(application())


@contextmanager
def no_messages(page: Page) -> Iterator[None]:
    """Fail if the page writes to the console, such as a violation of the policy."""
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    yield
    assert not messages


def sorted_headers(page: Page) -> list[str]:
    return page.locator("th[aria-sort]").all_inner_texts()


def test_shift_adds_a_column_to_the_order_by_mouse_and_by_key(page: Page, teas: str) -> None:
    with no_messages(page):
        visit(page, f"{teas}/")
        page.get_by_role("button", name="Black").click()
        expect(page.locator("th[aria-sort=ascending]")).to_have_text("Black")
        page.get_by_role("button", name="Grams").click(modifiers=["Shift"])
        expect(page.locator("th[aria-sort]")).to_have_count(2)
        page.get_by_role("button", name="Grams").focus()
        page.keyboard.press("Shift+Enter")
        expect(page.locator("th[aria-sort=descending]")).to_have_count(1)
        expect(page).to_have_url(f"{teas}/?teas.sort=black,-grams")
        expect(page.get_by_role("button", name="Grams")).to_be_focused()
        page.get_by_role("button", name="Id").click()
        expect(page).to_have_url(f"{teas}/?teas.sort=id")
        page.go_back()
        expect(page.locator("th[aria-sort]")).to_have_count(2)


def test_a_cell_is_edited_by_the_keyboard_alone(page: Page, teas: str) -> None:
    with no_messages(page):
        visit(page, f"{teas}/")
        page.locator(".pv-data-cell").first.focus()
        page.keyboard.press("Enter")
        field = page.get_by_role("textbox", name="Edit Name of Tea 001")
        expect(field).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Edit Name of Tea 001: Tea 001")).to_be_focused()
        page.keyboard.press("Enter")
        expect(field).to_be_focused()
        field.fill("x")
        page.keyboard.press("Enter")
        expect(page.get_by_text("At least 2 characters, please.")).to_be_visible()
        expect(field).to_have_attribute("aria-invalid", "true")
        field.fill("Assam")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Edit Name of Assam: Assam")).to_be_focused()


def test_open_filters_and_what_is_typed_stay_while_rows_change(page: Page, teas: str) -> None:
    with no_messages(page):
        visit(page, f"{teas}/")
        toggle = page.locator(".pv-data-toggle")
        toggle.click()
        expect(toggle).to_have_attribute("aria-expanded", "true")
        page.get_by_label("Grams from").fill("4")
        expect(page.get_by_role("status")).to_have_text("1 to 25 of 40")
        page.get_by_role("searchbox").press_sequentially("tea 1")
        expect(page.get_by_role("status")).to_have_text("1 to 20 of 20")
        expect(page.get_by_label("Grams from")).to_have_value("4")
        page.get_by_role("button", name="Clear filters").click()
        expect(page.get_by_role("status")).to_have_text("1 to 25 of 200")
        expect(page.get_by_label("Grams from")).to_have_value("")
        toggle.click()
        expect(page.get_by_label("Grams from")).to_be_hidden()


def test_the_list_of_columns_stays_open_until_escape_or_a_click_beside_it(page: Page, teas: str) -> None:
    visit(page, f"{teas}/")
    page.get_by_text("Columns", exact=True).click()
    page.get_by_role("checkbox", name="Grams").uncheck()
    expect(page.locator("thead th")).to_have_count(4)
    expect(page.get_by_role("checkbox", name="Grams")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("checkbox", name="Grams")).to_be_hidden()
    page.get_by_text("Columns", exact=True).click()
    expect(page.get_by_role("checkbox", name="Grams")).to_be_visible()
    page.get_by_role("heading", level=1).click()
    expect(page.get_by_role("checkbox", name="Grams")).to_be_hidden()


def test_selected_rows_are_ticked_after_a_reload_and_until_the_action(page: Page, teas: str) -> None:
    with no_messages(page):
        visit(page, f"{teas}/")
        page.get_by_label("Select Tea 002").check()
        page.get_by_label("Select Tea 003").check()
        expect(page).to_have_url(f"{teas}/?teas.selected=2,3")
        page.reload()
        expect(page.get_by_label("Select Tea 002")).to_be_checked()
        page.get_by_label("Select Tea 002").uncheck()
        expect(page.get_by_text("1 selected")).to_be_visible()
        page.get_by_role("button", name="Empty").click()
        expect(page.get_by_label("Select Tea 003")).not_to_be_checked()
        expect(page.locator("#teas-rows tr:nth-child(3) td:nth-child(4)")).to_have_text("0")
        with page.expect_download() as saved:
            page.get_by_role("button", name="Download CSV").click()
        assert saved.value.suggested_filename == "teas.csv"


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_moves_when_rows_are_sorted_selected_and_turned(page: Page, teas: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.add_init_script(SHIFTS)
    visit(page, f"{teas}/")
    for name in ("Id", "Grams"):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.locator("th[aria-sort]")).to_have_text(name)
    page.get_by_label("Next page").click()
    expect(page.get_by_role("status")).to_have_text("26 to 50 of 200")
    assert page.evaluate("window.shifts") < 0.01
    page.locator(".pv-data-cell").first.click()
    expect(page.locator("#teas-edit")).to_be_visible()
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
