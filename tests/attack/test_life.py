"""Views end exactly once, do not disturb each other, and handle one message at a time."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from jinja2 import DictLoader

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig, is_connected
from pyview.events import InfoEvent
from pyview.testing import LiveClient
from tests.asgi import eventually
from tests.attack.target import SECRET, PageOf, answer, joined, page_of

Socket = LiveViewSocket[dict[str, Any]]


@pytest.fixture
def log() -> Counter[str]:
    return Counter()


@pytest.fixture
def app(log: Counter[str]) -> PyView:
    """Application with two views that share a topic, have a timer and count their calls."""

    class CountedView(LiveView[dict[str, Any]]):
        template = "counted.html"

        async def mount(self, socket: Socket, session: Any) -> None:
            socket.context = {"n": 0}
            if is_connected(socket):
                log["mount"] += 1
                await socket.subscribe("updates")
                socket.schedule_info(InfoEvent("tick"), 3600)

        async def handle_info(self, event: InfoEvent, socket: Socket) -> None:
            log["info"] += 1
            await self.add_one(socket)

        async def handle_event(self, event: str, payload: Any, socket: Socket) -> Any:
            if event == "shout":
                await socket.broadcast("updates", "hello")
                return None
            await self.add_one(socket)
            return {"n": socket.context["n"]}

        async def add_one(self, socket: Socket) -> None:
            """Read, wait, write: two calls at the same time would lose one increment."""
            n = socket.context["n"]
            await asyncio.sleep(0.001)
            socket.context["n"] = n + 1

        async def disconnect(self, socket: Socket) -> None:
            log["disconnect"] += 1

    class Other(CountedView): ...

    templates = DictLoader({"counted.html": "<p>{{ n }}</p>"})
    app = PyView(templates=templates, secret=SECRET, security=SecurityConfig(reconnect_grace=0.05))
    app.add_live_view("/counted", CountedView)
    app.add_live_view("/other", Other)
    return app


async def released(app: PyView, log: Counter[str]) -> None:
    """Wait until no process, subscription or timer is left, and check that `disconnect` ran once per view."""
    await eventually(lambda: not app.app_context.processes and log["disconnect"] >= log["mount"])
    assert log["disconnect"] == log["mount"]
    infos = log["info"]
    await app.pubsub.broadcast("updates", "anybody?")
    await asyncio.sleep(0.02)
    assert log["info"] == infos


def navigation(page: PageOf, url: str) -> dict[str, Any]:
    payload = page.join(redirect=f"http://testserver{url}")
    del payload["url"]
    return payload


class TestEverythingIsReleased:
    async def test_after_a_close_and_a_lost_connection(self, app: PyView, log: Counter[str]) -> None:
        async with LiveClient(app) as client:
            for end in ("close", "drop"):
                page = await page_of(client, "/counted")
                socket = await client.raw_socket().connect()
                await joined(socket, page.topic, page.join())
                await getattr(socket, end)()
                await released(app, log)
        assert log["mount"] == 2

    async def test_after_live_navigation(self, app: PyView, log: Counter[str]) -> None:
        async with LiveClient(app) as client:
            page = await page_of(client, "/counted")
            async with client.raw_socket() as socket:
                await joined(socket, page.topic, page.join())
                for number, url in enumerate(["/other", "/counted", "/other"], 10):
                    await socket.send_frame([None, str(number * 10), page.topic, "phx_leave", {}])
                    answered = await joined(socket, page.topic, navigation(page, url), ref=str(number))
                    assert answered[0] == "ok"
            await released(app, log)
        assert log["mount"] == 4

    async def test_after_leaving_and_joining_again(self, app: PyView, log: Counter[str]) -> None:
        async with LiveClient(app) as client:
            page = await page_of(client, "/counted")
            async with client.raw_socket() as socket:
                for number in range(10, 20):
                    await joined(socket, page.topic, page.join(), ref=str(number))
                    if number % 2:
                        await socket.send_frame([str(number), f"9{number}", page.topic, "phx_leave", {}])
            await released(app, log)
        assert log["mount"] == 10

    async def test_in_the_middle_of_an_event(self, app: PyView, log: Counter[str]) -> None:
        async with LiveClient(app) as client:
            page = await page_of(client, "/counted")
            socket = await client.raw_socket().connect()
            await joined(socket, page.topic, page.join())
            for ref in range(20, 30):
                frame = {"type": "click", "event": "add", "value": {}}
                await socket.send_frame(["4", str(ref), page.topic, "event", frame])
            await socket.drop()
            await released(app, log)


class TestTheSamePageTwice:
    async def test_two_tabs_live_side_by_side(self, app: PyView, log: Counter[str]) -> None:
        async with LiveClient(app) as client:
            page = await page_of(client, "/counted")
            one, two = await client.raw_socket().connect(), await client.raw_socket().connect()
            assert (await joined(one, page.topic, page.join()))[0] == "ok"
            assert (await joined(two, page.topic, page.join()))[0] == "ok"
            await one.close()
            await app.pubsub.broadcast("updates", "still there?")
            frame = await two.receive_frame()
            assert frame[3] == "diff"
            await two.close()
            await released(app, log)

    async def test_a_join_with_the_topic_of_another_browser(self, app: PyView, log: Counter[str]) -> None:
        """A join with the topic of another browser is refused and does not affect that browser."""
        async with LiveClient(app) as client, LiveClient(app) as stranger:
            page, theirs = await page_of(client, "/counted"), await page_of(stranger, "/counted")
            victim, attacker = await client.raw_socket().connect(), await stranger.raw_socket().connect()
            await joined(victim, page.topic, page.join())
            assert await joined(attacker, page.topic, theirs.join()) == ("error", {"reason": "stale"})
            await app.pubsub.broadcast("updates", "for the victim")
            assert (await victim.receive_frame())[3] == "diff"
            await victim.close()
            await attacker.close()


async def test_messages_are_handled_one_at_a_time(app: PyView, log: Counter[str]) -> None:
    async with LiveClient(app) as client:
        page = await page_of(client, "/counted")
        async with client.raw_socket() as socket:
            await joined(socket, page.topic, page.join())
            refs = [str(ref) for ref in range(20, 40)]
            for ref in refs:
                frame = {"type": "click", "event": "add", "value": {}}
                await socket.send_frame(["4", ref, page.topic, "event", frame])
                await app.pubsub.broadcast("updates", "at the same time")
            answers = [await answer(socket, ref) for ref in refs]
            assert [status for status, _ in answers] == ["ok"] * 20
            await eventually(lambda: log["info"] == 20)
            await socket.send_frame(
                ["4", "90", page.topic, "event", {"type": "click", "event": "add", "value": {}}]
            )
            _, response = await answer(socket, "90")
    assert response["diff"]["r"] == {"n": 41}
