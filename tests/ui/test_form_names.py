"""Fields of a model with names that forms or Python also use."""

from typing import Any

import pytest
from pydantic import BaseModel, Field, create_model

from pyview import LiveView, PyView
from pyview.events import event
from pyview.forms import Form, FormField, FormPart
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from pyview.ui import input as ui_input
from tests.ui.pages import ENVIRONMENT, only, rendered

MORE = {
    *dir(dict),
    *dir(list),
    *dir(str),
    "type",
    "action",
    "method",
    "submit",
    "fields",
    "self",
    "loop",
    "form",
}
NAMES = sorted(
    name
    for name in {*dir(Form), *dir(FormPart), *dir(FormField), *MORE}
    if not name.startswith("_") and not hasattr(BaseModel, name)
)
"""All that a form, its parts and its fields have, and what a template may take for a method."""

PAGE = """{% import "pyview/components.html" as ui %}
{% call ui.form(trip, phx_change="check", phx_submit="save") %}
  {{ ui.input(trip.NAME) }}
  {% call(part) ui.inputs_for(trip.home) %}{{ ui.input(part.NAME) }}{% endcall %}
  {% call(part) ui.inputs_for(trip.stops) %}
    <li>{{ ui.input(part["NAME"]) }}{{ ui.label(part.NAME) }}
      {{ ui.move_button(part, -1) }}{{ ui.remove_button(part) }}</li>
  {% endcall %}
  {{ ui.add_button(trip.stops, "More") }}
{% endcall %}
<p id="saved">{{ saved }}</p>"""


def app_with_field(name: str) -> PyView:
    """Return a page with a form whose model and nested models have a field of that name."""
    text: Any = (str, Field(default="", max_length=9))
    inner = create_model("Inner", **{name: text})
    trip: Any = create_model("Trip", **{name: text, "home": (inner, ...), "stops": (list[inner], [])})  # type: ignore[valid-type]

    class TripLiveView(LiveView[dict[str, Any]]):
        template = LiveTemplate.from_string(PAGE.replace("NAME", name), environment=ENVIRONMENT)

        async def mount(self, socket: Any, session: Any) -> None:
            socket.context = {"trip": Form(trip, as_="trip").with_entry("stops"), "saved": ""}

        @event
        async def check(self, socket: Any, trip: Form[trip]) -> None:
            socket.context["trip"] = trip

        @event
        async def save(self, socket: Any, trip: Form[trip]) -> None:
            socket.context["trip"] = trip
            if found := trip.save():
                texts = (getattr(one, name) for one in (found, found.home, *found.stops))
                socket.context["saved"] = " ".join(texts)

    app = PyView()
    app.add_live_view("/", TripLiveView)
    return app


@pytest.mark.parametrize("name", NAMES)
async def test_a_field_may_be_called_anything(name: str) -> None:
    async with LiveClient(app_with_field(name)) as client:
        page = await client.open("/")
        fields = [f"trip[{name}]", f"trip[home][{name}]", f"trip[stops][0][{name}]"]
        assert [one.attrs["name"] for one in page.find_all("form input.pv-input")] == fields
        await page.change("form", {f"trip[stops][0][{name}]": "too long by far"})
        assert page.find(".pv-error").text == "At most 9 characters, please."
        await page.click("button", "More")
        await page.change("form", dict(zip(fields, "abc", strict=True)) | {f"trip[stops][1][{name}]": "d"})
        await page.click("li:nth-of-type(2) [aria-label='Move up']")
        await page.submit("form")
        assert page.find("#saved").text == "a b d c"
        await page.click("li:nth-of-type(1) button", "Remove")
        await page.submit("form")
        assert page.find("#saved").text == "a b c"


class Entry(BaseModel):
    index: int = 7
    errors: str = "mine"


class Entries(BaseModel):
    id: int = 4
    rows: list[Entry] = [Entry(), Entry()]


def test_the_filter_attr_reads_attributes_of_the_form_itself() -> None:
    form = Form(Entries, as_="it")
    source = """<b>{{ form.id.value }} {{ form|attr("id") }}</b>{% call(row) ui.inputs_for(form.rows) %}
      <i>{{ row.index.value }} {{ row|attr("index") }} {{ row.count }} {{ row["key"] }}
      {{ row.errors.value }} {{ row|attr("errors") }} {{ row|attr("nothing")|default("") }}</i>{% endcall %}"""
    soup = rendered(source, form=form)
    assert only(soup, "b").text == "4 it"
    assert [one.text.split() for one in soup.select("i")] == [
        ["7", "0", "2", "0", "mine", "()"],
        ["7", "1", "2", "1", "mine", "()"],
    ]


def test_other_values_keep_the_filter_attr_of_jinja2() -> None:
    soup = rendered("<b>{{ d|attr('items') is defined }} {{ d|attr('a') is defined }}</b>", d={"a": 1})
    assert only(soup, "b").text == "True False"


def test_python_and_template_strings_take_fields_by_item() -> None:
    part = Form(Entries, as_="it")["rows"].parts[1]
    assert (part["index"].value, part.index) == ("7", 1)
    assert 'name="it[rows][1][index]"' in str(ui_input(part["index"]))


@pytest.mark.parametrize("type", [None, "hidden"])
def test_an_input_needs_a_field(type: str | None) -> None:
    part = Form(Entries, as_="it")["rows"].parts[1]
    with pytest.raises(TypeError, match=r'form\["email"\] in Python; got \'it\[rows\]\[1\]\''):
        rendered("{{ ui.input(it, type=type) }}", it=part.name, type=type)
