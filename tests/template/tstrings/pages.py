# future-tstrings
"""Template strings, as programs write them: the suite's only module that needs their syntax.

future-tstrings 1.0.1, which compiles it before Python 3.14, understands one template string a line, and no other
letters than those of ASCII before it.
"""

from dataclasses import dataclass
from string.templatelib import Interpolation, Template
from typing import Any

from pydantic import BaseModel, Field

from pyview import LiveView, LiveViewSocket, Slot, Stream, component, each, ui
from pyview.components import ComponentMeta, ComponentSocket, LiveComponent, live_component, slots
from pyview.events import AutoEventDispatch, event
from pyview.forms import Form, FormPart
from pyview.template import TemplateView, stream_for


def build(*parts: Any) -> Template:
    """A template string of texts and slots: a tuple of one is a slot's value."""
    return Template(
        *(Interpolation(part[0], "value", None, "") if type(part) is tuple else part for part in parts)
    )


# -- a page of any shape, from a model


@dataclass(frozen=True)
class Row:
    id: int
    text: Any


@dataclass
class Model:
    """One piece of a page: `kind` says which, `values` are what it shows, `parts` what is in it."""

    kind: str
    values: list[Any]
    parts: list[Any]


@component
def card(title: Any, children: Slot = None, **rest: Any) -> Template:
    return t"<section {rest}><h2>{title}</h2>{children}</section>"


@component(source="<nav{{ rest }}>{{ title }}:{{ children }}</nav>")
def jinja_card(title: Any, children: Slot = None, **rest: Any) -> None: ...


def page(model: Model) -> Any:
    """What stands in the page for a model."""
    return PIECES[model.kind](model)


def text(model: Model) -> Any:
    return model.values[0]


def box(model: Model) -> Template:
    a, b, c = model.values[:3]
    inner = [page(part) for part in model.parts]
    return t"<div class={[a, b]} hidden={c is True} title={a} data-n='{b}'>{inner}</div>"


def link(model: Model) -> Template:
    a, b, c = model.values[:3]
    return t'<a href="/{a}?q={b}#{c}" class="x {a} {b}" aria-busy={c is True}>{a!r:>9}{b}</a>'


def either(model: Model) -> Template:
    a, b, c = model.values[:3]
    bold = t"<b>{b}</b>"
    italic = t"<i title={a}>{c!s}</i>"
    return t"<p>{a}{bold if c else italic}</p><!-- {a} --><textarea>{b}</textarea>"


def parts(model: Model) -> Template:
    return t"<ul>{(t'<li>{page(part)}</li>' for part in model.parts)}</ul>"


def mixed(model: Model) -> Any:
    return [model.values[0], *[page(part) for part in model.parts], None, tuple(model.values)]


def rows(model: Model) -> Template:
    a, b, c = model.values[:3]
    found = [Row(number, value) for number, value in enumerate(model.values)]
    shown = found[::-1] if c else found

    def row(one: Row) -> Any:
        if b or one.id % 2:
            return t"<li id={one.id}>{one.text}{a}</li>"
        return t"<li>{one.text}</li>"

    return t"<ol>{each(shown, row, key='id')}</ol>{each(shown, lambda one: one.text)}"


def cards(model: Model) -> Template:
    a, b, _ = model.values[:3]
    inner = [page(part) for part in model.parts]
    return t"<main>{card(a, children=inner, id=b)}{jinja_card(b, children=t'<u>{a}</u>', hidden=True)}</main>"


def deep_rows(model: Model) -> Template:
    return t"<dl>{each(model.parts, lambda part: t'<dd>{page(part)}</dd>')}</dl>"


PIECES = {
    "text": text,
    "box": box,
    "link": link,
    "either": either,
    "parts": parts,
    "mixed": mixed,
    "rows": rows,
    "cards": cards,
    "deep_rows": deep_rows,
}


# -- views


class Likes(LiveComponent[dict[str, Any]]):
    """A live component whose template is a template string."""

    async def mount(self, socket: ComponentSocket[dict[str, Any]], assigns: dict[str, Any]) -> None:
        socket.context = {"likes": 0, "label": ""}

    def template(self, assigns: dict[str, Any], meta: ComponentMeta) -> Template:
        return t"<button id={assigns['label']} phx-click='like' phx-target={meta.myself}>{assigns['likes']}</button>"

    async def handle_event(self, event: str, payload: Any, socket: ComponentSocket[dict[str, Any]]) -> None:
        socket.context["likes"] += 1


class Board(AutoEventDispatch, TemplateView, LiveView[dict[str, Any]]):
    """A view with a keyed list, a function component and live components."""

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.context = {"names": ["ada", "grace"], "title": "Board"}

    @event
    async def add(self, socket: LiveViewSocket[dict[str, Any]], name: str = "new") -> None:
        socket.context["names"] = [name, *socket.context["names"]]

    @event
    async def drop(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context["names"] = socket.context["names"][1:]

    def template(self, assigns: dict[str, Any], meta: Any) -> Template:
        def person(name: str) -> Template:
            return t"<li>{name}{live_component(Likes, id=name, label=name)}</li>"

        users = t"<ul>{each(assigns['names'], person, key=str)}</ul>"
        return t"""<div>
            {card(assigns["title"], children=users, id="card")}
            <button id="add" phx-click={self.add} phx-value-name="linus">+</button>
            <button id="drop" phx-click={self.drop}>-</button>
            <button id="none" disabled={len(assigns["names"]) > 2}>x</button>
        </div>"""


class Framed(LiveComponent[dict[str, Any]]):
    """A live component whose template is a Jinja2 file, and whose slots are template strings."""

    template = "framed.html"

    async def mount(self, socket: ComponentSocket[dict[str, Any]], assigns: dict[str, Any]) -> None:
        socket.context = {}


class Frames(LiveView[dict[str, Any]]):
    """A view that gives slots to a live component."""

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.context = {"n": 1}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context["n"] += 1

    def template(self, assigns: dict[str, Any], meta: Any) -> Template:
        body = t"<b>{assigns['n']}</b>"
        return t"<main phx-click='more'>{live_component(Framed, id='a', slots=slots(body, head=body))}</main>"


@component
def held(label: str) -> Template:
    return t"<p>{live_component(Likes, id=label, label=label)}</p>"


@component(source="<p>{{ live_component(Likes, id=label, label=label) }}</p>")
def held_by_jinja(label: str) -> dict[str, Any]:
    return {"Likes": Likes}


class Holding(LiveView[dict[str, Any]]):
    """Function components, whose arguments never change, around live ones."""

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.context = {"n": 0}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context["n"] += 1

    def template(self, assigns: dict[str, Any], meta: Any) -> Template:
        rows = each(("c", "d"), lambda label: held(label))
        return t"<i id='n' phx-click='n'>{assigns['n']}</i>{held('a')}{held_by_jinja('b')}{rows}"


class Log(LiveView[dict[str, Any]]):
    """A view with a stream."""

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.context = {"lines": Stream([{"id": 1, "text": "one"}], name="lines")}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[dict[str, Any]]) -> None:
        number = int(payload["number"])
        socket.context["lines"].insert({"id": number, "text": f"line {number}"}, at=0)

    def template(self, assigns: dict[str, Any], meta: Any) -> Template:
        def line(dom_id: str, one: dict[str, Any]) -> Template:
            return t"<li id={dom_id}>{one['text']}</li>"

        return t"""<button phx-click="more" phx-value-number="2">+</button>
            <ul id="lines" phx-update="stream">{stream_for(assigns["lines"], line)}</ul>"""


class Greeting(LiveView[dict[str, Any]]):
    """A view whose own `render` returns a template string."""

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.context = {"name": "<you>"}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context["name"] = "me"

    async def render(self, assigns: dict[str, Any], meta: Any) -> Template:
        return t"<h1 phx-click='rename' id='greeting'>Hello {assigns['name']}</h1>"


class City(BaseModel):
    name: str = Field(min_length=2)


class Trip(BaseModel):
    title: str = Field(min_length=2)
    cities: list[City] = []


class TripPlanner(TemplateView, LiveView[dict[str, Any]]):
    """A form of the core components."""

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.context = {"trip": Form(Trip, as_="trip"), "saved": ""}

    @event
    async def check(self, socket: LiveViewSocket[dict[str, Any]], trip: Form[Trip]) -> None:
        socket.context["trip"] = trip

    @event
    async def save(self, socket: LiveViewSocket[dict[str, Any]], trip: Form[Trip]) -> None:
        socket.context["trip"] = trip
        if saved := trip.save():
            socket.context["saved"] = ", ".join(city.name for city in saved.cities)

    def template(self, assigns: dict[str, Any], meta: Any) -> Template:
        trip = assigns["trip"]

        def city(part: FormPart) -> Template:
            return t"<div class='city'>{ui.input(part['name'], label='City')}{ui.remove_button(part)}</div>"

        cities = ui.inputs_for(trip["cities"], city)
        buttons = t"{ui.add_button(trip['cities'])}{ui.button('Save', type='submit')}"
        inputs = t"{ui.input(trip['title'], placeholder='Where to?')}{cities}{buttons}"
        return t"{ui.form(trip, inputs, phx_change='check', phx_submit='save')}<p id='saved'>{assigns['saved']}</p>"


class Broken(LiveView[dict[str, Any]]):
    """A view with a mistake in its page."""

    def template(self, assigns: Any, meta: Any) -> Template:
        tag = "b"
        return t"<p>fine</p><{tag}>not fine</{tag}>"
