"""Nested views as items of a stream: each is joined when its item is inserted, and ends with its item."""

from typing import Any, ClassVar

from pyview import LiveView, LiveViewSocket, PyView
from pyview.events import event
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient


class Gauge(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string("<b>{{ name }} {{ count }}</b>")
    ended: ClassVar[list[str]] = []

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.context = {"name": session["name"], "count": 0}

    async def disconnect(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        self.ended.append(socket.context["name"])


class Panel(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string(
        """<ul id="gauges" phx-update="stream">{% for dom_id, gauge in streams.gauges %}
        {{ live_render(Gauge, id=dom_id, container="li", session={"name": gauge.id}) }}{% endfor %}</ul>"""
    )

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.stream("gauges", [{"id": name} for name in "ab"])

    @event
    async def add(self, name: str, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.stream_insert("gauges", {"id": name}, at=0)

    @event
    async def remove(self, name: str, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.stream_delete_by_dom_id("gauges", f"gauges-{name}")


async def test_views_come_and_go_with_their_items() -> None:
    app = PyView()
    app.add_live_view("/", Panel)
    Gauge.ended.clear()
    async with LiveClient(app) as client:
        assert "<b>a 0</b>" in (await client.get("/")).text
        page = await client.open("/")
        assert [one.text for one in page.find_all("b")] == ["a 0", "b 0"]
        await page.push("add", {"name": "c"})
        await page.settle()
        assert [one.text for one in page.find_all("b")] == ["c 0", "a 0", "b 0"]
        await page.push("remove", {"name": "a"})
        await page.settle()
        assert [one.text for one in page.find_all("b")] == ["c 0", "b 0"]
        assert Gauge.ended == ["a"]
