"""Temporary names: the page keeps showing their values, and the server does not keep them."""

import gc
import weakref
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from jinja2 import DictLoader

from pyview import LiveComponent, LiveView, LiveViewSocket, PyView
from pyview.template.live_template import LiveTemplate
from pyview.template.temporary import Temporaries
from pyview.testing import LiveClient

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
LOG = "<p>{{ n }}</p><ul id='log' phx-update='append'>{% for line in lines %}<li>{{ line }}</li>{% endfor %}</ul>"


class Line:
    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text


@dataclass
class Mutable:
    n: int
    lines: Any


@dataclass(frozen=True)
class Frozen:
    n: int
    lines: Any


class Log(LiveView[Any]):
    """Shows its value, and does not keep it."""

    template = LiveTemplate.from_string(LOG, "log.html")
    context_of: ClassVar[Any] = staticmethod(lambda **names: dict(names))

    async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
        socket.context = self.context_of(n=0, lines=[Line("first")])
        socket.temporary(lines=())

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[Any]) -> Any:
        context = socket.context
        names: Any = context if isinstance(context, dict) else vars(context)
        n, held = names["n"], names["lines"]
        lines = [Line(event)] if event != "count" else held
        socket.context = self.context_of(n=n + 1, lines=lines)
        return {"held": [str(line) for line in held]}


def app_with(view: type[LiveView[Any]]) -> PyView:
    app = PyView(secret=SECRET)
    app.add_live_view("/", view)
    return app


@pytest.mark.parametrize("context_of", [lambda **names: dict(names), Mutable, Frozen])
async def test_the_page_keeps_temporary_values(context_of: Any) -> None:
    view = type("View", (Log,), {"context_of": staticmethod(context_of), "__module__": __name__})
    async with LiveClient(app_with(view)) as client:
        page = await client.open("/")
        assert await page.push("count", {}) == {"held": []}
        assert (page.find("p").text, [item.text for item in page.find_all("li")]) == ("1", ["first"])
        await page.push("second", {})
        assert await page.push("count", {}) == {"held": []}
        assert (page.find("p").text, [item.text for item in page.find_all("li")]) == ("3", ["second"])


async def test_nothing_refers_to_it() -> None:
    line = Line("large")
    seen = weakref.ref(line)

    class View(Log):
        async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[Any]) -> Any:
            nonlocal line
            socket.context["lines"] = [line]
            del line

    async with LiveClient(app_with(View)) as client:
        page = await client.open("/")
        await page.push("show", {})
        assert page.find("li").text == "large"
        gc.collect()
        assert seen() is None


async def test_in_included_and_extended_templates() -> None:
    from_parent = LiveTemplate.from_string(
        "{% macro show(it) %}<b>{{ it }}</b>{% endmacro %}<div>{% block all scoped %}<i>{{ n }}</i>"
        "{% for line in lines %}<li>{{ line }}</li>{% endfor %}{% endblock %}</div>",
        "parent.html",
    )
    view = type("View", (Log,), {"template": from_parent, "__module__": __name__})
    async with LiveClient(app_with(view)) as client:
        page = await client.open("/")
        await page.push("count", {})
        assert (page.find("i").text, page.find("li").text) == ("1", "first")


async def test_in_a_template_that_is_included_in_a_loop() -> None:
    class View(LiveView[Any]):
        template = "page.html"

        async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
            socket.context = {"rows": [1, 2], "text": "shown", "n": 0}
            socket.temporary(text=None)

        async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[Any]) -> None:
            socket.context["n"] += 1

    page_html = "<i>{{ n }}</i>{% for row in rows %}{% include 'row.html' %}{% endfor %}"
    templates = DictLoader({"page.html": page_html, "row.html": "<b>{{ text }}</b>"})
    app = PyView(secret=SECRET, templates=templates)
    app.add_live_view("/", View)
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.push("count", {})
        assert page.find("i").text == "1"
        assert [each.text for each in page.find_all("b")] == ["shown", "shown"]


async def test_in_a_component() -> None:
    class Lines(LiveComponent[Any]):
        template = LiveTemplate.from_string(
            "<div><i>{{ n }}</i>{% for line in lines %}<li>{{ line }}</li>{% endfor %}"
            "<button phx-click='count' phx-target='{{ myself }}'>+</button></div>",
            "lines.html",
        )

        async def mount(self, socket: Any, assigns: Any) -> None:
            socket.context = {"n": 0, "lines": ["one"]}
            socket.temporary(lines=())

        async def handle_event(self, event: str, payload: Any, socket: Any) -> Any:
            socket.context["n"] += 1
            return {"held": list(socket.context["lines"])}

    class View(LiveView[Any]):
        template = LiveTemplate.from_string("<main>{{ live_component(Lines, id='a') }}</main>", "view.html")

        async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
            socket.context = {"Lines": Lines}

    async with LiveClient(app_with(View)) as client:
        page = await client.open("/")
        await page.click("button", "+")
        assert (page.find("i").text, page.find("li").text) == ("1", "one")


async def test_after_a_broken_connection_it_starts_afresh() -> None:
    async with LiveClient(app_with(Log)) as client:
        page = await client.open("/")
        await page.push("second", {})
        await page.drop()
        await page.reconnect()
        assert (page.find("p").text, [item.text for item in page.find_all("li")]) == ("0", ["first"])


@pytest.mark.parametrize("value", [[], {}, set(), bytearray()])
def test_a_mutable_value_cannot_be_temporary(value: Any) -> None:
    with pytest.raises(TypeError, match="expected an immutable value"):
        Temporaries().add({"lines": value})
