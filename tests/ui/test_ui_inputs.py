"""Inputs of the UI kit: markup, values, limits, and what a browser that is not ours sends."""

from datetime import date
from typing import Any, Literal

import pytest
from bs4 import BeautifulSoup
from pydantic import BaseModel, Field

from pyview import LiveView, LiveViewSocket, PyView
from pyview.events import event
from pyview.forms import Form
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, PageError
from tests.forms.shop import GOOD, Order, payload
from tests.ui.pages import Page, only, rendered

NASTY = "\"'><script>alert(1)</script>"
NAMES = (
    *("number_input", "input_group", "search_input", "color_input", "code_input", "text_area", "switch"),
    *("segmented", "slider", "combobox", "multi_select", "tags"),
)


def shown(call: str, **names: Any) -> BeautifulSoup:
    return rendered("{{ " + call + " }}", form=Form(Order), **names)


@pytest.mark.parametrize("name", NAMES)
def test_a_field_of_a_form_has_its_label_help_errors_and_constraints(name: str) -> None:
    form = Form(Order, payload({"name": "A"}, "name"))
    soup = rendered("{{ ui." + name + "(form.name) }}", form=form)
    frame = only(soup, ".pv-field")
    label = frame.select_one("label[for], legend")
    assert name == "switch" or (label is not None and label.text == "Your name *")
    assert only(soup, "#order_name-help").text == "As on the door"
    assert only(soup, "#order_name-errors p").text == "At least 2 characters, please."
    described = only(soup, "[aria-describedby]")
    assert described["id"] == "order_name"
    assert described["aria-describedby"] == "order_name-help order_name-errors"
    assert described["aria-invalid"] == "true"
    assert len({tag["id"] for tag in soup.select("[id]")}) == len(soup.select("[id]"))


@pytest.mark.parametrize("name", NAMES)
def test_a_name_and_a_value_need_no_form_and_cannot_leave_their_attributes(name: str) -> None:
    soup = rendered("{{ ui." + name + "('f[x_y]', value=nasty, label=nasty, help=nasty) }}", nasty=NASTY)
    assert not soup.select("script")
    assert name == "segmented" or soup.select("[name='f[x_y]']")
    assert only(soup, "#f_x_y-help").text == NASTY
    assert soup.select("#f_x_y")


def test_an_error_names_what_was_given_instead_of_a_field() -> None:
    with pytest.raises(TypeError, match=r"a field of a form, form\.email.*got None"):
        shown("ui.combobox(none)")


def test_a_value_of_ones_own_takes_the_place_of_that_of_the_form() -> None:
    soup = shown("ui.combobox(form.size, value='xl')")
    assert only(soup, ".pv-combobox-value")["value"] == "xl"
    assert only(soup, "[role=combobox]")["value"] == "Very large"
    assert only(soup, "label").text == "Size *"


def test_a_combobox_sends_the_value_and_shows_the_label() -> None:
    soup = shown("ui.combobox('who', options=[(7, 'Ada', 'since 1815'), ('8', 'Alan')], value=7)")
    assert [(one["data-value"], one["aria-selected"]) for one in soup.select("[role=option]")] == [
        ("7", "true"),
        ("8", "false"),
    ]
    text = only(soup, "[role=combobox]")
    assert (text["value"], text.has_attr("name"), text["aria-controls"]) == ("Ada", False, "who-list")
    assert only(soup, "#who-list")["role"] == "listbox"
    assert only(soup, "input[name=who]")["value"] == "7"
    assert not text.has_attr("data-keep-value")


def test_the_text_of_a_value_that_is_not_listed_is_given_or_kept_by_the_browser() -> None:
    known = shown("ui.combobox('who', options=[], value='7', text='Ada')")
    assert only(known, "[role=combobox]")["value"] == "Ada"
    unknown = only(shown("ui.combobox('who', options=[], value='7')"), "[role=combobox]")
    assert (unknown["value"], unknown["data-keep-value"]) == ("7", "7")
    chips = shown("ui.multi_select('who[]', options=[('1', 'One')], value=['1', '2'], texts={2: 'Two'})")
    assert [one.text for one in chips.select(".pv-chip span")] == ["One", "Two"]
    assert [one["value"] for one in chips.select("input[name='who[]']")] == ["", "1", "2"]


def test_of_ten_thousand_options_few_are_rendered_and_the_list_says_so() -> None:
    options = [(number, f"Option {number}") for number in range(10_000)]
    soup = shown("ui.combobox('x', options=options, value=9999)", options=options)
    assert len(soup.select("[role=option]")) == 250
    assert only(soup, ".pv-popup-note:not([hidden])").text == "The first 250 of 10000 are listed."
    assert only(soup, "[role=combobox]")["value"] == "Option 9999"
    words = "ui.combobox('x', options=options, limit=2, words={'more': '{shown} von {count}'})"
    assert only(shown(words, options=options), ".pv-popup-note:not([hidden])").text == "2 von 10000"


def test_unknown_words_and_ranges_of_days_are_errors_that_list_the_known_ones() -> None:
    with pytest.raises(KeyError, match=r"no words \['emty'\] in a combobox; expected some of clear, create"):
        shown("ui.combobox('x', words={'emty': '?'})")
    with pytest.raises(ValueError, match="no range of days 'last_week'; expected one of today, yesterday"):
        shown("ui.date_range('a', 'b', label='x', presets=['last_week'])")


def test_a_range_of_days_limits_each_input_by_the_other() -> None:
    soup = shown(
        "ui.date_range('a', 'b', label='x', value=(first, '2026-03-01'), min='2026-01-01', max='2026-12-31',"
        " presets=[('last_7_days', 'Woche'), ('Q1', first, first)])",
        first=date(2026, 2, 1),
    )
    first, last = soup.select("input")
    assert (first["value"], first["min"], first["max"]) == ("2026-02-01", "2026-01-01", "2026-03-01")
    assert (last["value"], last["min"], last["max"]) == ("2026-03-01", "2026-02-01", "2026-12-31")
    week, quarter = soup.select("button")
    assert (week.text, week["data-days"]) == ("Woche", "last_7_days")
    assert (quarter["data-start"], quarter["data-end"]) == ("2026-02-01", "2026-02-01")


@pytest.mark.parametrize(
    ("value", "text"),
    [("5", "5"), ("", "50"), ("x", "50"), ("nan", "50"), ("inf", "50"), ("-3", "0"), ("500", "100")],
)
def test_a_slider_shows_the_value_that_a_browser_takes(value: str, text: str) -> None:
    soup = shown("ui.slider('x', value=value)", value=value)
    assert (only(soup, "input")["value"], only(soup, "output").text) == (text, text)


def test_a_slider_has_the_bounds_and_the_step_of_the_model() -> None:
    class Tea(BaseModel):
        heat: int = Field(default=70, ge=50, le=100, multiple_of=5)

    slider = only(rendered("{{ ui.slider(form.heat) }}", form=Form(Tea)), "input")
    assert [slider[name] for name in ("min", "max", "step", "value")] == ["50", "100", "5", "70"]
    assert only(shown("ui.slider('x', 1, 2, 0.5)"), "input")["step"] == "0.5"


def test_a_password_is_never_written_into_the_page() -> None:
    page = Page("{{ ui.password_input(form.password) }}{{ ui.input_group(form.password) }}")
    soup = page.render(form=Form(Order, payload(GOOD)))
    assert "secret" not in str(soup)
    assert [one["data-keep-value"] for one in soup.select("input")] == ["", ""]


class Choice(BaseModel):
    customer: Literal["7", "8"]
    tags: list[str] = Field(default=[], max_length=2)


class Choosing(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string(
        '{% import "pyview/components.html" as ui %}'
        '{% call ui.form(form, phx_change="check", phx_submit="check") %}'
        '{{ ui.combobox(form.customer, options=found, search="find") }}'
        "{{ ui.tags(form.tags, max=2) }}{% endcall %}<output>{{ asked }}</output>"
    )

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.context = {"form": Form(Choice), "found": [], "asked": ""}

    @event
    async def check(self, socket: LiveViewSocket[dict[str, Any]], form: Form[Choice]) -> None:
        socket.context["form"] = form

    @event
    async def find(self, socket: LiveViewSocket[dict[str, Any]], text: str) -> None:
        socket.context |= {"asked": text, "found": [("7", text)]}


async def test_values_that_the_browser_invents_are_refused_by_the_model() -> None:
    app = PyView()
    app.add_live_view("/", Choosing)
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.submit("form", {"customer": "9", "tags[]": ["a", NASTY, "c"]})
        assert page.find("#choice_customer-errors p").text == "Please choose one."
        assert page.find("#choice_tags-errors p").text
        assert [one.text for one in page.find_all(".pv-chip span")] == ["a", NASTY, "c"]
        await page.submit("form", {"customer": "8", "tags[]": ["a"]})
        assert [one.text for one in page.find_all(".pv-error")] == []


@pytest.mark.parametrize("value", [{}, {"text": {"a": 1}}, {"text": ["x"]}, [], None, "text", 7])
async def test_garbage_in_the_place_of_a_searched_text_never_reaches_the_search(value: Any) -> None:
    app = PyView()
    app.add_live_view("/", Choosing)
    async with LiveClient(app) as client:
        page = await client.open("/")
        with pytest.raises(PageError, match="bad_payload"):
            await page.send("event", {"type": "js", "event": "find", "value": value})
        assert page.find("output").text == ""


async def test_a_searched_text_of_any_length_is_a_text() -> None:
    app = PyView()
    app.add_live_view("/", Choosing)
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.send("event", {"type": "js", "event": "find", "value": {"text": NASTY * 500}})
        assert page.find("[role=option]").text == NASTY * 500
