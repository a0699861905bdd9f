"""Inputs of the UI kit: their keyboard, their ARIA attributes, and what patches leave alone."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from examples.ui_kit.app import app
from tests.browser.server import serving
from tests.browser.test_examples import visit


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(app) as url:
        yield url


def output(page: Page, name: str) -> Locator:
    return page.locator(f"output#{name}")


def test_buttons_step_a_number_within_its_bounds(page: Page, address: str) -> None:
    visit(page, f"{address}/text_inputs")
    seats = page.get_by_role("spinbutton", name="Seats")
    more = page.get_by_role("button", name="More")
    more.click()
    expect(output(page, "seats")).to_have_text("4")
    page.get_by_role("button", name="Less").click()
    expect(output(page, "seats")).to_have_text("3")
    seats.focus()
    page.keyboard.press("ArrowUp")
    expect(output(page, "seats")).to_have_text("4")
    seats.fill("20")
    more.click()
    expect(output(page, "seats")).to_have_text("20")
    expect(more).to_have_attribute("tabindex", "-1")


def test_a_password_stays_shown_and_typed_over_a_patch(page: Page, address: str) -> None:
    visit(page, f"{address}/text_inputs")
    secret = page.get_by_label("Password", exact=True)
    secret.fill("geheim und lang")
    show = page.get_by_role("button", name="Show the password")
    show.click()
    page.get_by_role("button", name="More").click()
    expect(output(page, "seats")).to_have_text("4")
    expect(secret).to_have_attribute("type", "text")
    expect(secret).to_have_value("geheim und lang")
    expect(show).to_have_attribute("aria-pressed", "true")
    show.click()
    expect(secret).to_have_attribute("type", "password")


def test_a_search_is_cleared_by_its_button(page: Page, address: str) -> None:
    visit(page, f"{address}/text_inputs")
    search = page.get_by_role("searchbox", name="Search orders")
    clear = page.get_by_role("button", name="Clear")
    expect(clear).to_be_hidden()
    search.fill("tea")
    expect(output(page, "query-now")).to_have_text("tea")
    clear.click()
    expect(output(page, "query-now")).to_have_text("")
    expect(search).to_be_focused()
    expect(clear).to_be_hidden()


def test_a_text_grows_and_a_colour_is_written_beside_its_input(page: Page, address: str) -> None:
    visit(page, f"{address}/text_inputs")
    notes = page.get_by_label("Notes")
    before = notes.bounding_box()
    notes.fill("\n".join("abcdefgh"))
    after = notes.bounding_box()
    assert before is not None
    assert after is not None
    assert after["height"] > 2 * before["height"]
    page.get_by_label("Colour").fill("#ff8800")
    expect(page.locator(".pv-color output")).to_have_text("#ff8800")


def test_common_ranges_of_days_fill_both_inputs_and_keep_them_in_order(page: Page, address: str) -> None:
    visit(page, f"{address}/dates")
    first, last = page.get_by_label("From"), page.get_by_label("To")
    page.get_by_role("button", name="Last 7 days").click()
    today = date.fromisoformat(page.evaluate("new Date().toLocaleDateString('sv')"))
    expect(output(page, "days")).to_have_text(f"{today - timedelta(days=6)} to {today}")
    expect(first).to_have_attribute("max", str(today))
    expect(first).to_have_attribute("min", "2020-01-01")
    expect(last).to_have_attribute("min", str(today - timedelta(days=6)))
    page.get_by_role("button", name="Last month").click()
    end = today.replace(day=1) - timedelta(days=1)
    expect(output(page, "days")).to_have_text(f"{end.replace(day=1)} to {end}")
    last.fill("2021-01-01")
    first.fill("2022-02-02")
    expect(page.get_by_text("The last day is before the first.")).to_be_visible()
    expect(page.get_by_role("group", name="Period")).to_be_visible()


def test_a_switch_and_segments_follow_the_keyboard(page: Page, address: str) -> None:
    visit(page, f"{address}/switches")
    switch = page.get_by_role("switch", name="Send alerts")
    expect(switch).to_be_checked()
    switch.focus()
    page.keyboard.press("Space")
    expect(output(page, "alerts")).to_have_text("off")
    page.get_by_role("radio", name="Week").focus()
    page.keyboard.press("ArrowRight")
    expect(output(page, "view")).to_have_text("month")
    expect(page.get_by_role("group", name="Show").get_by_role("radio", name="Month")).to_be_checked()


def test_a_slider_says_its_value_while_it_moves(page: Page, address: str) -> None:
    visit(page, f"{address}/slider")
    slider = page.get_by_role("slider", name="Heat")
    shown = page.locator(".pv-slider output").first
    expect(shown).to_have_text("80 °C")
    slider.focus()
    for key, value in (("ArrowRight", "81"), ("End", "100"), ("Home", "50")):
        page.keyboard.press(key)
        expect(shown).to_have_text(f"{value} °C")
        expect(output(page, "heat")).to_have_text(value)


def test_files_are_dropped_shown_refused_and_removed(page: Page, address: str) -> None:
    visit(page, f"{address}/file_drop")
    drop = page.locator(".pv-drop")
    page.evaluate(
        """drop => {
          const files = new DataTransfer();
          files.items.add(new File(["tea"], "tea.txt", { type: "text/plain" }));
          files.items.add(new File(["x".repeat(300000)], "long.txt", { type: "text/plain" }));
          for (const type of ["dragenter", "dragover", "drop"])
            drop.dispatchEvent(new DragEvent(type, { dataTransfer: files, bubbles: true, cancelable: true }));
        }""",
        drop.element_handle(),
    )
    expect(page.locator(".pv-file")).to_have_count(2)
    expect(page.get_by_role("alert")).to_have_text("File too large")
    expect(page.get_by_role("progressbar", name="tea.txt")).to_be_visible()
    page.get_by_role("button", name="Remove long.txt").click()
    expect(page.locator(".pv-file")).to_have_count(1)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#sizes li")).to_have_text("tea.txt: 3 bytes")
    page.get_by_role("button", name="Send").focus()
    page.keyboard.press("Shift+Tab")
    expect(page.locator("#papers-form input[type=file]")).to_be_focused()
    assert page.evaluate("getComputedStyle(document.querySelector('.pv-drop')).outlineStyle") == "solid"
