"""Nested views and layouts in template strings."""

from typing import Any, ClassVar

from pyview import LiveView, LiveViewSocket, PyView, live_render
from pyview.lint import lint
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from tests.nested.test_nested import Counter
from tests.template.tstrings.pages import build

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
Socket = LiveViewSocket[Any]


class Parent(LiveView[dict[str, Any]]):
    layout: ClassVar[Any] = LiveTemplate.from_string(
        "<header>{{ n }}</header><main>{{ inner_content }}</main>"
    )

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"n": 0}

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        socket.context["n"] += 1

    def template(self, assigns: dict[str, Any], meta: Any) -> Any:
        child = live_render(Counter, id="first", session={"who": "Ada"})
        return build("<button id='more' phx-click='more'>", (assigns["n"],), "</button>", (child,))


def app() -> PyView:
    made = PyView(secret=SECRET)
    made.add_live_view("/", Parent)
    return made


async def test_template_strings_contain_views_and_have_layouts() -> None:
    async with LiveClient(app()) as client:
        html = (await client.get("/")).text
        assert "<header>0</header><main><button" in html
        assert "<output>Ada: 0</output>" in html
        page = await client.open("/")
        await page.click("button", text="+")
        await page.click("#more")
        await page.click("#more")
        assert (page.find("header").text, page.find("#more").text) == ("2", "2")
        assert (page.find("output").text, page.child("first").mounts) == ("Ada: 1", 1)


def test_the_checks_report_nothing() -> None:
    assert lint(app()) == []
