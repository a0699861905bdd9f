"""Tests of `opened` and `page.show`."""

from typing import Any

import pytest
from starlette.middleware.sessions import SessionMiddleware

from pyview import LiveView, LiveViewSocket, PyView
from pyview.components import ComponentSocket, LiveComponent
from pyview.template.live_template import LiveTemplate
from pyview.testing import opened


class Counter(LiveComponent[dict[str, Any]]):
    template = LiveTemplate.from_string(
        '<p id="c"><b>{{ n }}</b><button phx-click="add" phx-target="{{ myself }}">+</button></p>'
    )

    async def mount(self, socket: ComponentSocket[dict[str, Any]], assigns: dict[str, Any]) -> None:
        socket.context = {"n": assigns["start"]}

    async def handle_event(self, event: str, payload: Any, socket: ComponentSocket[dict[str, Any]]) -> None:
        socket.context["n"] += 1


class Visitor(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string("<i>{{ page }} {{ name }}</i>")

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.context = {"name": dict(session).get("name", "guest")}

    async def handle_params(self, socket: LiveViewSocket[dict[str, Any]], page: int = 1) -> None:
        socket.context["page"] = page


async def test_a_component_alone_is_live() -> None:
    async with opened(Counter, start=3) as page:
        assert page.find("b").text == "3"
        await page.click("button")
        assert page.find("b").text == "4"


async def test_a_view_alone_has_a_url_and_prepared_middlewares() -> None:
    def with_sessions(app: PyView) -> None:
        app.add_middleware(SessionMiddleware, secret_key="a secret that is long enough, 0123456789")

    async with opened(Visitor, "/?page=7", prepare=with_sessions) as page:
        assert page.find("i").text == "7 guest"


async def test_a_page_is_shown_in_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr("webbrowser.open", shown.append)
    async with opened(Counter, start=3) as page:
        await page.click("button")
        path = page.show()
        again = page.show(browser=False)
    assert shown == [path.as_uri()]
    assert "<b>4</b>" in path.read_text()
    path.unlink()
    again.unlink()
