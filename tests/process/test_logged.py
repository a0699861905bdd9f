"""Tests of the log of messages: one line each, without any value that a user typed."""

import logging
from typing import Any

import pytest

from pyview import LiveView, LiveViewSocket, PyView
from pyview.events import InfoEvent
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient


class Door(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string("<p>{{ count }}</p>")

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.context = {"count": 0}

    async def handle_params(self, socket: LiveViewSocket[dict[str, Any]]) -> None: ...

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[dict[str, Any]]) -> None:
        if event == "break":
            raise ValueError(payload["password"])
        await socket.send_info(InfoEvent("entered", payload))

    async def handle_info(self, event: InfoEvent, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context["count"] += 1


def app() -> PyView:
    made = PyView()
    made.add_live_view("/", Door)
    return made


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    lines = (record.getMessage() for record in caplog.records if record.name == "pyview.messages")
    return [line.partition(" in ")[0] + line.partition(" ms")[2] for line in lines]


async def test_each_message_is_a_line_without_values(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "pyview.messages")
    async with LiveClient(app(), raise_crashes=False) as client:
        page = await client.open("/")
        await page.push("enter", {"name": "ada", "password": "lovelace"})
        await page.settle()
        await page.patch("/?q=secret")
        await page.push("enter\nFAKE: line", {})
        await page.settle()
    assert lines(caplog)[:5] == [
        "Door: join",
        "Door: event 'enter' with 'name', 'password'",
        "Door: info 'entered'",
        "Door: urlchanged",
        "Door: event 'enter\\nFAKE: line'",
    ]
    assert "lovelace" not in caplog.text
    assert "secret" not in " ".join(lines(caplog))


async def test_a_failure_has_its_line_too(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "pyview.messages")
    async with LiveClient(app(), raise_crashes=False) as client:
        page = await client.open("/")
        await page.push("break", {"password": "lovelace"})
    assert "Door: event 'break' with 'password' failed: ValueError" in lines(caplog)


async def test_nothing_is_said_unless_asked(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with LiveClient(app()) as client:
        page = await client.open("/")
        await page.push("enter", {})
    assert lines(caplog) == []


async def test_a_message_that_waited_is_one_line_and_without_values_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "pyview.messages")
    async with LiveClient(app(), raise_crashes=False) as client:
        page = await client.open("/")
        await page.push("enter", {"letter": "lovelace" * 5000})
        await page.settle()
    assert lines(caplog)[:3] == ["Door: join", "Door: event 'enter' with 'letter'", "Door: info 'entered'"]
    assert "lovelace" not in caplog.text
