"""Layouts: live templates around views."""

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from jinja2 import DictLoader

from pyview import LiveView, LiveViewSocket, PyView
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from tests.nested.test_nested import Counter

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
Socket = LiveViewSocket[Any]

FRAME = LiveTemplate.from_string(
    "<header>{{ name }} {{ flash.get('info', '') }}</header><main>{{ inner_content }}</main>"
    "{% if n > 1 %}<footer>{{ n }}</footer>{% endif %}"
)


class Framed(LiveView[Any]):
    layout: ClassVar[Any] = FRAME
    template = LiveTemplate.from_string(
        "<output>{{ n }}</output><button phx-click='add'>+</button>"
        "{% for row in rows|keyed_by %}<li>{{ row }}</li>{% endfor %}"
    )

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"n": 0, "name": "Ada", "rows": []}

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        if event == "rename":
            socket.context["name"] = "Grace"
            return
        socket.put_flash("info", "added")
        socket.context["n"] += 1
        socket.context["rows"] = [socket.context["n"], *socket.context["rows"]]


class ByHand(Framed):
    async def render(self, assigns: Any, meta: Any) -> Any:
        return await LiveView.render(self, assigns, meta)


class Bare(Framed):
    layout = False


def app(**views: Any) -> PyView:
    made = PyView(
        secret=SECRET, templates=DictLoader({"group.html": "<aside>{{ n }}</aside>{{ inner_content }}"})
    )
    for name, view in views.items():
        made.add_live_view(f"/{name}", view)
    return made


@pytest.mark.parametrize("view", [Framed, ByHand])
async def test_layout_and_view_are_live(view: type[LiveView[Any]]) -> None:
    async with LiveClient(app(a=view)) as client:
        assert "<header>Ada </header><main><output>0</output>" in (await client.get("/a")).text
        page = await client.open("/a")
        for n in (1, 2, 3):
            await page.click("button")
            assert page.find("main output").text == str(n)
            assert [one.text for one in page.find_all("li")] == [str(i) for i in range(n, 0, -1)]
        assert (page.find("header").text, page.find("footer").text) == ("Ada added", "3")
        await page.push("rename")
        assert page.find("header").text == "Grace added"
        assert page.find("main output").text == "3"


async def test_unchanged_parts_are_not_sent() -> None:
    async with LiveClient(app(a=Framed)) as client:
        page = await client.open("/a")
        sent: list[Any] = []
        view = page._tab.state.screen.view
        assert view is not None
        update: Callable[[Any], str] = view.update
        page._tab.state.apply = lambda view, diff: sent.append(diff)  # type: ignore[method-assign]
        await page.push("rename")
        assert sent == [{"0": "Grace"}]
        assert update is not None


async def test_a_class_may_disable_an_inherited_layout() -> None:
    async with LiveClient(app(a=Bare)) as client:
        html = (await client.get("/a")).text
    assert "<output>0</output>" in html
    assert "<header>" not in html


async def test_the_layout_of_a_live_session_is_the_default() -> None:
    class Plain(Framed):
        layout = None

    class Base(LiveView[Any]):
        template = Framed.template
        mount = Framed.mount

    made = app()
    group = made.live_session("group", layout="group.html")
    group.add_live_view("/base", Base)
    group.add_live_view("/framed", Framed)
    group.add_live_view("/bare", Bare)
    async with LiveClient(made) as client:
        assert "<aside>0</aside><output>0</output>" in (await client.get("/base")).text
        assert "<header>" in (await client.get("/framed")).text
        bare = (await client.get("/bare")).text
        assert "<header>" not in bare
        assert "<aside>" not in bare
    assert Plain.layout is None


async def test_a_layout_file_beside_the_class_that_names_it(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "framed_views.py").write_text(
        "from pyview import LiveView\nclass Based(LiveView):\n    layout = 'frame.html'\n"
    )
    (tmp_path / "framed_views.html").write_text("<p>inside</p>")
    (tmp_path / "frame.html").write_text("<nav>around</nav>{{ inner_content }}")
    monkeypatch.syspath_prepend(tmp_path)
    module = __import__("framed_views")
    async with LiveClient(app(a=module.Based)) as client:
        assert "<nav>around</nav><p>inside</p>" in (await client.get("/a")).text
        page = await client.open("/a")
        assert page.find("nav").text == "around"


async def test_nested_views_have_no_layout() -> None:
    class FramedParent(Framed):
        template = LiveTemplate.from_string("{{ live_render(V) }}<output>{{ n }}</output>")

        async def mount(self, socket: Socket, session: Any) -> None:
            socket.context = {"n": 0, "name": "Ada", "V": type("Inner", (Counter,), {"layout": FRAME})}

    async with LiveClient(app(a=FramedParent)) as client:
        page = await client.open("/a")
        assert len(page.find_all("header")) == 1
        await page.child("live-inner").push("add")
        assert page.find("#live-inner output").text == "anonymous: 1"
