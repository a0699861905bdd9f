"""Streams of components, and components as items of streams."""

from typing import Any

from pyview import LiveView, PyView
from pyview.components import LiveComponent
from pyview.events import event
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient


class Log(LiveComponent[dict[str, Any]]):
    """A component with its own stream."""

    template = LiveTemplate.from_string(
        """<section><button id="add-{{ name }}" phx-click="add" phx-target="{{ myself }}">+</button>
        <ul id="log-{{ name }}" phx-update="stream">{% for dom_id, line in streams.lines %}
        <li id="{{ dom_id }}">{{ line.text }}</li>{% endfor %}</ul></section>"""
    )

    async def mount(self, socket: Any, assigns: Any) -> None:
        socket.context = {"name": assigns["name"], "count": 0}
        socket.stream_configure("lines", dom_id=lambda line: f"{assigns['name']}-{line['id']}")
        socket.stream("lines", [{"id": 0, "text": f"{assigns['name']}0"}])

    @event
    async def add(self, socket: Any) -> None:
        n = socket.context["count"] = socket.context["count"] + 1
        socket.stream_insert("lines", {"id": n, "text": f"{socket.context['name']}{n}"})


class Row(LiveComponent[dict[str, Any]]):
    """A component that is an item of a stream, with a counter."""

    template = LiveTemplate.from_string(
        """<li id="{{ dom_id }}">{{ name }}:{{ count }}
        <button id="inc-{{ dom_id }}" phx-click="inc" phx-target="{{ myself }}">+</button></li>"""
    )

    async def mount(self, socket: Any, assigns: Any) -> None:
        socket.context = {"count": 0}

    async def update(self, socket: Any, assigns: Any) -> None:
        socket.context.update(assigns)

    @event
    async def inc(self, socket: Any) -> None:
        socket.context["count"] += 1


class Page(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string(
        """<h1>{{ title }}</h1>{{ live_component(Log, id="a", name="a") }}{{ live_component(Log, id="b", name="b") }}
        <ol id="rows" phx-update="stream">{% for dom_id, row in streams.rows %}
        {{ live_component(Row, id=row.id, dom_id=dom_id, name=row.name) }}{% endfor %}</ol>"""
    )

    async def mount(self, socket: Any, session: Any) -> None:
        socket.context = {"title": "t"}
        socket.stream("rows", [{"id": n, "name": name} for n, name in enumerate("xyz")])

    @event
    async def change(
        self, socket: Any, title: str = "", insert: str = "", delete: int = -1, at: int = -1
    ) -> None:
        socket.context["title"] = title
        if delete >= 0:
            socket.stream_delete_by_dom_id("rows", f"rows-{delete}")
        if insert:
            socket.stream_insert("rows", {"id": int(insert[1:]), "name": insert[0]}, at=at)


def app() -> PyView:
    made = PyView()
    made.add_live_view("/", Page)
    return made


def texts(page: Any, css: str) -> list[str]:
    return [one.text.replace(" +", "") for one in page.find_all(css)]


async def test_each_component_has_its_own_streams() -> None:
    async with LiveClient(app()) as client:
        assert "a0" in (await client.get("/")).text
        page = await client.open("/")
        await page.click("#add-a")
        await page.click("#add-a")
        await page.click("#add-b")
        assert texts(page, "#log-a li") == ["a0", "a1", "a2"]
        assert texts(page, "#log-b li") == ["b0", "b1"]
        await page.push("change", {"title": "other"})
        assert texts(page, "#log-a li") == ["a0", "a1", "a2"]


async def test_a_component_may_be_an_item() -> None:
    async with LiveClient(app()) as client:
        page = await client.open("/")
        assert texts(page, "#rows li") == ["x:0", "y:0", "z:0"]
        await page.click("#inc-rows-1")
        await page.click("#inc-rows-1")
        assert texts(page, "#rows li") == ["x:0", "y:2", "z:0"]
        await page.push("change", {"insert": "w3", "at": 0})
        assert texts(page, "#rows li") == ["w:0", "x:0", "y:2", "z:0"]
        await page.click("#inc-rows-3")
        assert texts(page, "#rows li") == ["w:1", "x:0", "y:2", "z:0"]


async def test_an_item_that_is_inserted_again_keeps_its_component() -> None:
    async with LiveClient(app()) as client:
        page = await client.open("/")
        await page.click("#inc-rows-1")
        await page.push("change", {"insert": "Y1"})
        assert texts(page, "#rows li") == ["x:0", "Y:1", "z:0"]
        await page.push("change", {"delete": 1, "insert": "Y1", "at": 0})
        assert texts(page, "#rows li") == ["Y:1", "x:0", "z:0"]
        await page.push("change", {"delete": 0})
        assert texts(page, "#rows li") == ["Y:1", "z:0"]


async def test_items_removed_at_once_by_a_limit_create_no_components() -> None:
    """They would never be in the page, so the client would never report that their components are gone."""

    class Tail(LiveView[dict[str, Any]]):
        template = LiveTemplate.from_string(
            "<ul id='rows' phx-update='stream'>{% for dom_id, row in streams.rows %}"
            "{{ live_component(Row, id=dom_id, dom_id=dom_id, name=row.id) }}{% endfor %}</ul>"
        )

        async def mount(self, socket: Any, session: Any) -> None:
            socket.context = {"Row": Row}
            socket.stream("rows", [{"id": n} for n in range(100)], limit=-3)

        async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
            socket.stream("rows", [{"id": n} for n in range(200, 300)], limit=3, reset=True)

    app = PyView()
    app.add_live_view("/", Tail)
    async with LiveClient(app) as client:
        page = await client.open("/")
        [process] = app.app_context.processes
        assert [one.text.split(":")[0] for one in page.find_all("li")] == ["97", "98", "99"]
        assert process.snapshot().components == 3
        await page.push("again")
        await page.settle()
        assert [one.text.split(":")[0] for one in page.find_all("li")] == ["200", "201", "202"]
        assert process.snapshot().components == 3
