"""Names that an application adds to the templates of all its views."""

from typing import Any

import pytest

from pyview import LiveView, LiveViewSocket, PyView, PyViewMeta
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient


class Shop(LiveView[Any]):
    template = LiveTemplate.from_string(
        "<i>{{ app_name }} {{ visits }} {{ own }}</i><button phx-click='go'>go</button>"
    )

    async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
        socket.context = {"own": "mine"}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[Any]) -> None: ...


def app_with(*processors: Any) -> PyView:
    app = PyView(context_processors=processors)
    app.add_live_view("/", Shop)
    return app


async def test_they_are_asked_at_every_render_and_the_view_comes_first() -> None:
    visits: list[bool] = []

    def shop(meta: PyViewMeta) -> dict[str, Any]:
        visits.append(meta.socket.connected)
        return {"app_name": "Shop", "visits": len(visits), "own": "theirs"}

    async with LiveClient(app_with(shop)) as client:
        page = await client.open("/")
        assert page.find("i").text == "Shop 2 mine"
        await page.click("button")
        assert page.find("i").text == "Shop 3 mine"
    assert visits == [False, True, True]


async def test_later_ones_win() -> None:
    async with LiveClient(
        app_with(lambda meta: {"app_name": "a", "visits": 1}, lambda meta: {"app_name": "b"})
    ) as client:
        assert (await client.open("/")).find("i").text == "b 1 mine"


async def test_attributes_need_a_mapping() -> None:
    async with LiveClient(app_with(lambda meta: None)) as client:
        with pytest.raises(
            TypeError, match=r"context processor .* returned NoneType; expected a dict of names"
        ):
            await client.open("/")
