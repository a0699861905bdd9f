"""Tests of one view under several paths: patches between them, and `live_action` for each."""

from typing import Any

import pytest

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.binding import Params
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, ViewCrashed

PAGE = """<p id="where">{{ action }} {{ item }} {{ mounts }}</p>
<a id="new" href="/items/new" data-phx-link="patch" data-phx-link-state="push">new</a>
<a id="away" href="/shelf" data-phx-link="patch" data-phx-link-state="push">away</a>"""


class Items(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string(PAGE)

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.context = {"mounted_at": socket.live_action, "mounts": socket.live_action}

    async def handle_params(self, url: Any, params: Params, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context |= {"action": socket.live_action, "item": params.get("item", "-")}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[dict[str, Any]]) -> None:
        await socket.push_patch(payload["to"])


class Shelf(Items): ...


def shop(**limits: Any) -> PyView:
    app = PyView(security=SecurityConfig(**limits))
    app.add_live_view("/items", Items, action="index")
    app.add_live_view("/items/new", Items, action="new")
    app.add_live_view("/items/{item}", Items)
    app.add_live_view("/shelf", Shelf, action="shelf")
    app.live_session("staff").add_live_view("/staff/items", Items, action="staff")
    return app


async def test_a_link_patches_to_another_path_of_the_view() -> None:
    async with LiveClient(shop()) as client:
        page = await client.open("/items")
        assert page.find("#where").text == "index - index"
        await page.click("#new")
        assert (page.find("#where").text, page.url) == ("new - index", "http://testserver/items/new")
        await page.back()
        assert page.find("#where").text == "index - index"


async def test_the_server_patches_to_another_path_of_the_view() -> None:
    async with LiveClient(shop()) as client:
        page = await client.open("/items/new")
        await page.push("go", {"to": "/items/7"})
        assert page.find("#where").text == "None 7 new"


@pytest.mark.parametrize(("grace", "mounted"), [(0.0, "new"), (30.0, "index")])
async def test_a_page_that_was_patched_joins_again_where_it_is(grace: float, mounted: str) -> None:
    async with LiveClient(shop(reconnect_grace=grace)) as client:
        page = await client.open("/items")
        await page.click("#new")
        await page.drop()
        await page.reconnect()
        assert page.find("#where").text == f"new - {mounted}"


@pytest.mark.parametrize("to", ["/shelf", "/staff/items"])
async def test_another_view_and_another_live_session_are_no_patch(
    to: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with LiveClient(shop()) as client:
        page = await client.open("/items")
        with pytest.raises(ViewCrashed):
            await page.push("go", {"to": to})
    assert "leads out of Items" in caplog.text


async def test_a_patch_link_to_another_view_becomes_a_navigation() -> None:
    async with LiveClient(shop()) as client:
        page = await client.open("/items")
        await page.click("#away")
        assert page.find("#where").text == "shelf - shelf"
