"""Each example in a real browser, served by the gallery."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from examples.gallery import EXAMPLES, app
from tests.browser.axe import faults
from tests.browser.pictures import check_fit
from tests.browser.retry import SECONDS, until
from tests.browser.server import serving

LIVE = "[data-phx-main].phx-connected"
NewContext = Callable[..., BrowserContext]
NewVisitor = Callable[[], Page]


@pytest.fixture(scope="module")
def gallery() -> Iterator[str]:
    with serving(app) as url:
        yield url


def visit(page: Page, url: str) -> None:
    """Open a live page and wait until it has joined."""
    page.goto(url)
    expect(page.locator(LIVE)).to_be_attached()


def sign_in(page: Page, gallery: str, password: str) -> None:
    page.goto(f"{gallery}/login")
    page.get_by_placeholder("Username").fill("demo")
    page.get_by_placeholder("Password").fill(password)
    page.get_by_role("button", name="Login").click()


def query_of(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


# The gallery


# `tests.examples.test_gallery` follows the links of all examples, without a browser.
def test_the_index_leads_to_the_examples_and_back(page: Page, gallery: str) -> None:
    for example in EXAMPLES[:-1:8]:
        page.goto(gallery)
        page.locator(f"a.card[href='{example.href}']").click()
        expect(page.locator(LIVE)).to_be_attached()
        expect(page).to_have_url(f"{gallery}{example.href}")
        page.get_by_role("link", name="All examples").click()
        expect(page).to_have_url(f"{gallery}/")


def test_the_start_page_is_searched_while_typing(page: Page, gallery: str) -> None:
    visit(page, gallery)
    page.get_by_role("searchbox").press_sequentially("upload")
    expect(page.locator("a.card")).to_have_count(1)
    expect(page).to_have_url(f"{gallery}/?q=upload")
    page.locator("a.card").click()
    source = page.frame_locator(".source iframe")
    source.get_by_text("uploads.html").click()
    expect(source.get_by_role("region", name="uploads.html")).to_be_visible()
    expect(source.get_by_role("region", name="uploads.py")).to_be_hidden()
    page.get_by_role("link", name="Guide").click()
    expect(page.get_by_role("heading", level=1, name="Uploads")).to_be_visible()


def test_a_page_from_a_database_is_mounted_once(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/library/")
    first = int(page.locator("output").inner_text())
    visit(page, f"{gallery}/library/")
    expect(page.locator("output")).to_have_text(str(first + 2))
    page.locator("#q").fill("eliot")
    expect(page.locator("tbody tr")).to_have_count(2)


def test_an_address_without_its_last_slash_leads_there_too(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/counter")
    expect(page).to_have_url(f"{gallery}/counter/")


def test_the_first_render_needs_no_script(new_context: NewContext, gallery: str) -> None:
    page = new_context(java_script_enabled=False).new_page()
    for example in EXAMPLES[:-1]:
        page.goto(f"{gallery}{example.href}")
        expect(page.get_by_role("heading", level=1), example.folder).to_be_visible()


# The reading list


def test_notes_and_stars_stay_with_their_book(page: Page, gallery: str) -> None:
    _rated_and_noted(page, gallery)
    page.get_by_role("button", name="Done").click()
    for _ in range(4):
        page.get_by_role("button", name="Mix").click()
        expect(page.locator("#book-dracula .written")).to_have_text(
            "Letters, diaries, and a very long journey."
        )
        expect(page.locator("#book-dracula .lit")).to_have_count(5)
    page.get_by_label("Remove Dracula").click()
    expect(page.locator(".summary")).to_contain_text("4.0 on average, 1 of 5 rated")
    page.get_by_role("button", name="Bring back 1").click()
    expect(page.locator("#book-dracula .lit")).to_have_count(0)
    page.get_by_role("button", name="Clear all stars").click()
    expect(page.locator(".lit")).to_have_count(0)
    expect(page.locator(".summary")).to_have_text("Nothing rated yet")


def test_the_panel_folds_by_itself(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/books/")
    panel = page.get_by_role("button", name="Summary")
    panel.click()
    expect(panel).to_have_attribute("aria-expanded", "false")
    expect(page.locator(".summary")).to_have_count(0)
    panel.click()
    expect(page.locator(".summary")).to_be_visible()


# Signing in with a provider


def test_a_sign_in_with_openid_leads_back_and_is_live(page: Page, gallery: str) -> None:
    page.goto(gallery)
    page.locator("a.card[href='/profile/']").click()
    page.get_by_label("Name").fill("Grace Hopper")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(LIVE)).to_be_attached()
    expect(page).to_have_url(f"{gallery}/profile/")
    expect(page.get_by_role("heading", name="Hello, Grace Hopper")).to_be_visible()
    second = page.context.new_page()
    visit(second, f"{gallery}/profile/")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Toy provider")).to_be_visible()
    expect(second.get_by_role("heading", name="Toy provider")).to_be_visible()


# Counter


def test_the_counter_counts_clicks_and_keys(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/counter/")
    count = page.get_by_role("heading")
    for number in range(1, 4):
        page.get_by_role("button", name="One more").click()
        expect(count).to_have_text(str(number))
    page.get_by_role("button", name="One less").click()
    expect(count).to_have_text("2")
    page.keyboard.press("ArrowUp")
    expect(count).to_have_text("3")
    expect(page).to_have_title("3 · Counter")
    page.get_by_role("button", name="Reset").click()
    expect(count).to_have_text("0")
    expect(page.get_by_role("button", name="Reset")).to_be_disabled()


# Workshop


def test_a_sensor_fails_alone_and_the_timer_runs_on(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/workshop/")
    expect(page.locator("#timer.phx-connected")).to_be_attached()
    page.get_by_role("button", name="Round made").click()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"24:[0-5]\d"))
    page.evaluate(  # a failure may be over before the test sees it
        "new MutationObserver(() => (window.failed ||= air.classList.contains('phx-error')))"
        ".observe(air, {attributes: true, attributeFilter: ['class']})"
    )
    page.locator("#air").get_by_role("button", name="Pull the plug").click()
    page.wait_for_function("window.failed")
    expect(page.locator("#air.phx-connected")).to_be_attached()
    expect(page.get_by_role("button", name="Round made: 1")).to_be_visible()
    page.get_by_role("link", name="Log").click()
    expect(page.get_by_placeholder("What was done?")).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.go_back()
    expect(page.locator("#kiln.phx-connected")).to_be_attached()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


# Table


def rows(page: Page) -> Locator:
    return page.locator("tbody tr")


def test_a_search_goes_into_the_address_while_it_is_typed(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/table/")
    page.get_by_label("Search orders").press_sequentially("copper kettle")
    expect(page).to_have_url(f"{gallery}/table/?q=copper+kettle")
    for text in rows(page).locator("td:nth-child(3)").all_inner_texts():
        assert "Copper kettle" in text
    expect(page.get_by_label("Search orders")).to_have_value("copper kettle")
    page.reload()
    expect(page.get_by_label("Search orders")).to_have_value("copper kettle")


def test_the_back_button_walks_through_order_and_pages(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/table/")
    newest = rows(page).first.inner_text()
    page.get_by_role("link", name="Total").click()
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("Total")
    page.get_by_role("link", name="Total").click()
    expect(page.locator("th[aria-sort=descending]")).to_have_text("Total")
    page.get_by_role("link", name="Next").press("Enter")
    expect(page.get_by_text("Page 2 of 17")).to_be_visible()
    expect(page.get_by_role("link", name="Next")).to_be_focused()
    assert query_of(page) == {"sort": ["-total"], "page": ["2"]}
    page.go_back()
    expect(page.get_by_text("Page 1 of 17")).to_be_visible()
    page.go_back()
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("Total")
    page.go_back()
    expect(rows(page).first).to_have_text(newest, use_inner_text=True)
    page.go_forward()
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("Total")


def test_the_table_stays_on_its_socket_while_it_is_used(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/table/")
    page.evaluate("window.stillHere = true")
    page.get_by_role("link", name="Customer").click()
    page.get_by_label("Search orders").fill("ada")
    expect(page).to_have_url(f"{gallery}/table/?q=ada&sort=customer")
    page.get_by_label("Search orders").fill("no such order")
    expect(page.locator("main").get_by_text("No order matches")).to_be_visible()
    assert page.evaluate("window.stillHere")


# Ticker


REMEMBER = """quotes => {
    window.seen = []
    new MutationObserver(() => window.seen.push(quotes.innerText)).observe(
        quotes, {subtree: true, childList: true, characterData: true, attributes: true})
}"""


def watch_market(page: Page, gallery: str) -> None:
    """Record every state of the market that the page shows."""
    visit(page, f"{gallery}/ticker/")
    page.locator(".quotes").evaluate(REMEMBER)


def test_all_browsers_see_the_same_market(new_visitor: NewVisitor, gallery: str) -> None:
    one, other = new_visitor(), new_visitor()
    watch_market(one, gallery)
    watch_market(other, gallery)
    line = one.locator("polyline").first
    expect(line).not_to_have_attribute("points", line.get_attribute("points") or "")
    # A slow browser gets several moves at once, so not every state was shown by both.
    until(one, lambda: len(set(one.evaluate("window.seen")) & set(other.evaluate("window.seen"))) >= 2)


# Chat


def enter_room(page: Page, gallery: str, name: str) -> None:
    visit(page, f"{gallery}/chat/")
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Enter").click()
    expect(page.get_by_placeholder(f"Message as {name}")).to_be_focused()


def test_two_users_chat(new_visitor: NewVisitor, gallery: str) -> None:
    ada, grace = new_visitor(), new_visitor()
    enter_room(ada, gallery, "Ada")
    enter_room(grace, gallery, "Grace")
    expect(ada.get_by_text("Ada, Grace are here")).to_be_visible()

    ada.get_by_label("Message", exact=True).fill("Hello <b>Grace</b>")
    ada.keyboard.press("Enter")
    expect(grace.get_by_role("log")).to_contain_text("Hello <b>Grace</b>")
    expect(ada.get_by_label("Message", exact=True)).to_have_value("")
    expect(ada.get_by_label("Message", exact=True)).to_be_focused()

    grace.keyboard.type("Hello Ada")
    grace.get_by_role("button", name="Send").click()
    expect(ada.locator(".message").last).to_contain_text("Hello Ada")
    expect(grace.locator(".message.own")).to_have_count(1)

    grace.close()
    expect(ada.get_by_text("Ada is here")).to_be_visible()


def test_a_name_in_use_is_refused_with_a_message(new_visitor: NewVisitor, gallery: str) -> None:
    first, second = new_visitor(), new_visitor()
    enter_room(first, gallery, "Barbara")
    visit(second, f"{gallery}/chat/")
    second.get_by_label("Your name").fill("barbara")
    second.keyboard.press("Enter")
    expect(second.get_by_role("alert")).to_contain_text("already taken")
    second.get_by_role("button", name="Dismiss").click()
    expect(second.get_by_role("alert")).to_have_count(0)


# Logbook


def entries(page: Page) -> list[int]:
    found: list[int] = page.evaluate(
        "[...document.querySelectorAll('#entries > article')].map(one => Number(one.id.slice(6)))"
    )
    return found


def test_an_endless_list_is_scrolled(page: Page, gallery: str) -> None:
    """Scroll down until the first entries are removed, and up until they are back."""
    visit(page, f"{gallery}/logbook/")
    newest = entries(page)[0]
    reel = page.locator(".reel")
    reel.hover()
    scroll(page, 2000, lambda: entries(page)[0] < newest and len(entries(page)) >= 60)
    shown = entries(page)
    assert len(shown) <= 120
    assert shown == list(range(shown[0], shown[0] - len(shown), -1))
    expect(page.locator("#latest")).to_be_visible()
    scroll(page, -2000, lambda: entries(page)[0] >= newest)
    shown = entries(page)
    assert shown == list(range(shown[0], shown[0] - len(shown), -1))


def scroll(page: Page, by: int, ended: Callable[[], bool]) -> None:
    """Turn the mouse wheel until `ended` holds. Raises `AssertionError` if it does not for half a minute."""
    end = time.monotonic() + SECONDS
    while not ended():
        assert time.monotonic() < end
        # At an end the wheel causes no scroll event, and the client asks for entries at such an event only.
        page.mouse.wheel(0, -by / 20)
        page.mouse.wheel(0, by)
        page.wait_for_timeout(100)  # the pace of a mouse wheel


COME_TO_REST = """reel => new Promise((rested) => {
  let [last, frames] = ["", 0];
  const look = () => {
    const now = `${reel.scrollTop} ${reel.scrollHeight}`;
    frames = now === last ? frames + 1 : 0;
    last = now;
    if (frames < 40) requestAnimationFrame(look);
    else rested();
  };
  look();
})"""


def test_the_scroll_position_stays(page: Page, gallery: str) -> None:
    """Entries loaded above and below do not move the visible entry out of sight."""
    visit(page, f"{gallery}/logbook/")
    page.locator(".reel").hover()
    for _ in range(30):
        page.mouse.wheel(0, 300)
        page.wait_for_timeout(30)  # the pace of a mouse wheel
    page.locator(".reel").evaluate(COME_TO_REST)
    first = page.evaluate(
        """() => { const box = document.querySelector('.reel').getBoundingClientRect();
        return [...document.querySelectorAll('#entries > article')]
          .find(one => one.getBoundingClientRect().bottom > box.top + 5).id }"""
    )
    page.wait_for_timeout(2000)  # time for entries that arrive late
    expect(page.locator(f"#{first}")).to_be_in_viewport()


def test_starring_and_hiding_an_entry(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/logbook/")
    second = page.locator("#entries > article").nth(1).get_attribute("id")
    star = page.locator(f"#{second} [phx-click=star]")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    page.locator(f"#{second} [phx-click=hide]").click()
    expect(page.locator(f"#{second}")).to_have_count(0)


# Reading list


def test_a_note_is_opened_and_closed_by_the_keyboard_alone(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/books/")
    book = page.locator("#book-frankenstein")
    book.get_by_role("button", name="Add a note").press("Enter")
    done = book.get_by_role("button", name="Done")
    expect(done).to_be_focused()
    done.press("Enter")
    expect(book.get_by_role("button", name="Add a note")).to_be_focused()


# Form


def test_an_error_is_shown_after_its_field_was_used(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/form/")
    page.get_by_label("Name", exact=True).fill("A")
    page.get_by_label("E-mail").focus()
    expect(page.locator("#name-error")).to_be_visible()
    expect(page.locator(".error")).to_have_count(1)
    expect(page.get_by_label("Name", exact=True)).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Name", exact=True).fill("Ada")
    page.get_by_label("E-mail").focus()
    expect(page.locator(".error")).to_have_count(0)
    expect(page.get_by_label("Name", exact=True)).to_have_value("Ada")


def test_an_empty_form_shows_all_errors(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/form/")
    page.get_by_role("button", name="Book").click()
    expect(page.locator(".error")).to_have_count(6)
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.get_by_label("Name", exact=True).fill("Ada")
    page.get_by_role("button", name="Book").click()
    expect(page.get_by_label("E-mail")).to_be_focused()


def test_a_booking_succeeds(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/form/")
    page.get_by_label("Name", exact=True).fill("Ada Lovelace")
    page.get_by_label("E-mail").fill("ada@example.org")
    page.get_by_label("Workshop", exact=True).select_option("Fresh pasta")
    page.get_by_label("Seats").fill("2")
    page.get_by_label("Day").fill("2099-07-01")
    page.get_by_label("Keep my details").check()
    expect(page.locator(".error")).to_have_count(0)
    page.get_by_role("button", name="Book").click()
    expect(page.get_by_role("heading", name="Booked")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("2 seats at Fresh pasta on 01 July 2099")
    page.get_by_role("button", name="Book another").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("")


# The dashboard of the guide


def test_signing_in_and_out(page: Page, gallery: str) -> None:
    page.goto(f"{gallery}/dashboard")
    expect(page).to_have_url(f"{gallery}/login?next=%2Fdashboard")
    sign_in(page, gallery, "wrong")
    expect(page.get_by_text("Invalid credentials", exact=True)).to_be_visible()
    sign_in(page, gallery, "demo")
    expect(page).to_have_url(f"{gallery}/dashboard")
    expect(page.locator(LIVE)).to_contain_text("Hello, demo")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{gallery}/login")
    page.goto(f"{gallery}/dashboard")
    expect(page).to_have_url(f"{gallery}/login?next=%2Fdashboard")


def test_the_dashboard_of_one_visitor_is_not_that_of_another(new_visitor: NewVisitor, gallery: str) -> None:
    guest, member = new_visitor(), new_visitor()
    sign_in(member, gallery, "demo")
    guest.goto(f"{gallery}/dashboard")
    expect(guest).to_have_url(f"{gallery}/login?next=%2Fdashboard")


# How they look

# Cumulative layout shift: https://web.dev/articles/cls. What follows an input of the user does not count.
COUNT_SHIFTS = """
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
  }).observe({type: "layout-shift", buffered: true});
"""


@pytest.mark.parametrize(
    ("device", "width", "height", "theme"), [("desktop", 1280, 800, "light"), ("phone", 360, 740, "dark")]
)
def test_every_page_stands_still_fits_its_screen_and_is_accessible(
    new_context: NewContext,
    gallery: str,
    device: str,
    width: int,
    height: int,
    theme: Literal["light", "dark"],
) -> None:
    page = new_context(viewport={"width": width, "height": height}, color_scheme=theme).new_page()
    page.add_init_script(COUNT_SHIFTS)
    found: list[str] = []
    for name, show in PAGES.items():
        show(page, gallery)
        assert page.evaluate("window.shifted") < 0.01, f"{name} moves its content on a {device}"
        check_fit(page, name, device)
        page.emulate_media(color_scheme=theme)
        # The guide documents the page "login" as it is.
        found += [f"{name}: {fault}" for fault in faults(page) if name != "login"]
    assert found == []


def _conversation(page: Page, gallery: str) -> None:
    enter_room(page, gallery, "Mary")
    for turn, text in enumerate(("Good morning.", "Shall we start with the engine, or with its notes?")):
        expect(page.locator(f"#message-{turn}")).to_be_focused()
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("or with its notes?")


def _answered(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/assistant/")
    page.get_by_role("button", name="How do I download a file?").click()
    expect(page.locator(".pv-streamed strong")).to_have_text("Download a file")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def _in_the_office(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/office/")
    if page.get_by_label("Password").count():
        page.get_by_label("User name").fill("ada")
        page.get_by_label("Password").fill("tea time")
        page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#orders-rows tr")).to_have_count(25)


def _reported(page: Page, gallery: str) -> None:
    _in_the_office(page, gallery)
    visit(page, f"{gallery}/office/reports")


def _starred(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/logbook/")
    star = page.locator("#entries [phx-click=star]").nth(2)
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")


def _half_filled(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/form/")
    page.get_by_label("Name", exact=True).fill("Ada")
    page.get_by_label("E-mail").fill("ada@")
    page.get_by_label("Seats").focus()
    expect(page.locator("#email-error")).to_be_visible()


def _submitted_empty(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/registration/")
    page.get_by_label("Name").fill("A")
    page.get_by_role("button", name="Open the account").click()
    expect(page.locator(".pv-error").first).to_be_visible()


def _with_a_message(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/components/")
    page.get_by_role("button", name="Show an error").click()
    expect(page.locator("#flash-error")).to_be_visible()


def _rated_and_noted(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/books/")
    page.locator("#book-frankenstein").get_by_label("4 stars").click()
    page.locator("#book-dracula").get_by_label("5 stars").click()
    page.locator("#book-dracula").get_by_role("button", name="Add a note").click()
    page.get_by_label("A note").fill("Letters, diaries, and a very long journey.")
    expect(page.locator("#note-dracula small")).to_have_text("42 of 280")
    expect(page.locator(".summary")).to_contain_text("4.5 on average")
    expect(page.locator("#book-frankenstein .lit")).to_have_count(4)
    expect(page.locator("#book-dracula .lit")).to_have_count(5)


def _signed_in_with_openid(page: Page, gallery: str) -> None:
    page.goto(f"{gallery}/profile/")
    page.get_by_label("Name").fill("Grace Hopper")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(LIVE)).to_be_attached()


def _counted(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/counter/")
    page.get_by_role("button", name="One more").click()
    expect(page.get_by_role("heading")).to_have_text("1")


def _adding(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/js/")
    page.get_by_role("button", name="Add something").click()
    expect(page.get_by_role("textbox")).to_be_focused()
    expect(page.locator("#dialog")).not_to_have_class("fade fade-in")
    page.locator("#dialog").evaluate(
        "dialog => Promise.all(dialog.getAnimations().map(each => each.finished))"
    )


def _drawn_on(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/cursors/")
    page.get_by_role("button", name="Wipe").click()
    expect(page.locator(".mark")).to_have_count(0)
    other = page.context.new_page()
    visit(other, f"{gallery}/cursors/")
    for x, y in ((90, 70), (120, 130), (210, 90), (160, 180)):
        other.locator("#board").click(position={"x": x, "y": y})
    page.locator("#board").click(position={"x": 60, "y": 160})
    other.mouse.move(*_middle(other))
    expect(page.locator(".mark")).to_have_count(5)
    expect(page.locator(".cursor[style]").first).to_have_css("opacity", "1")


def _middle(page: Page) -> tuple[float, float]:
    box = page.locator("#board").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def _drawn_plots(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/plots/")
    expect(page.locator("#weather .main-svg").first).to_be_visible()
    expect(page.locator("#year svg.marks")).to_be_visible(timeout=90_000)


def _signed_in(page: Page, gallery: str) -> None:
    sign_in(page, gallery, "demo")
    expect(page.locator(LIVE)).to_be_attached()


def _filtered_and_selected(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/tables/?orders.where.total=200..&orders.sort=-total,customer")
    page.get_by_role("button", name="Filters (1)").click()
    page.get_by_label("Select all rows on this page").check()
    page.locator(".pv-data-cell").first.click()
    expect(page.locator("#orders-edit")).to_be_visible()


PAGES: dict[str, Callable[[Page, str], object]] = {
    "index": lambda page, gallery: visit(page, gallery),
    "guide": lambda page, gallery: visit(page, f"{gallery}/guides/forms"),
    "assistant": _answered,
    "office": _in_the_office,
    "office-reports": _reported,
    "operations": lambda page, gallery: visit(page, f"{gallery}/operations/"),
    "counter": _counted,
    "table": lambda page, gallery: visit(page, f"{gallery}/table/?sort=-total&page=3"),
    "table-empty": lambda page, gallery: visit(page, f"{gallery}/table/?q=nothing"),
    "charts": lambda page, gallery: visit(page, f"{gallery}/charts/"),
    "data-table": _filtered_and_selected,
    "data-table-frame": lambda page, gallery: visit(page, f"{gallery}/tables/weather"),
    "data-table-live": lambda page, gallery: visit(page, f"{gallery}/tables/live"),
    "plots": _drawn_plots,
    "ticker": lambda page, gallery: visit(page, f"{gallery}/ticker/"),
    "logbook": _starred,
    "chat-door": lambda page, gallery: visit(page, f"{gallery}/chat/"),
    "chat": _conversation,
    "kanban": lambda page, gallery: visit(page, f"{gallery}/kanban/"),
    "notes": lambda page, gallery: visit(page, f"{gallery}/notes/"),
    "checkboxes": lambda page, gallery: visit(page, f"{gallery}/checkboxes/"),
    "loan": lambda page, gallery: visit(page, f"{gallery}/loan/"),
    "bookshelf": lambda page, gallery: visit(page, f"{gallery}/reading/"),
    "webping": lambda page, gallery: visit(page, f"{gallery}/webping/"),
    "workshop": lambda page, gallery: visit(page, f"{gallery}/workshop/"),
    "form": _half_filled,
    "registration": _submitted_empty,
    "components": _with_a_message,
    "reading-list": _rated_and_noted,
    "js-commands": lambda page, gallery: visit(page, f"{gallery}/js/"),
    "js-commands-dialog": _adding,
    "cursors": _drawn_on,
    "api-key": lambda page, gallery: visit(page, f"{gallery}/status/?api_key=demo-key"),
    "openid-provider": lambda page, gallery: page.goto(f"{gallery}/profile/"),
    "openid": _signed_in_with_openid,
    "login": lambda page, gallery: page.goto(f"{gallery}/login"),
    "dashboard": _signed_in,
}
