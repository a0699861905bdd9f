"""Live components, from outside: what the browser sees of them."""

from typing import Any

from pyview import LiveView, PyView
from pyview.components import ComponentSocket, LiveComponent
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"


def app_with(view: type[LiveView[Any]]) -> PyView:
    app = PyView(secret=SECRET)
    app.add_live_view("/", view)
    return app


class Counter(LiveComponent[dict[str, Any]]):
    template = LiveTemplate.from_string(
        """<div class="counter" id="{{ id }}"><b>{{ count }}</b>
        <button phx-click="add" phx-target="{{ myself }}">+</button></div>""",
        "counter.html",
    )

    async def mount(self, socket: ComponentSocket[dict[str, Any]], assigns: dict[str, Any]) -> None:
        socket.context = {"count": assigns.get("start", 0)}

    async def handle_event(self, event: str, payload: Any, socket: ComponentSocket[Any]) -> Any:
        socket.context["count"] += 1
        return {"count": socket.context["count"]}


class Two(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string(
        """<p>{{ live_component(Counter, id="a", start=3) }}{{ live_component(Counter, id="b") }}</p>""",
        "two.html",
    )


async def test_each_component_has_its_own_state() -> None:
    async with LiveClient(app_with(Two)) as client:
        page = await client.open("/")
        assert [each.text for each in page.find_all(".counter b")] == ["3", "0"]
        await page.click(page.find_all("button")[0])
        await page.click(page.find_all("button")[0])
        await page.click(page.find_all("button")[1])
        assert [each.text for each in page.find_all(".counter b")] == ["5", "1"]
