"""`stream_async`: background tasks that fill a stream."""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from pyview import LiveView, LiveViewSocket, PyView
from pyview.components import LiveComponent
from pyview.events import event
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from tests.asgi import eventually

TEMPLATE = LiveTemplate.from_string(
    """<main><p>{% if users.loading %}loading{% elif users.failed %}failed{% else %}ready{% endif %}</p>
    <ul id="users" phx-update="stream">{% for dom_id, user in streams.users %}
    <li id="{{ dom_id }}">{{ user.name }}</li>{% endfor %}</ul></main>"""
)


@dataclass
class User:
    id: int
    name: str


class Users(LiveView[dict[str, Any]]):
    template = TEMPLATE
    job: Any

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.stream_async("users", self.job)

    @event
    async def again(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.stream_async("users", self.job, reset=True)


def app_of(job: Any) -> PyView:
    app = PyView()
    app.add_live_view("/", type("UsersHere", (Users,), {"job": staticmethod(job)}))
    return app


def names(page: Any) -> str:
    return "".join(item.text for item in page.find_all("li"))


async def test_a_returned_list_becomes_the_items() -> None:
    async def job() -> list[User]:
        await asyncio.sleep(0.01)
        calls.append(1)
        return [User(len(calls) * 10 + n, name) for n, name in enumerate("ab" if len(calls) == 1 else "xyz")]

    calls: list[int] = []
    async with LiveClient(app_of(job)) as client:
        assert "loading" in (await client.get("/")).text
        assert calls == []
        page = await client.open("/")
        assert (page.find("p").text, names(page)) == ("loading", "")
        await page.wait_for("p", text="ready")
        assert names(page) == "ab"
        await page.push("again")
        assert (page.find("p").text, names(page)) == ("loading", "ab")
        await page.wait_for("p", text="ready")
        assert names(page) == "xyz"


async def test_yielded_items_are_shown_one_by_one() -> None:
    async def job() -> AsyncIterator[User]:
        for n, name in enumerate("abc"):
            await gate.wait()
            gate.clear()
            yield User(n, name)

    gate = asyncio.Event()
    async with LiveClient(app_of(job)) as client:
        page = await client.open("/")
        for shown in ("", "a", "ab"):
            assert (page.find("p").text, names(page)) == ("loading", shown)
            gate.set()
            await page.settle()
        assert (page.find("p").text, names(page)) == ("ready", "abc")


async def test_a_generator_is_closed_with_the_view() -> None:
    async def job() -> AsyncIterator[User]:
        try:
            while True:
                yield User(1, "a")
                await asyncio.sleep(0.001)
        finally:
            closed.append(1)

    closed: list[int] = []
    async with LiveClient(app_of(job)) as client:
        page = await client.open("/")
        await page.wait_for("li")
        await page.close()
        await eventually(lambda: closed)
    assert closed == [1]


@pytest.mark.parametrize("found", [7, [object()]])
async def test_a_result_that_is_no_list_fails_the_task_only(
    found: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async with LiveClient(app_of(lambda: found)) as client:
        page = await client.open("/")
        await page.wait_for("p", text="failed")
        assert page.connected
        assert page.crashes == 0
    assert "crashed (error id" in caplog.text


async def test_an_invalid_item_fails_the_task_after_earlier_items() -> None:
    async def job() -> AsyncIterator[Any]:
        yield User(1, "a")
        yield object()

    async with LiveClient(app_of(job)) as client:
        page = await client.open("/")
        await page.wait_for("p", text="failed")
        assert names(page) == "a"
        assert page.crashes == 0


async def test_no_item_stays_in_memory() -> None:
    def job() -> list[User]:
        made = [User(n, "x") for n in range(20)]
        seen.extend(map(weakref.ref, made))
        return made

    seen: list[weakref.ref[User]] = []
    async with LiveClient(app_of(job)) as client:
        page = await client.open("/")
        await page.wait_for("p", text="ready")
        gc.collect()
        assert len(seen) == 20
        assert [ref for ref in seen if ref() is not None] == []


class Crew(LiveComponent[dict[str, Any]]):
    template = TEMPLATE

    async def mount(self, socket: Any, assigns: Any) -> None:
        async def crew() -> AsyncIterator[User]:
            for n, name in enumerate("abc"):
                await asyncio.sleep(0.001)
                yield User(n, name)

        socket.stream_async("users", crew)


class Ship(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string('<div>{{ live_component(Crew, id="crew") }}</div>')


async def test_in_a_component() -> None:
    app = PyView()
    app.add_live_view("/", Ship)
    async with LiveClient(app) as client:
        page = await client.open("/")
        assert page.find("p").text == "loading"
        await page.wait_for("p", text="ready")
        assert names(page) == "abc"
