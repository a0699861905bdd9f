"""Slots: content of a parent's template that a component shows."""

from typing import Any

from pyview.components import ComponentSocket, LiveComponent, slots
from pyview.template.live_template import LiveTemplate
from tests.components.conftest import Open

Socket = ComponentSocket[dict[str, Any]]


class Card(LiveComponent[dict[str, Any]]):
    template = LiveTemplate.from_string(
        "<section>{% if slots.header %}<header>{{ slots.header }}</header>{% endif %}"
        "{% if open %}<main>{{ slots.default }}</main>{% endif %}"
        '<button phx-click="toggle" phx-target="{{ myself }}">{{ n }}</button></section>',
        "card.html",
    )

    async def mount(self, socket: Socket, assigns: dict[str, Any]) -> None:
        socket.context = {"open": True, "n": 0}

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        socket.context["open"] = not socket.context["open"]
        socket.context["n"] += 1


class List(LiveComponent[dict[str, Any]]):
    template = LiveTemplate.from_string(
        "<ul>{% for row in rows %}<li>{{ caller(row) }}</li>{% endfor %}</ul>", "list.html"
    )


class Stamp(LiveComponent[dict[str, Any]]):
    template = LiveTemplate.from_string("<i>{{ text }}</i>", "stamp.html")


NAMES = {"Card": Card, "List": List, "Stamp": Stamp}


async def test_a_call_block_is_the_default_slot(open_page: Open) -> None:
    page = await open_page(
        '<div>{% call live_component(Card, id="a") %}Hello <b>{{ name }}</b>{% endcall %}</div>',
        name="Ann",
        **NAMES,
    )
    assert page.find("main").inner_html == "Hello <b>Ann</b>"
    await page.push("set", {"name": "<Bea>"})
    assert page.find("main").inner_html == "Hello <b>&lt;Bea&gt;</b>"


async def test_slots_are_rendered_over_http(open_page: Open) -> None:
    page = await open_page(
        '<div>{% call live_component(Card, id="a") %}Hello <b>{{ name }}</b>'
        "{{ live_component(Stamp, id=1, text=name) }}{% endcall %}</div>",
        name="<Ann>",
        **NAMES,
    )
    assert "<main>Hello <b>&lt;Ann&gt;</b><i>&lt;Ann&gt;</i></main>" in page.response.text


async def test_slot_content_uses_the_parents_context_when_the_component_renders_alone(
    open_page: Open,
) -> None:
    page = await open_page(
        '<div>{{ name }}{% call live_component(Card, id="a") %}'
        "{% if name %}<b>{{ name }}</b>{% endif %}{% endcall %}</div>",
        name="Ann",
        **NAMES,
    )
    for expected in ([], ["Ann"], [], ["Ann"]):
        await page.click("button")
        assert [each.text for each in page.find_all("b")] == expected
    await page.click("button")
    await page.push("set", {"name": "Bea"})
    await page.click("button")
    assert [each.text for each in page.find_all("b")] == ["Bea"]
    await page.push("set", {"name": ""})
    assert page.find_all("b") == []


async def test_each_row_has_its_own_slot_content(open_page: Open) -> None:
    page = await open_page(
        "<div>{% for row in rows|keyed_by('id') %}{% call live_component(Card, id=row.id) %}"
        "<b>{{ row.name }}{{ end }}</b>{% endcall %}{% endfor %}</div>",
        rows=[{"id": 1, "name": "one"}, {"id": 2, "name": "two"}],
        end="!",
        **NAMES,
    )
    assert [each.text for each in page.find_all("b")] == ["one!", "two!"]
    await page.push(
        "set", {"rows": [{"id": 2, "name": "zwei"}, {"id": 3, "name": "drei"}, {"id": 1, "name": "one"}]}
    )
    assert [each.text for each in page.find_all("b")] == ["zwei!", "drei!", "one!"]
    for button in page.find_all("button"):
        await page.click(button)
    assert page.find_all("b") == []
    await page.push("set", {"end": "?"})
    for i in range(3):
        await page.click(page.find_all("button")[i])
    assert [each.text for each in page.find_all("b")] == ["zwei?", "drei?", "one?"]


async def test_named_slots_are_macros_or_text(open_page: Open) -> None:
    page = await open_page(
        "<div>{% macro title() %}<h1>{{ name }}</h1>{% endmacro %}"
        '{{ live_component(Card, id="a", slots=slots("just <text>", header=title)) }}</div>',
        name="Ann",
        **NAMES,
    )
    assert page.find("h1").text == "Ann"
    assert page.find("main").text == "just <text>"
    assert "<header><h1>Ann</h1></header><main>just &lt;text&gt;</main>" in page.response.text
    await page.push("set", {"name": "Bea"})
    assert page.find("h1").text == "Bea"


async def test_named_slots_combine_with_a_call_block(open_page: Open) -> None:
    page = await open_page(
        "<div>{% macro title() %}<h1>T</h1>{% endmacro %}"
        '{% call live_component(Card, id="a", slots=slots(header=title)) %}B{% endcall %}</div>',
        **NAMES,
    )
    assert page.find("section").text == "T B 0"


async def test_a_slot_may_receive_values_of_the_component(open_page: Open) -> None:
    source = "<div>{% call(row) live_component(List, id=1, rows=rows) %}{{ row }}{{ end }}{% endcall %}</div>"
    page = await open_page(source, rows=[1, 2], end=".", **NAMES)
    assert [each.text for each in page.find_all("li")] == ["1.", "2."]
    assert "<li>1.</li><li>2.</li>" in page.response.text
    await page.push("set", {"rows": [3], "end": "!"})
    assert [each.text for each in page.find_all("li")] == ["3!"]


async def test_slot_content_may_contain_components(open_page: Open) -> None:
    page = await open_page(
        '<div>{% call live_component(Card, id="a") %}{% call live_component(Card, id="b") %}'
        "{{ live_component(Stamp, id=1, text=name) }}{% endcall %}{% endcall %}</div>",
        name="x",
        **NAMES,
    )
    assert page.find("i").text == "x"
    await page.push("set", {"name": "y"})
    assert page.find("i").text == "y"
    inner, outer = page.find_all("button")
    await page.click(inner)
    assert page.find_all("i") == []
    await page.push("set", {"name": "z"})
    await page.click(page.find_all("button")[0])
    assert page.find("i").text == "z"
    await page.click(outer)
    assert len(page.find_all("button")) == 1
    await page.click("button")
    assert page.find("i").text == "z"


def test_slots_behave_as_in_pyview_0_9() -> None:
    assert slots("text", header="h") == {"default": "text", "header": "h"}
    assert slots() == {}


async def test_slot_content_follows_a_component_that_moves(open_page: Open) -> None:
    """The row shows the same content, but in another component."""
    page = await open_page(
        "<div>{% for row in rows %}{% call live_component(Card, id=row.id) %}<b>{{ row.n }}</b>"
        "{% endcall %}{% endfor %}</div>",
        rows=[{"id": 1, "n": "x"}, {"id": 2, "n": "y"}],
        **NAMES,
    )
    await page.click(page.find_all("button")[0])
    await page.click(page.find_all("button")[0])
    await page.push("set", {"rows": [{"id": 2, "n": "x"}, {"id": 1, "n": "y"}]})
    assert [each.text for each in page.find_all("section")] == ["x 0", "y 2"]
