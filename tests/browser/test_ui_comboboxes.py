"""Comboboxes, multi-selects and tags: their keyboard, what screen readers hear, and what patches leave alone."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from starlette.types import ASGIApp

from examples.ui_kit.app import app
from pyview import LiveView, LiveViewSocket, PyView
from pyview.events import event
from pyview.template.live_template import LiveTemplate
from tests.browser.server import serving
from tests.browser.test_examples import visit

Serve = Callable[[ASGIApp], str]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(app) as url:
        yield url


def box(page: Page, name: str) -> Locator:
    return page.get_by_role("combobox", name=name)


def options(page: Page) -> Locator:
    return page.locator(".pv-popup:popover-open").get_by_role("option")


def active(page: Page) -> str:
    """Return the text of the option that screen readers read."""
    text: str = page.evaluate(
        "document.getElementById(document.activeElement.getAttribute('aria-activedescendant') ?? '')?.textContent ?? ''"
    )
    return text


def note(page: Page) -> Locator:
    return page.locator(".pv-popup:popover-open .pv-popup-note:visible")


def output(page: Page, name: str) -> Locator:
    return page.locator(f"output#{name}")


def test_typing_filters_without_accents_and_enter_chooses_the_value(page: Page, address: str) -> None:
    visit(page, f"{address}/combobox")
    country = box(page, "Country")
    country.press_sequentially("cote")
    expect(options(page)).to_have_text(["Côte d'Ivoire"])
    assert active(page) == "Côte d'Ivoire"
    expect(country).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("status").filter(has_text="1 result")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(country).to_have_value("Côte d'Ivoire")
    expect(country).to_have_attribute("aria-expanded", "false")
    expect(output(page, "country")).to_have_text("Côte d'Ivoire")
    expect(page.locator("#order_customer-errors")).to_be_empty()
    country.fill("x")
    expect(note(page)).to_have_text("No results")


def test_arrow_keys_move_and_escape_restores_what_was_chosen(page: Page, address: str) -> None:
    visit(page, f"{address}/combobox")
    country = box(page, "Country")
    country.focus()
    page.keyboard.press("ArrowDown")
    assert active(page) == "Austria"
    for key, text in (("ArrowUp", "Perú"), ("ArrowDown", "Austria"), ("End", "Perú"), ("Home", "Austria")):
        page.keyboard.press(key)
        assert active(page) == text
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(country).to_have_value("Belgium")
    expect(output(page, "country")).to_have_text("Belgium")
    country.fill("Nor")
    page.keyboard.press("Escape")
    expect(country).to_have_value("Belgium")
    expect(options(page)).to_have_count(0)
    page.keyboard.press("Alt+ArrowDown")
    expect(options(page)).to_have_count(9)
    assert active(page) == ""
    page.keyboard.press("Alt+ArrowUp")
    expect(options(page)).to_have_count(0)
    page.get_by_role("button", name="Clear").click()
    expect(output(page, "country")).to_have_text("")
    expect(page.locator("#order_country-errors")).to_have_text("Please fill this in.")


def test_the_server_searches_and_the_form_gets_the_value(page: Page, address: str) -> None:
    visit(page, f"{address}/combobox")
    customer = box(page, "Customer")
    customer.click()
    expect(options(page)).to_have_count(20)
    customer.press_sequentially("lovel", delay=20)
    expect(options(page)).to_have_count(12)
    assert active(page) == "Ada LovelaceCustomer 1009"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(output(page, "customer")).to_have_text("20")
    expect(customer).to_have_value("Alan Lovelace")
    customer.fill("zzz")
    expect(note(page)).to_have_text("No results")
    page.get_by_role("button", name="Save").focus()
    expect(customer).to_have_value("Alan Lovelace")


def test_patches_keep_the_list_open_with_its_highlight_and_the_typed_text(page: Page, address: str) -> None:
    visit(page, f"{address}/combobox")
    country = box(page, "Country")
    country.press_sequentially("e")
    page.keyboard.press("ArrowDown")
    before, count = active(page), options(page).count()
    tick = '[["push", {"event": "tick"}]]'
    for number in range(1, 4):
        page.evaluate("commands => liveSocket.execJS(document.querySelector('output'), commands)", tick)
        expect(output(page, "ticks")).to_have_text(str(number))
    expect(country).to_be_focused()
    expect(country).to_have_value("e")
    expect(country).to_have_attribute("aria-expanded", "true")
    assert active(page) == before
    expect(options(page)).to_have_count(count)
    expect(page.locator(".pv-active")).to_have_count(1)


def test_an_option_is_created_and_chosen(page: Page, address: str) -> None:
    visit(page, f"{address}/combobox")
    label = box(page, "Label")
    label.fill("<b>Cold</b>")
    expect(options(page)).to_have_text(["Create “<b>Cold</b>”"])
    page.keyboard.press("Enter")
    expect(output(page, "label")).to_have_text("<b>Cold</b>")
    expect(label).to_have_value("<b>Cold</b>")
    label.fill("<b>cold</b>")
    expect(options(page)).to_have_text(["<b>Cold</b>"])
    page.get_by_role("heading", level=1).click()
    expect(label).to_have_value("<b>Cold</b>")


def test_several_are_chosen_as_chips_and_removed(page: Page, address: str) -> None:
    visit(page, f"{address}/multi_select")
    topics = box(page, "Topics")
    topics.press_sequentially("ret")
    page.keyboard.press("Enter")
    expect(output(page, "topics")).to_have_text("Billing, Returns")
    expect(topics).to_have_value("")
    expect(options(page).filter(has_text="Returns")).to_have_attribute("aria-selected", "true")
    options(page).filter(has_text="Security").click()
    expect(output(page, "topics")).to_have_text("Billing, Returns, Security")
    expect(note(page)).to_contain_text("At most 3")
    options(page).filter(has_text="Support").click()
    expect(page.locator("#team_topics-errors")).to_be_empty()
    page.keyboard.press("Backspace")
    expect(output(page, "topics")).to_have_text("Billing, Returns")
    page.get_by_role("button", name="Remove Billing").click()
    expect(output(page, "topics")).to_have_text("Returns")
    expect(topics).to_be_focused()
    page.keyboard.press("Escape")
    members = box(page, "Members")
    members.press_sequentially("turing")
    expect(note(page)).to_have_text("No results")
    members.fill("radia rhodes")
    expect(options(page)).to_have_count(1)
    page.keyboard.press("Enter")
    expect(output(page, "members")).to_have_text("131")
    expect(page.get_by_role("button", name="Remove Radia Rhodes")).to_be_visible()


def test_tags_are_typed_pasted_and_limited(page: Page, address: str) -> None:
    visit(page, f"{address}/multi_select")
    tags = box(page, "Tags")
    tags.press_sequentially("cold,COLD,")
    expect(output(page, "tags")).to_have_text("cold")
    page.evaluate(
        """input => {
          const data = new DataTransfer();
          data.setData("text", "a, b; <i>\\n\\ta, e, f");
          input.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        tags.element_handle(),
    )
    expect(output(page, "tags")).to_have_text("cold, a, b, <i>, e")
    expect(page.locator("#team_tags-errors")).to_be_empty()
    page.keyboard.press("Backspace")
    tags.press_sequentially("urg")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(output(page, "tags")).to_have_text("cold, a, b, <i>, urgent")
    page.keyboard.press("Backspace")
    tags.press_sequentially("late")
    page.get_by_role("heading", level=1).click()
    expect(output(page, "tags")).to_have_text("cold, a, b, <i>, late")


class Searching(LiveView[dict[str, Any]]):
    """A search that answers when the test wants it to, inside a dialog."""

    template = LiveTemplate.from_string(
        '{% import "pyview/components.html" as ui %}'
        '{% call ui.modal("box", "Box", show=true) %}<form id="f" phx-change="sent">'
        '{{ ui.combobox("who", options=found, search="find", value=who) }}</form>{% endcall %}'
        "<output>{{ asked }}</output>"
    )

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.context = {"found": [], "asked": "", "who": ""}

    @event
    async def find(self, socket: LiveViewSocket[dict[str, Any]], text: str) -> None:
        if text == "die":
            raise ValueError(text)
        socket.context |= {"asked": text, "found": [f"{text}-{number}" for number in range(3)]}

    @event
    async def sent(self, socket: LiveViewSocket[dict[str, Any]], who: str) -> None:
        socket.context["who"] = who


@pytest.fixture
def searching(page: Page, serve: Serve) -> Locator:
    served = PyView()
    served.add_live_view("/", Searching)
    visit(page, serve(served))
    who = box(page, "Who")
    who.focus()
    return who


def test_escape_closes_the_list_before_the_dialog(page: Page, searching: Locator) -> None:
    searching.fill("a")
    expect(options(page)).to_have_count(3)
    page.keyboard.press("Escape")
    expect(options(page)).to_have_count(0)
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_quick_typing_asks_once_and_the_newest_answer_counts(page: Page, searching: Locator) -> None:
    page.evaluate("liveSocket.enableLatencySim(150)")
    searching.press_sequentially("abc", delay=10)
    expect(note(page)).to_have_text("Searching…")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(options(page)).to_have_text(["abc-0", "abc-1", "abc-2"])
    searching.press_sequentially("d", delay=10)
    page.evaluate("new Promise(done => setTimeout(done, 200))")
    searching.press_sequentially("e", delay=10)
    expect(options(page)).to_have_text(["abcde-0", "abcde-1", "abcde-2"])


def test_typed_text_is_searched_again_after_a_lost_connection(page: Page, searching: Locator) -> None:
    searching.fill("a")
    expect(options(page)).to_have_count(3)
    page.evaluate("liveSocket.disconnect()")
    searching.fill("ab")
    expect(note(page)).to_contain_text("No connection")
    page.evaluate("liveSocket.connect()")
    expect(options(page)).to_have_text(["ab-0", "ab-1", "ab-2"])
    expect(searching).to_have_value("ab")
    expect(searching).to_be_focused()


def test_a_search_that_ends_the_view_is_not_repeated_for_ever(page: Page, searching: Locator) -> None:
    page.evaluate("window.joins = 0; addEventListener('phx:page-loading-stop', () => joins++)")
    searching.fill("die")
    page.wait_for_function("joins >= 2")
    searching.fill("live")
    expect(options(page)).to_have_count(3)


def test_the_list_is_beside_its_input_on_a_phone_and_from_right_to_left(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 360, "height": 500})
    for direction in ("ltr", "rtl"):
        visit(page, f"{address}/combobox")
        page.evaluate("direction => document.documentElement.dir = direction", direction)
        country = box(page, "Country")
        country.focus()
        page.keyboard.press("ArrowDown")
        frame = page.locator(".pv-combobox").nth(1).bounding_box()
        popup = page.locator(".pv-popup:popover-open").bounding_box()
        assert frame is not None
        assert popup is not None
        assert abs(popup["x"] - frame["x"]) < 1
        assert abs(popup["width"] - frame["width"]) < 1
        gap = popup["y"] - frame["y"] - frame["height"]
        assert 0 <= gap < 8 or 0 <= frame["y"] - popup["y"] - popup["height"] < 8
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
