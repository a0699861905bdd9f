"""Function components of a view's module are names of its template; a component's template string has its socket."""

from typing import Any

import pytest

from pyview import ComponentMeta, LiveView, LiveViewSocket, PyView, component
from pyview.components import ComponentSocket, LiveComponent
from pyview.meta import PyViewMeta
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, assert_no_findings
from tests.frames import connect, event, join, load

Socket = LiveViewSocket[Any]


@component(source="<b class='{{ kind }}'>{{ text }}</b>")
def badge(text: str, kind: str = "plain") -> None: ...


@component(source="<i>{{ children }}</i>")
def quote(children: Any) -> None: ...


class Star(LiveComponent[dict[str, Any]]):
    template = LiveTemplate.from_string("<p>{{ badge(name, kind='star') }}{{ quote }}</p>")

    async def mount(self, socket: ComponentSocket[dict[str, Any]], assigns: dict[str, Any]) -> None:
        socket.context = {"name": "star", "quote": "its own"}


class Shop(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string(
        "{{ badge(name) }}|{{ quote }}|{{ n }}|{{ live_component(Star, id=1) }}", "shop.html"
    )

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"name": "<tea>", "quote": "the context's own", "n": 0}

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        socket.context["n"] += 1
        if event == "rename":
            socket.context["name"] = "milk"


class Inherits(Shop):
    __module__ = "elsewhere"


@pytest.mark.parametrize("view", [Shop, Inherits])
async def test_function_components_of_the_module_are_known_and_the_context_comes_first(
    view: type[Shop],
) -> None:
    app = PyView()
    app.add_live_view("/", view)
    shown = '<b class="plain">&lt;tea&gt;</b>|the context&#39;s own|0|<p><b class="star">star</b>its own</p>'
    async with LiveClient(app) as client:
        html = (await client.get("/")).text.replace("'plain'", '"plain"').replace("'star'", '"star"')
        assert shown in html
        page = await client.open("/")
        assert page.find("b").text == "<tea>"
        raw = await load(client, "/")
        async with connect(client, raw) as socket:
            await join(socket, raw)
            await socket.send_frame(event(raw, "9", "add"))
            assert (await socket.receive_frame())[4]["response"]["diff"] == {"2": "1"}
        await page.push("rename")
        assert page.find("b").text == "milk"
    assert_no_findings(app)


class Told(LiveComponent[dict[str, Any]]):
    async def mount(self, socket: ComponentSocket[dict[str, Any]], assigns: dict[str, Any]) -> None:
        socket.context = {"n": 1}
        socket.put_flash("info", "of the component")

    def template(self, assigns: Any, meta: ComponentMeta) -> Any:
        socket = meta.socket
        assert socket.context is assigns
        return Shown(
            f"{socket.id} {socket.connected} {meta.flash['info']} {meta.parent_meta.socket.context['who']}"
        )


class Shown:
    """Content made by hand, as in PyView 0.9."""

    def __init__(self, text: str) -> None:
        self._text = text

    def tree(self) -> dict[str, Any]:
        return {"s": [f"<p>{self._text}</p>"]}

    def text(self) -> str:
        return f"<p>{self._text}</p>"


async def test_content_of_a_component_reaches_the_components_socket() -> None:
    class Outer(LiveView[dict[str, Any]]):
        template = LiveTemplate.from_string("{{ live_component(Told, id='seven') }}")

        async def mount(self, socket: Socket, session: Any) -> None:
            socket.context = {"who": "view", "Told": Told}

    app = PyView()
    app.add_live_view("/", Outer)
    async with LiveClient(app) as client:
        assert "<p>seven False of the component view</p>" in (await client.get("/")).text
        page = await client.open("/")
        assert page.find("p").text == "seven True of the component view"


def test_a_handmade_meta_raises_an_error_without_a_socket() -> None:
    meta = ComponentMeta(1, PyViewMeta(None))  # type: ignore[arg-type]
    assert meta.myself == 1
    with pytest.raises(RuntimeError, match="made without a socket"):
        _ = meta.socket
