"""Function components as Jinja2 templates use them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from jinja2 import DictLoader
from markupsafe import Markup

from pyview import LiveView, LiveViewSocket, PyView, Session, Slot, SlotEntry, Slots, attr, component
from pyview.template.component import components_in
from pyview.template.declared.declaration import ComponentError
from pyview.testing import LiveClient
from tests.template.followed import Followed


@dataclass(frozen=True)
class Person:
    id: int
    name: str


@component(source='<p class="{{ kind }}"{{ rest }}><b>{{ title }}</b>{{ children }}</p>')
def card(title: str, kind: Literal["info", "error"] = "info", children: Slot = None, **rest: Any) -> None:
    """A box with a title."""


@component
def initials(name: str) -> Markup:
    return Markup("<i>{}</i>").format("".join(word[0] for word in name.split()))


class Column(SlotEntry):
    label: str
    align: Literal["left", "right"] = "left"


TABLE = (
    "<table>{% for c in column %}<th>{{ c.label }}</th>{% endfor %}"
    "{% for row in rows|keyed_by('id') %}"
    "<tr>{% for c in column %}<td class={{ c.align }}>{{ c(row) }}</td>{% endfor %}</tr>"
    "{% endfor %}</table>{{ footer }}"
)


@component(source=TABLE)
def table(rows: list[Person], column: list[Column], footer: Slot = None) -> None: ...


PEOPLE = [Person(1, "Ada L"), Person(2, "Grace H")]


def test_it_is_a_tree_of_its_own() -> None:
    page = Followed("<h1>{{ card(title=x) }}</h1>", card)
    tree = page.show(x="<1>")
    assert page.html == '<h1><p class="info"><b>&lt;1&gt;</b></p></h1>'
    assert tree["0"]["s"] == ['<p class="', '"', "><b>", "</b>", "</p>"]
    assert page.show(x="2") == {"0": {"2": "2"}}


def test_a_component_may_return_markup_or_text() -> None:
    page = Followed("{{ initials(name) }}{{ shout('<') }}", initials, component(_shout))
    page.show(name="Ada <L")
    assert page.html == "<i>A&lt;</i>&lt;!"


def _shout(text: str) -> str:
    return text + "!"


_shout.__name__ = "shout"


def test_it_is_not_asked_again_while_its_arguments_are_the_same() -> None:
    asked = list[Any]()

    @component(source="{{ users|length }}")
    def count(users: Any) -> None:
        asked.append(users)

    page = Followed("{{ other }}{{ count(users) }}", count)
    page.show(users=(1, 2), other=1)
    asked.clear()
    page.rendering.update({"users": (1, 2), "other": 2})
    page.rendering.update({"users": (1, 2), "other": 3})
    assert asked == []
    page.rendering.update({"users": (1, 2, 3), "other": 3})
    assert len(asked) == 1


def test_values_that_may_change_in_place_are_checked() -> None:
    rows = [[1], [2]]

    @component(source="{% for row in rows %}{{ row }}{% endfor %}")
    def shown(rows: list[list[int]]) -> None: ...

    page = Followed("{{ shown(rows) }}", shown)
    page.show(rows=rows)
    rows[1].append(3)
    page.show(rows=rows)
    assert page.html == "[1][2, 3]"


def test_the_body_of_a_call_is_its_children() -> None:
    page = Followed("{% call card(title='T') %}<u>{{ n }}</u>{% endcall %}", card)
    page.show(n=1)
    assert page.html == '<p class="info"><b>T</b><u>1</u></p>'
    assert page.show(n=2) == {"0": {"3": {"0": "2"}}}


def test_html_attributes_are_passed_on() -> None:
    page = Followed("{{ card('T', class='wide', phx_click='go', data_x=1, hidden=true, id=none) }}", card)
    page.show()
    assert page.html == ('<p class="info" class="wide" phx-click="go" data-x="1" hidden><b>T</b></p>')


def test_attributes_to_pass_on_may_be_added() -> None:
    @component(source="<a{{ rest }}></a>", include=["href", "target"])
    def link(**rest: Any) -> None: ...

    page = Followed("{{ link(href=to) }}", link)
    page.show(to="/x")
    assert page.html == '<a href="/x"></a>'
    page.show(to="JavaScript:alert(1)")
    assert page.html == '<a href="unsafe:JavaScript:alert(1)"></a>'


def test_slots_have_entries_with_attributes_and_arguments() -> None:
    page = Followed(
        "{% macro name(row) %}{{ row.name }}{% endmacro %}"
        "{{ table(rows, column=[Column(name, label='Name'), Column(initial, label='I', align='right')]) }}",
        table,
        Column=Column,
        initial=lambda row: initials(row.name),
    )
    page.show(rows=PEOPLE)
    assert "<th>Name</th><th>I</th>" in page.html
    assert "<tr><td class=left>Ada L</td><td class=right><i>AL</i></td></tr>" in page.html
    assert page.show(rows=PEOPLE[::-1])["0"]["1"]["k"] == {"0": 1, "1": 0, "km": True, "kc": 2}


def test_a_slot_left_empty_is_false_and_shows_nothing() -> None:
    @component(source="{% if footer %}<hr>{% endif %}{{ footer }}{{ many|length }}")
    def page(footer: Slot = None, many: Slots = ()) -> None: ...

    followed = Followed("{{ page() }}|{{ page(footer=text) }}", page)
    followed.show(text="<x>")
    assert followed.html == "0|<hr>&lt;x&gt;0"


def test_it_may_return_more_names_for_its_template() -> None:
    @component(source="{{ first }}-{{ last }}")
    def name(full: str) -> dict[str, str]:
        first, _, last = full.partition(" ")
        return {"first": first, "last": last}

    page = Followed("{{ name(x) }}", name)
    page.show(x="Ada Lovelace")
    assert page.html == "Ada-Lovelace"


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("card()", r"card\(\) needs 'title'"),
        (
            "card('x', kind=k)",
            r"card\(kind=...\): expected 'info' or 'error', got 'inf'. Did you mean 'info'\?",
        ),
        ("card('x', **{'kin': 1})", r"card\(\) takes no 'kin'. Did you mean 'kind'\?"),
        ("card('x', **{'href': 1})", r"card\(\) takes no 'href'. It takes title, kind, children"),
        ("card('x', *[1, 2, 3])", r"card\(\) takes 3 arguments without a name, got 4"),
        ("card(*['x'], title='y')", r"card\(\) got 'title' twice"),
        ("table(rows=[], column=[])", r"table\(\) needs the slot 'column'"),
        ("table(rows=[], column=['x'])", "label"),
    ],
)
def test_arguments_are_checked_when_it_is_called(call: str, error: str) -> None:
    page = Followed("{{ " + call.replace("card(", "c.card(").replace("table(", "c.table(") + " }}")
    names = {"c": {"card": card, "table": table}, "k": "inf"}
    for render in (page.template.render, page.rendering.update):
        with pytest.raises((ComponentError, TypeError), match=error):
            render(names)


class Profile(LiveView[dict[str, Any]]):
    template = "profile.html"

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Session) -> None:
        socket.context = {"name": "Ada"}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context["name"] = "Grace"


async def test_every_template_of_an_application_may_call_its_components() -> None:
    source = '{% call card("Profile", phx_click="next", id="card") %}{{ initials(name) }}{% endcall %}'
    app = PyView(templates=DictLoader({"profile.html": source}), components=[card, initials])
    app.add_live_view("/", Profile)
    async with LiveClient(app) as client:
        page = await client.open("/")
        assert page.find("#card").text == "ProfileA"
        await page.click("#card")
        assert page.find("#card").text == "ProfileG"


def test_two_components_of_one_name_are_refused() -> None:
    def other() -> None: ...

    other.__name__ = "card"
    with pytest.raises(ValueError, match="two components have the name 'card'"):
        components_in([card, component(other)])


def test_only_components_and_modules_are_accepted() -> None:
    with pytest.raises(TypeError, match="expected a @component function or a module of them, got 3"):
        components_in([3])  # type: ignore[list-item]


def test_a_component_keeps_its_words() -> None:
    assert card.__doc__ == "A box with a title."
    assert card.declaration.attributes["kind"].values == ("info", "error")


def test_attributes_are_declared_with_their_values() -> None:
    @component
    def badge(size: str = attr("m", values=["s", "m"], doc="How large.")) -> str:
        return size

    assert str(badge()) == "m"
    assert badge.declaration.attributes["size"].doc == "How large."
    with pytest.raises(ComponentError, match=r"badge\(size=...\): expected 's' or 'm', got 'l'"):
        badge(size="l")


@pytest.mark.parametrize("parameters", ["*args", "x, /"])
def test_parameters_without_a_name_are_refused(parameters: str) -> None:
    space: dict[str, Any] = {}
    exec(f"def broken({parameters}): ...", space)  # noqa: S102
    with pytest.raises(TypeError, match="that can be given by name"):
        _ = component(space["broken"]).declaration


def test_a_component_has_one_body() -> None:
    with pytest.raises(TypeError, match="one body"):
        component(source="x", template="y")


def test_the_error_of_a_body_names_file_and_line() -> None:
    @component
    def broken() -> str:
        raise LookupError("no such thing")

    page = Followed("{{ broken() }}", broken)
    with pytest.raises(LookupError) as caught:
        page.rendering.update({})
    assert any("broken()" in note and __file__ in note for note in _notes(caught.value))


def _notes(error: BaseException) -> Iterator[str]:
    yield from getattr(error, "__notes__", [])


def test_annotations_that_cannot_be_evaluated_are_left_open() -> None:
    def shown(user: "NoSuchName", body: Slot, size: Literal["s"] = "s") -> str:  # type: ignore[name-defined]  # noqa: F821
        return size

    declared = component(shown).declaration
    assert declared.attributes["user"].annotation is None
    assert declared.slots.keys() == {"body"}
    assert declared.attributes["size"].values == ("s",)
