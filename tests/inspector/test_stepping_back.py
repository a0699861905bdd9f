"""Time travel: a view goes back to the state before a message, and goes on from there."""

from typing import Any, ClassVar

from jinja2 import DictLoader

from pyview import LiveView, LiveViewSocket, PyView
from pyview.components import LiveComponent
from pyview.events import event
from tests.inspector.pages import application, details, inspected

Socket = LiveViewSocket[dict[str, Any]]


async def test_a_view_goes_back_and_on_from_there() -> None:
    async with inspected(application()) as (page, inspector):
        await page.push("add", {"step": "2"})
        await page.push("finish", {"id": "1"})
        await page.push("add", {"step": "40"})
        await (await details(inspector, 3)).click("[phx-click=back]")
        await page.wait_for(lambda shown: shown.find("h1").text == "2")
        assert not page.has_text("done")
        await page.push("add")
        assert page.find("h1").text == "3"
        await inspector.wait_for(".message .title", text="step back to before message 3")


async def test_it_may_go_forth_again_to_a_later_state() -> None:
    async with inspected(application()) as (page, inspector):
        await page.push("finish", {"id": "1"})
        await page.push("add")
        await (await details(inspector, 2)).click("[phx-click=back]")
        await page.wait_for(lambda shown: shown.find("h1").text == "0")
        await (await details(inspector, 4)).click("[phx-click=back]")
        await page.wait_for(lambda shown: shown.find("h1").text == "1")
        assert page.has_text("done")


class Stars(LiveComponent[dict[str, Any]]):
    template: ClassVar[Any] = "stars.html"

    async def mount(self, socket: Any, assigns: dict[str, Any]) -> None:
        socket.context = {"stars": 0}

    @event
    async def rate(self, socket: Any) -> None:
        socket.context["stars"] += 1


class Rated(LiveView[dict[str, Any]]):
    template: ClassVar[Any] = "rated.html"

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"Stars": Stars, "lines": []}

    async def handle_params(self, url: str, params: dict[str, Any], socket: Socket) -> None:
        socket.context["page"] = params.get("page", ["1"])[0]

    @event
    async def turn(self, socket: Socket, to: int) -> None:
        await socket.push_patch("/", {"page": to})


def rated() -> PyView:
    templates = {
        "rated.html": "<h1>{{ page }}</h1>{{ live_component(Stars, id=1) }}",
        "stars.html": "<p phx-click='rate' phx-target='{{ myself }}'>{{ stars }}</p>",
    }
    app = PyView(development=True, templates=DictLoader(templates))
    app.add_live_view("/", Rated)
    return app


async def test_components_go_back_too() -> None:
    async with inspected(rated()) as (page, inspector):
        await page.click("p")
        await page.click("p")
        shown = await details(inspector, 3)
        assert shown.find(".change").text == "Stars 1: stars 1 2"
        assert shown.find(".part").text.endswith("stars changed")
        await shown.click("[phx-click=back]")
        await page.wait_for(lambda shown: shown.find("p").text == "1")


async def test_the_url_goes_back_too() -> None:
    async with inspected(rated()) as (page, inspector):
        await page.push("turn", {"to": "2"})
        await page.push("turn", {"to": "3"})
        await (await details(inspector, 3)).click("[phx-click=back]")
        await page.wait_for(lambda shown: shown.find("h1").text == "2")
        assert page.path == "/?page=2"
