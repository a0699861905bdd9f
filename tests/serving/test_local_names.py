"""Hosts that `pyview dev` answers."""

from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import Message

from pyview import LiveView, PyView, SecurityConfig
from pyview.serving.local_names import with_local_names
from pyview.template.live_template import LiveTemplate


class Home(LiveView[Any]):
    template = LiveTemplate.from_string("<p>here</p>")


def application(*hosts: str) -> PyView:
    app = PyView(security=SecurityConfig(allowed_hosts=hosts))
    app.add_live_view("/", Home)
    return app


async def answer(app: Any, host: str) -> httpx.Response:
    transport = httpx.ASGITransport(with_local_names(app, "127.0.0.1"))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        return await client.get("/", headers={"host": host})


@pytest.mark.parametrize(
    "host",
    [
        "localhost:8000",
        "LOCALHOST",
        "shop.localhost:8000",
        "127.0.0.1:8000",
        "[::1]:8000",
        "192.168.1.7",
        "[::1]",
    ],
)
async def test_local_names_and_addresses_are_answered(host: str) -> None:
    assert (await answer(application(), host)).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["attacker.example:8000", "127.0.0.1.attacker.example", "localhost.attacker.example", "xlocalhost", ""],
)
async def test_other_names_are_refused_with_a_way_out(host: str) -> None:
    for app in (application(), Starlette(routes=[Mount("/", application())])):
        refused = await answer(app, host)
        assert refused.status_code == 400
        assert "here" not in refused.text
        assert "SecurityConfig(allowed_hosts=[" in refused.text


async def test_a_long_name_is_cut() -> None:
    assert len((await answer(application(), "a" * 5000)).text) < 500


async def test_an_application_with_allowed_hosts_decides_itself() -> None:
    assert (await answer(application("shop.example"), "shop.example")).status_code == 200
    assert (await answer(application("shop.example"), "localhost")).status_code == 400


async def test_a_socket_of_another_name_is_refused() -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/live/websocket", "headers": [(b"host", b"attacker.example")]}
    await with_local_names(application(), "127.0.0.1")(scope, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1008}]
