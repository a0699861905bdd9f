"""Examples with several users in real browsers: dragging, writing, watching."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from examples.gallery import app
from tests.browser.server import serving
from tests.browser.test_examples import LIVE, NewVisitor, visit


@pytest.fixture(scope="module")
def gallery() -> Iterator[str]:
    with serving(app) as url:
        yield url


def texts(page: Page, column: int) -> list[str]:
    return page.locator(f'[data-column="{column}"] .ticket > p').all_inner_texts()


def test_a_card_is_dragged_from_column_to_column(new_visitor: NewVisitor, gallery: str) -> None:
    one, other = new_visitor(), new_visitor()
    for page in (one, other):
        visit(page, f"{gallery}/kanban/")
    one.get_by_label("What is to be done").fill("Drag me")
    one.get_by_role("button", name="Add").click()
    expect(other.locator('[data-column="0"]')).to_contain_text("Drag me")
    done = one.locator('[data-column="2"] ol')
    one.locator(".ticket", has_text="Drag me").drag_to(done, target_position={"x": 30, "y": 5})
    expect(one.locator('[data-column="2"] .ticket').first).to_contain_text("Drag me")
    expect(other.locator('[data-column="2"] .ticket').first).to_contain_text("Drag me")
    other.get_by_label("Remove Drag me").click()
    expect(one.get_by_text("Drag me")).to_have_count(0)


def test_the_board_shows_where_a_dragged_card_would_go(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/kanban/")
    page.locator("#board .ticket").first.hover()
    page.mouse.down()
    column = page.locator('[data-column="1"]')
    column.locator(".ticket").last.hover(position={"x": 20, "y": 4})
    column.locator(".ticket").last.hover(position={"x": 22, "y": 5})
    expect(column).to_have_class("column target")
    expect(column.locator(".ticket").last).to_have_class("ticket before")
    page.locator("h1").hover()
    expect(page.locator(".target, .before")).to_have_count(0)
    page.mouse.up()


def test_a_card_is_written_and_moved_by_the_keyboard_alone(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/kanban/")
    field = page.get_by_label("What is to be done")
    field.focus()
    for text in ("Type me", "Push me"):
        page.keyboard.type(text)
        page.keyboard.press("Enter")
        expect(page.locator('[data-column="0"]')).to_contain_text(text)
        expect(field).to_be_focused()
        expect(field).to_have_value("")
    page.get_by_label("Move Push me right").press("Enter")
    expect(page.locator('[data-column="1"]')).to_contain_text("Push me")
    expect(page.get_by_label("Move Push me left")).to_be_focused()
    for text in ("Type me", "Push me"):
        page.get_by_label(f"Remove {text}").click()


def test_a_paragraph_written_by_one_user_is_shown_to_all(new_visitor: NewVisitor, gallery: str) -> None:
    one, other = new_visitor(), new_visitor()
    for page in (one, other):
        visit(page, f"{gallery}/notes/")
    first = one.locator("textarea").first
    first.click()
    expect(other.locator(".taken small").first).to_contain_text("is writing")
    expect(other.locator("textarea").first).to_have_attribute("readonly", "")
    first.press("End")
    first.press_sequentially(" And so it is.")
    expect(other.locator("textarea").first).to_have_value(first.input_value())
    one.locator("h1").click()
    expect(other.locator("textarea").first).not_to_have_attribute("readonly", "")


def test_a_box_is_checked_on_every_screen(new_visitor: NewVisitor, gallery: str) -> None:
    one, other = new_visitor(), new_visitor()
    for page in (one, other):
        visit(page, f"{gallery}/checkboxes/")
    one.get_by_label("Box 500", exact=True).check()
    expect(other.get_by_label("Box 500", exact=True)).to_be_checked()
    other.get_by_label("Box 500", exact=True).uncheck()
    expect(one.get_by_label("Box 500", exact=True)).not_to_be_checked()


def test_a_chart_follows_its_sliders(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/loan/")
    expect(page.locator("svg g")).to_have_count(25)
    page.get_by_label("Years").fill("10")
    expect(page.locator("svg g")).to_have_count(10)
    expect(page.locator(".value").last).to_have_text("10")


def test_answers_arrive_one_by_one(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/webping/")
    expect(page.locator(".sites .fine")).to_have_count(2)
    expect(page.locator(LIVE)).to_contain_text("status 503")
    expect(page.locator(LIVE)).to_contain_text("no answer within 2 s")
