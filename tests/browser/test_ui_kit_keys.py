"""Components of the UI kit: their keyboard, their ARIA attributes, and what patches leave alone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from examples.ui_kit.app import create_app
from tests.browser.server import serving
from tests.browser.test_examples import visit


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(create_app()) as url:
        yield url


def item(page: Page, name: str) -> Locator:
    return page.get_by_role("menuitem", name=name)


def test_a_menu_opens_below_its_button_and_is_left_with_escape(page: Page, address: str) -> None:
    visit(page, f"{address}/menu")
    button = page.get_by_role("button", name="Actions")
    button.focus()
    page.keyboard.press("Enter")
    expect(item(page, "Rename")).to_be_focused()
    here, menu = button.bounding_box(), page.get_by_role("menu", name="Actions").bounding_box()
    assert here is not None
    assert menu is not None
    assert 0 <= menu["y"] - here["y"] - here["height"] < 20
    assert abs(menu["x"] - here["x"]) < 2
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_be_hidden()
    expect(button).to_be_focused()


def test_arrow_keys_and_letters_move_in_a_menu(page: Page, address: str) -> None:
    visit(page, f"{address}/menu")
    page.get_by_role("button", name="Actions").focus()
    page.keyboard.press("ArrowUp")
    expect(item(page, "Delete")).to_be_focused()
    for key, name in (("ArrowDown", "Rename"), ("End", "Delete"), ("Home", "Rename"), ("d", "Documentation")):
        page.keyboard.press(key)
        expect(item(page, name)).to_be_focused()
    page.keyboard.press("d")
    expect(item(page, "Delete")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("menu")).to_be_hidden()


def test_an_item_runs_its_event_and_closes_the_menu(page: Page, address: str) -> None:
    visit(page, f"{address}/menu")
    page.get_by_role("button", name="Actions").click()
    expect(item(page, "Rename")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("output")).to_have_text("The order was copied.")
    expect(page.get_by_role("menu")).to_be_hidden()
    expect(page.get_by_role("button", name="Actions")).to_be_focused()


def test_an_open_menu_stays_open_over_a_patch(page: Page, address: str) -> None:
    visit(page, f"{address}/menu")
    page.get_by_role("button", name="More").click()
    sent = '[["push", {"event": "act", "value": {"name": "sent"}}]]'
    page.evaluate("commands => liveSocket.execJS(document.querySelector('output'), commands)", sent)
    expect(page.locator("output")).to_have_text("The order was sent.")
    expect(item(page, "Archive")).to_be_focused()


def test_a_question_has_the_focus_on_the_harmless_answer_and_gives_it_back(page: Page, address: str) -> None:
    visit(page, f"{address}/menu")
    page.get_by_role("button", name="Actions").click()
    item(page, "Delete").click()
    question = page.get_by_role("alertdialog", name="Delete the order?")
    expect(question.get_by_text("Cancel", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    expect(page.get_by_role("button", name="Actions")).to_be_focused()
    expect(page.locator("output")).to_have_text("")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    question.get_by_role("button", name="Delete").click()
    expect(page.locator("output")).to_have_text("The order was deleted.")
    expect(question).to_be_hidden()


def test_a_drawer_keeps_the_focus_inside(page: Page, address: str) -> None:
    visit(page, f"{address}/dialog")
    opener = page.get_by_role("button", name="Open a drawer")
    opener.click()
    drawer = page.get_by_role("dialog", name="Order 1815")
    expect(drawer).to_be_visible()
    for _ in range(3):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('#details-panel') !== null")
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(opener).to_be_focused()


def test_tabs_follow_the_arrow_keys_and_stay_over_a_patch(page: Page, address: str) -> None:
    visit(page, f"{address}/tabs")
    page.get_by_role("tab", name="Profile").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Plan")).to_be_focused()
    expect(page.get_by_role("tabpanel", name="Plan")).to_have_text("Business")
    expect(page.locator("#account-profile")).to_be_hidden()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("tab", name="Devices")).to_have_attribute("aria-selected", "true")
    page.get_by_role("button", name="Change from the server").click()
    expect(page.locator("#account-profile")).to_contain_text("1816")
    expect(page.get_by_role("tabpanel", name="Devices")).to_be_visible()
    expect(page.locator("#account-profile")).to_be_hidden()


def test_the_left_arrow_leads_to_the_next_tab_from_right_to_left(page: Page, address: str) -> None:
    visit(page, f"{address}/tabs")
    page.evaluate("document.documentElement.dir = 'rtl'")
    page.get_by_role("tab", name="Profile").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("tab", name="Plan")).to_be_focused()


def test_tabs_of_the_server_show_what_it_has_chosen(page: Page, address: str) -> None:
    visit(page, f"{address}/tabs")
    page.get_by_role("tab", name="Day").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tabpanel", name="Week")).to_have_text("2,104 orders")
    expect(page.get_by_role("tab", name="Week")).to_be_focused()
    expect(page.locator("#report-day")).to_be_empty()
    page.get_by_role("link", name="Members").click()
    expect(page).to_have_url(f"{address}/tabs?tab=members")
    expect(page.get_by_role("link", name="Members")).to_have_attribute("aria-current", "page")


def test_a_tooltip_shows_on_focus_and_hides_with_escape(page: Page, address: str) -> None:
    visit(page, f"{address}/tooltip")
    tip = page.get_by_role("tooltip", name="Cannot be undone")
    button = page.get_by_role("button", name="Delete")
    button.focus()
    expect(tip).to_be_visible()
    expect(button).to_have_accessible_description("Cannot be undone")
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    page.get_by_role("button", name="Copy").focus()
    button.focus()
    expect(tip).to_be_visible()


def test_an_open_disclosure_stays_open_and_closes_the_others_of_its_group(page: Page, address: str) -> None:
    visit(page, f"{address}/disclosure")
    second = page.locator("details", has_text="Can I send it back?")
    second.locator("summary").click()
    page.get_by_role("button", name="Change from the server").click()
    expect(page.locator("details").first).to_contain_text("In 3 days.")
    expect(second).to_have_attribute("open", "")
    expect(page.locator("details").first).not_to_have_attribute("open", "")


def test_a_message_leaves_by_itself_but_not_under_the_pointer_and_an_error_never(
    page: Page, address: str
) -> None:
    visit(page, f"{address}/flash")
    page.add_style_tag(content=":root { --pv-toast-time: 400ms }")
    message = page.locator("#flash-info")
    page.get_by_role("button", name="Fail").click()
    page.get_by_role("button", name="Save").click()
    expect(message).to_have_count(1)
    expect(message).to_have_count(0)
    expect(page.locator("#flash-error")).to_be_visible()
    page.locator("#flash-error").hover()
    page.get_by_role("button", name="Save").dispatch_event("click")
    expect(message).to_contain_text("2. time")
    # Longer than the message would stay, by the clock of the browser that runs it.
    page.evaluate("new Promise(done => setTimeout(done, 1000))")
    expect(message).to_be_visible()
    page.mouse.move(0, 0)
    expect(message).to_have_count(0)


def test_a_command_is_found_and_run_by_the_keyboard_alone(page: Page, address: str) -> None:
    visit(page, f"{address}/command_palette")
    opener = page.get_by_role("button", name="Search")
    opener.focus()
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Search commands")
    expect(field).to_be_focused()
    expect(page.get_by_role("option")).to_have_count(3)
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("option", name="Tabs")).to_have_attribute("aria-selected", "true")
    page.keyboard.type("csv")
    option = page.get_by_role("option", selected=True)
    expect(option).to_have_text("Export orders")
    expect(field).to_have_attribute("aria-activedescendant", str(option.get_attribute("id")))
    page.keyboard.press("Enter")
    expect(page.locator("output")).to_have_text("You have chosen: Export")
    expect(field).to_be_hidden()
    expect(opener).to_be_focused()


def test_the_palette_shows_what_the_server_finds_beside_its_own(page: Page, address: str) -> None:
    visit(page, f"{address}/command_palette")
    page.get_by_role("button", name="Search").click()
    page.keyboard.type("a")
    expect(page.get_by_role("option", name="Alan Turing")).to_be_visible()
    page.keyboard.type("da")
    expect(page.get_by_role("option")).to_have_count(1)
    expect(page.get_by_role("option", name="New order")).to_be_hidden()
    page.get_by_role("option", name="Ada Lovelace").click()
    expect(page.locator("output")).to_have_text("You have chosen: Ada Lovelace")
    page.keyboard.press("Control+k")
    page.keyboard.type("zzz")
    expect(page.get_by_text("Nothing found.")).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("combobox")).to_be_hidden()


def test_the_menu_of_a_phone_opens_and_closes_with_a_link(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    visit(page, f"{address}/office/orders")
    customers = page.get_by_role("link", name="Customers")
    expect(customers).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    customers.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Customers")
    expect(customers).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(customers).to_have_attribute("aria-current", "page")
    page.keyboard.press("Escape")
    expect(customers).to_be_hidden()


def test_the_first_stop_of_the_keyboard_skips_to_the_page(page: Page, address: str) -> None:
    visit(page, f"{address}/office/orders")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
