"""Inputs with their labels, help and errors."""

import itertools
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from pydantic import BaseModel, EmailStr, SecretStr

from pyview.forms import Form
from tests.forms.shop import GOOD, Order, nested, payload
from tests.ui.pages import Page, only, rendered

NASTY = "\"'><script>alert(1)</script>"


def shown(call: str, form: Any = None, **names: Any) -> BeautifulSoup:
    return rendered("{{ " + call + " }}", form=form or Form(Order), **names)


def test_an_input_has_its_label_and_the_attributes_of_the_model() -> None:
    soup = shown("ui.input(form.name)")
    assert only(soup, "input").attrs == {
        "type": "text",
        "id": "order_name",
        "name": "name",
        "value": "",
        "class": ["pv-input"],
        "required": "",
        "minlength": "2",
        "maxlength": "20",
        "aria-describedby": "order_name-help",
    }
    assert only(soup, "label")["for"] == "order_name"
    assert only(soup, "label").text == "Your name *"
    assert only(soup, "#order_name-help").text == "As on the door"
    assert only(soup, "#order_name-errors")["aria-live"] == "polite"


def test_errors_are_beside_their_input_and_announced_to_screen_readers() -> None:
    page = Page("{{ ui.input(form.name) }}{{ ui.input(form.age) }}")
    first = page.render(form=Form(Order))
    assert not first.select("[aria-invalid]")
    second = page.render(form=Form(Order, payload({"name": "A", "age": "x"}, "name", unused=("age",))))
    assert [one["id"] for one in second.select("[aria-invalid=true]")] == ["order_name"]
    assert only(second, "#order_name")["aria-describedby"] == "order_name-help order_name-errors"
    assert only(second, "#order_name-errors p").text == "At least 2 characters, please."
    assert not second.select("#order_age-errors p")


def test_attributes_and_words_of_ones_own() -> None:
    soup = shown(
        'ui.input(form.name, label="Who?", help="", class="wide", phx_debounce="blur", autofocus=true, rel=none)'
    )
    field = only(soup, "input")
    assert (field["class"], field["phx-debounce"], field["autofocus"]) == (["pv-input", "wide"], "blur", "")
    assert not field.has_attr("rel")
    assert only(soup, "label").text == "Who? *"
    assert not soup.select(".pv-help")


def test_a_select_has_the_choices_and_a_blank_one() -> None:
    soup = shown('ui.input(form.size, prompt="Choose")')
    assert [(one["value"], one.text) for one in soup.select("option")] == [
        ("", "Choose"),
        ("s", "Small"),
        ("xl", "Very large"),
    ]
    chosen = shown("ui.input(form.size)", Form(Order, payload(GOOD)))
    assert [one["value"] for one in chosen.select("option[selected]")] == ["xl"]


def test_several_choices_come_with_a_blank_value_so_that_none_can_be_chosen() -> None:
    soup = shown("ui.input(form.extras)", Form(Order, payload(GOOD)))
    assert only(soup, "select").has_attr("multiple")
    assert [one["value"] for one in soup.select("option[selected]")] == ["milk", "sugar"]
    assert only(soup, "input[type=hidden]").attrs == {"type": "hidden", "name": "extras[]", "value": ""}
    boxes = shown('ui.input(form.extras, type="checkboxes")', Form(Order, payload(GOOD)))
    assert [one["value"] for one in boxes.select("fieldset input[type=checkbox][checked]")] == [
        "milk",
        "sugar",
    ]


def test_an_unchecked_checkbox_sends_false() -> None:
    soup = shown("ui.input(form.gift)")
    assert [(one["type"], one["value"]) for one in soup.select("input[name=gift]")] == [
        ("hidden", "false"),
        ("checkbox", "true"),
    ]
    assert only(soup, "[type=checkbox]").has_attr("checked")
    assert only(soup, "label").text.strip() == "Gift"
    assert only(shown("ui.input(form.terms)"), "[type=checkbox]").has_attr("required")


def test_radio_buttons_are_a_group_with_a_name() -> None:
    soup = shown('ui.input(form.amount, type="radio")')
    assert only(soup, "fieldset > legend").text == "Amount"
    radios = soup.select("[type=radio]")
    assert [(one["value"], one.has_attr("checked")) for one in radios] == [
        ("1", True),
        ("2", False),
        ("3", False),
    ]
    assert len({one["id"] for one in radios}) == 3


def test_a_password_has_no_value_and_keeps_its_input() -> None:
    soup = shown("ui.input(form.password)", Form(Order, payload(GOOD)))
    field = only(soup, "input")
    assert field["type"] == "password"
    assert not field.has_attr("value")
    assert field.has_attr("data-keep-value")
    assert "secret" not in str(soup)


def test_a_secret_in_another_input_is_not_sent_either() -> None:
    for kind in ("text", "textarea", "hidden"):
        assert "secret" not in str(
            shown(f'ui.input(form.password, type="{kind}")', Form(Order, payload(GOOD)))
        )


def test_a_textarea_keeps_its_first_line_break() -> None:
    soup = shown('ui.input(form.name, type="textarea", rows=9)', Form(Order, {"name": "\nAda"}))
    assert (only(soup, "textarea").text, only(soup, "textarea")["rows"]) == ("\n\nAda", "9")


def test_choices_that_the_application_brings() -> None:
    class Pick(BaseModel):
        town: int
        towns: list[int] = []

    form = Form(Pick, {"town": "2", "towns": ["1", "2"]})
    choices = [(1, "Rome"), (2, "Oslo")]
    one = shown('ui.input(form.town, type="select", options=choices)', form, choices=choices)
    assert [each.text for each in one.select("option[selected]")] == ["Oslo"]
    many = shown('ui.input(form.towns, type="checkboxes", options=choices)', form, choices=choices)
    assert len(many.select("[checked]")) == 2
    words = shown('ui.input(form.town, type="radio", options=["1", "2"])', form)
    assert [each["value"] for each in words.select("[checked]")] == ["2"]


def test_every_type_of_the_model_has_its_input() -> None:
    class Everything(BaseModel):
        email: EmailStr
        key: SecretStr
        count: int

    form = Form(Everything, {"email": "a@x", "count": "7"})
    soup = rendered("{% for field in form %}{{ ui.input(field) }}{% endfor %}", form=form)
    assert [one["type"] for one in soup.select("input")] == ["email", "password", "number"]
    assert only(soup, "[type=number]")["value"] == "7"


def test_input_of_users_stays_text() -> None:
    sent = {"name": NASTY, "size": NASTY, "extras": [NASTY], "age": NASTY, "others": {NASTY: {"city": NASTY}}}
    source = """{% call ui.form(form) %}{% for field in form %}{% if not field.parts %}{{ ui.input(field) }}{% endif %}
      {% call(part) ui.inputs_for(field) %}{{ ui.input(part.city) }}{% endcall %}{% endfor %}
      {{ ui.input(form.name, type="textarea") }}{% endcall %}"""
    for form in (Form(Order, sent), Form(Order, sent).with_error("name", NASTY).with_error(None, NASTY)):
        soup = rendered(source, form=form)
        assert not soup.select("script")
        assert {tag["value"] for tag in soup.select("input[name=name]")} == {NASTY}


def test_a_name_of_an_attribute_is_refused_that_would_end_the_tag() -> None:
    with pytest.raises(ValueError, match="is not an attribute name"):
        shown("ui.input(form.name, **names)", names={"x><script": "1"})


# Forms and what is nested in them


def test_a_form_has_an_id_so_that_it_is_recovered() -> None:
    soup = rendered(
        '{% call ui.form(form, phx_change="check", phx_submit="save") %}.{% endcall %}', form=Form(Order)
    )
    form = only(soup, "form")
    assert form.attrs == {
        "id": "order",
        "method": "post",
        "class": ["pv-form"],
        "novalidate": "",
        "phx-change": "check",
        "phx-submit": "save",
    }


def test_errors_of_the_whole_form_stand_at_its_top() -> None:
    form = Form(Order, payload(GOOD)).with_error(None, "Closed today.")
    soup = rendered("{% call ui.form(form) %}.{% endcall %}", form=form)
    assert only(soup, "form > [role=alert]").text == "Closed today."


LIST = """{% call(part) ui.inputs_for(form.others) %}<li>{{ ui.input(part.city) }}
  {{ ui.move_button(part, -1) }}{{ ui.move_button(part, 1) }}{{ ui.remove_button(part) }}</li>{% endcall %}
  {{ ui.add_button(form.others, "One more") }}"""


def entries(soup: BeautifulSoup) -> list[tuple[str, str]]:
    return [(str(one["name"]), str(one.get("value"))) for one in soup.select("input:not([type=hidden])")]


def test_a_list_has_inputs_and_keys_for_each_entry() -> None:
    page = Page(LIST)
    empty = page.render(form=Form(Order, as_="user"))
    assert entries(empty) == []
    assert only(empty, "[type=hidden]").attrs == {
        "type": "hidden",
        "name": "user[others_drop][]",
        "value": "",
    }
    sent = payload(nested("user", {"others[0][city]": "Rome", "others[1][city]": "Oslo"}))
    soup = page.render(form=Form(Order, sent, as_="user"))
    assert entries(soup) == [("user[others][0][city]", "Rome"), ("user[others][1][city]", "Oslo")]
    assert [(one["name"], one["value"]) for one in soup.select("[type=hidden]")] == [
        ("user[others][0][_persistent_id]", "0"),
        ("user[others_sort][]", "0"),
        ("user[others][1][_persistent_id]", "1"),
        ("user[others_sort][]", "1"),
        ("user[others_drop][]", ""),
    ]


def test_the_buttons_of_a_list() -> None:
    sent = payload({"others[0][city]": "Rome", "others[1][city]": "Oslo"})
    buttons = rendered(LIST, form=Form(Order, sent)).select("button")
    assert [(one["name"], one["value"], one.has_attr("disabled")) for one in buttons] == [
        ("others_move[]", "0:0", True),
        ("others_move[]", "0:1", False),
        ("others_drop[]", "0", False),
        ("others_move[]", "1:0", False),
        ("others_move[]", "1:2", True),
        ("others_drop[]", "1", False),
        ("others_sort[]", "new", False),
    ]
    assert {one["type"] for one in buttons} == {"button"}
    assert {one["phx-click"] for one in buttons} == {'[["dispatch",{"event":"change"}]]'}
    assert [one.get("aria-label") for one in buttons[:2]] == ["Move up", "Move down"]


def test_a_list_stays_true_in_any_order() -> None:
    page = Page(LIST)
    for order in itertools.permutations("012"):
        sent = {"others": {str(i): {"_persistent_id": key, "city": key} for i, key in enumerate(order)}}
        soup = page.render(form=Form(Order, sent))
        assert [one["id"] for one in inputs(soup)] == [f"order_others_{key}_city" for key in order]


def inputs(soup: BeautifulSoup) -> list[Tag]:
    return soup.select("input:not([type=hidden])")


def test_only_what_changed_is_sent() -> None:
    page = Page("{% for field in form %}{% if not field.parts %}{{ ui.input(field) }}{% endif %}{% endfor %}")
    page.render(form=Form(Order, payload(GOOD)))
    diff = page._rendering.update({"form": Form(Order, payload({**GOOD, "name": "Bea"}))})
    assert "Bea" in str(diff)
    assert len(str(diff)) < 300
