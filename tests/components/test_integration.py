"""Components together with other features: layouts, nested views, template changes, slow and lost connections."""

from pathlib import Path
from typing import Any

import pytest

from pyview import ComponentSocket, LiveComponent, LiveView, LiveViewSocket, PyView, live_render
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from tests.components.conftest import SECRET, Open, app_of
from tests.components.sample_components import Branch, Counter, Leaf, counts

Socket = ComponentSocket[dict[str, Any]]


async def test_a_changed_page_template_sends_whole_components_that_keep_their_state(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    source = "<p>{{ n }}{{ live_component(Counter, id=1) }}{{ live_component(Branch, id=2, name='b', leaves=2) }}</p>"
    file.write_text(source)

    class View(LiveView[dict[str, Any]]):
        template_file = str(file)

        async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
            socket.context = {"n": 0, "Counter": Counter, "Branch": Branch}

        async def handle_event(
            self, event: str, payload: Any, socket: LiveViewSocket[dict[str, Any]]
        ) -> None:
            socket.context["n"] += 1

    app = PyView(secret=SECRET, production=False)
    app.add_live_view("/", View)
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.click(".counter button")
        file.write_text(source.replace("<p>", "<p>new"))
        await page.push("any")
        assert page.find("p").text == "new1 1 + b.0b.1 +"
        await page.click(".counter button")
        assert counts(page) == ["2"]


async def test_a_component_may_contain_a_nested_view(open_page: Open) -> None:
    class Inner(LiveView[dict[str, Any]]):
        template = LiveTemplate.from_string(
            "<b>{{ n }}</b><button phx-click='more'>more</button>", "inner.html"
        )

        async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
            socket.context = {"n": 0}

        async def handle_event(
            self, event: str, payload: Any, socket: LiveViewSocket[dict[str, Any]]
        ) -> None:
            socket.context["n"] += 1

    class Outer(LiveComponent[dict[str, Any]]):
        template = LiveTemplate.from_string("<div>{{ live_render(Inner, id='inner') }}</div>", "around.html")

        async def mount(self, socket: Socket, assigns: dict[str, Any]) -> None:
            socket.context = {"live_render": live_render, "Inner": Inner}

    page = await open_page("<p>{{ live_component(Outer, id=1) }}</p>", Outer=Outer)
    await page.click("button")
    assert page.find("b").text == "1"


async def test_a_nested_view_has_its_own_components(open_page: Open) -> None:
    class Inner(LiveView[dict[str, Any]]):
        template = LiveTemplate.from_string(
            "<div>{% for n in rows %}{{ live_component(Counter, id=n) }}{% endfor %}"
            "<u phx-click='fewer'></u></div>",
            "i.html",
        )

        async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
            socket.context = {"Counter": Counter, "rows": [1, 2]}
            Inner.socket = socket  # type: ignore[attr-defined]

        async def handle_event(
            self, event: str, payload: Any, socket: LiveViewSocket[dict[str, Any]]
        ) -> None:
            socket.context["rows"] = [2]

    page = await open_page(
        "<p>{{ live_component(Counter, id=1) }}{{ live_render(Inner, id='inner') }}</p>",
        Counter=Counter,
        live_render=live_render,
        Inner=Inner,
    )
    await page.click(page.find_all("button")[0])
    await page.click(page.find_all("button")[1])
    await page.click(page.find_all("button")[1])
    assert counts(page) == ["1", "2", "0"]
    await page.click("u")
    assert counts(page) == ["1", "0"]
    assert len([*Inner.socket.components]) == 1  # type: ignore[attr-defined]


async def test_context_processors_add_names_to_templates_of_components() -> None:
    class Named(LiveComponent[dict[str, Any]]):
        template = LiveTemplate.from_string("<i>{{ brand }}</i>", "named.html")

    class View(LiveView[dict[str, Any]]):
        template = LiveTemplate.from_string("<p>{{ live_component(Named, id=1) }}</p>", "view.html")

        async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
            socket.context = {"Named": Named}

    app = app_of(View)
    app.app_context.context_processors = (lambda meta: {"brand": "ours"},)
    async with LiveClient(app) as client:
        page = await client.open("/")
        assert page.find("i").text == "ours"


async def test_a_view_with_its_own_content_type_may_place_components() -> None:
    class ByHand(LiveView[dict[str, Any]]):
        async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
            socket.context = {"Leaf": Leaf, "Counter": Counter, "n": 0}

        async def handle_event(
            self, event: str, payload: Any, socket: LiveViewSocket[dict[str, Any]]
        ) -> None:
            socket.context["n"] += 1

        async def render(self, assigns: dict[str, Any], meta: Any) -> Any:
            source = "<p>{{ n }}{{ live_component(Counter, id=1, label=n) }}</p>"
            template = LiveTemplate.from_string(source, "hand.html")
            return _Content(template, assigns, meta)

    async with LiveClient(app_of(ByHand)) as client:
        page = await client.open("/")
        await page.push("more")
        assert page.find("p").text == "1 0 1 +"
        await page.click("button")
        assert counts(page) == ["1"]


class _Content:
    def __init__(self, template: LiveTemplate, assigns: Any, meta: Any) -> None:
        self._rendering = template.rendering(meta.socket)
        self._template = template
        self._assigns = assigns

    def tree(self) -> dict[str, Any]:
        return self._rendering.tree(self._assigns)

    def text(self, socket: Any = None) -> str:
        return self._template.render(self._assigns)


@pytest.mark.parametrize("times", [1, 3])
async def test_a_slow_client_gets_the_latest_state_of_components_later(open_page: Open, times: int) -> None:
    page = await open_page("<p>{{ live_component(Counter, id=1) }}</p>", Counter=Counter)
    socket = page.view.socket
    for n in range(times):
        await socket.send_update(Counter, id=1, label=f"n{n}")
    await page.settle()
    assert page.find(".counter").text == f"0 n{times - 1} +"


async def test_components_keep_their_state_after_a_dropped_connection(open_page: Open) -> None:
    page = await open_page(
        "<p>{{ n }}{{ live_component(Counter, id=1) }}{{ live_component(Branch, id=2, name='b', leaves=1) }}</p>",
        Counter=Counter,
        Branch=Branch,
        n=0,
    )
    await page.click(".counter button")
    await page.click(".branch button")
    await page.drop()
    socket = page.view.socket
    await socket.send_update(Counter, id=1, label="late")
    await page.reconnect()
    await page.settle()
    assert page.view.socket is socket
    assert page.find("p").text == "0 1 late + b.0b.1 +"
    await page.click(".counter button")
    await page.click(".branch button")
    await page.push("set", {"n": 1})
    assert page.find("p").text == "1 2 late + b.0b.1b.2 +"


async def test_a_layout_may_contain_components() -> None:
    class View(LiveView[dict[str, Any]]):
        template = LiveTemplate.from_string(
            "<main>{{ n }}{{ live_component(Counter, id=1) }}</main>", "v.html"
        )
        layout = LiveTemplate.from_string(
            "<div><header>{{ live_component(Counter, id='top') }}</header>{{ inner_content }}</div>",
            "layout.html",
        )

        async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
            socket.context = {"Counter": Counter, "n": 0}

        async def handle_event(
            self, event: str, payload: Any, socket: LiveViewSocket[dict[str, Any]]
        ) -> None:
            socket.context["n"] += 1
            await socket.send_update(Counter, id=1, label=str(socket.context["n"]))

    async with LiveClient(app_of(View)) as client:
        page = await client.open("/")
        await page.click("header button")
        await page.click("main button")
        await page.click("main button")
        assert counts(page) == ["1", "2"]
        await page.push("more")
        await page.settle()
        assert page.find("main").text == "1 2 1 +"
