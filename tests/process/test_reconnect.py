"""Tests of a lost connection: the view waits for its page, and goes on with it."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig, is_connected
from pyview.events import InfoEvent
from pyview.pubsub.memory import MemoryPubSub
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from pyview.testing.page import Page as LivePage
from tests.asgi import eventually
from tests.frames import Page, connect, event, join, load

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
Socket = LiveViewSocket[dict[str, Any]]
Act = Callable[[Socket], Awaitable[Any]]

TEMPLATE = """
<p id="n">{{ n }}</p><p id="news">{{ news }}</p><p id="q">{{ q }}</p><i id="flash">{{ flash.get("info", "") }}</i>
<form id="f" phx-change="typed"><input name="name" value="{{ name }}"></form>
<button phx-click="inc">+</button>
"""


class Harness:
    """An application with two views that count their callbacks; `acts` has the actions of the next messages."""

    def __init__(self, **limits: Any) -> None:
        self.log: Counter[str] = Counter()
        self.acts: dict[str, Act] = {}
        self.gate = asyncio.Event()
        harness = self

        class Room(LiveView[dict[str, Any]]):
            template = LiveTemplate.from_string(TEMPLATE, "room.html")

            async def mount(self, socket: Socket, session: Any) -> None:
                socket.context = {"n": 0, "news": "", "q": "", "name": ""}
                if is_connected(socket):
                    harness.log["mount"] += 1
                    await socket.subscribe("news")

            async def handle_params(self, url: Any, params: Any, socket: Socket) -> None:
                harness.log["params"] += 1
                socket.context["q"] = params.get("q", "")

            async def handle_event(self, event: str, payload: Any, socket: Socket) -> Any:
                if event == "typed":
                    socket.context["name"] = payload["name"]
                elif event in harness.acts:
                    return await harness.acts[event](socket)
                else:
                    socket.context["n"] += 1
                return None

            async def handle_info(self, event: InfoEvent, socket: Socket) -> None:
                harness.log["info"] += 1
                socket.context["news"] = event.payload
                if str(event.payload) in harness.acts:
                    await harness.acts[str(event.payload)](socket)

            async def reconnected(self, socket: Socket) -> None:
                harness.log["reconnected"] += 1
                if "reconnected" in harness.acts:
                    await harness.acts["reconnected"](socket)

            async def disconnect(self, socket: Socket) -> None:
                harness.log["disconnect"] += 1

        class Other(Room): ...

        self.app = PyView(secret=SECRET, security=SecurityConfig(**limits))
        self.app.add_live_view("/room", Room)
        self.app.add_live_view("/other", Other)

    @property
    def waiting(self) -> int:
        return len(self.app._detached_views)

    async def publish(self, news: str) -> None:
        infos = self.log["info"]
        await self.app.pubsub.broadcast("news", news)
        await eventually(lambda: self.log["info"] > infos)


def texts(page: LivePage, *ids: str) -> list[str]:
    return [page.find(f"#{name}").text for name in ids]


async def test_it_goes_on_with_its_state_and_is_not_mounted_again() -> None:
    harness = Harness()
    async with LiveClient(harness.app) as client:
        page = await client.open("/room")
        await page.click("button", "+")
        await page.change("#f", {"name": "half a"})
        await page.drop()
        assert (harness.waiting, harness.log["disconnect"]) == (1, 0)
        await harness.publish("while away")
        await page.reconnect()
        assert texts(page, "n", "news") == ["1", "while away"]
        assert page.value("#f input") == "half a"
        await page.click("button", "+")
        assert texts(page, "n") == ["2"]
        await harness.publish("here again")
        await page.settle()
        assert texts(page, "news") == ["here again"]
        assert harness.log == Counter(mount=1, params=2, info=2, reconnected=1)
        assert harness.waiting == 0
    assert harness.log["disconnect"] == 1


@pytest.mark.parametrize("code", [1001, 1005, 1006, 1011])
async def test_it_waits_whatever_code_a_break_has(code: int) -> None:
    harness = Harness()
    async with LiveClient(harness.app) as client:
        page = await load(client, "/room")
        socket = await connect(client, page).connect()
        await join(socket, page)
        await socket.close(code)
        assert harness.waiting == 1


@pytest.mark.parametrize("code", [1000, 4000, 1012])
async def test_it_ends_at_once_at_a_goodbye(code: int) -> None:
    harness = Harness()
    async with LiveClient(harness.app) as client:
        page = await load(client, "/room")
        socket = await connect(client, page).connect()
        await join(socket, page)
        await socket.close(code)
        await eventually(lambda: harness.log["disconnect"] == 1)
        assert (harness.waiting, harness.app.app_context.processes) == (0, set())


async def test_a_goodbye_in_words_counts_whatever_code_follows() -> None:
    harness = Harness()
    async with LiveClient(harness.app) as client:
        page = await load(client, "/room")
        socket = await connect(client, page).connect()
        await join(socket, page)
        await socket.send_frame([None, None, "phoenix", "goodbye", {}])
        await socket.drop()
        await eventually(lambda: harness.log["disconnect"] == 1)
        assert harness.waiting == 0


async def test_a_left_view_does_not_wait() -> None:
    harness = Harness()
    async with LiveClient(harness.app) as client:
        page = await load(client, "/room")
        socket = await connect(client, page).connect()
        await join(socket, page)
        await socket.send_frame(["4", "5", page.topic, "phx_leave", {}])
        await eventually(lambda: harness.log["disconnect"] == 1)
        await socket.drop()
        assert harness.waiting == 0


async def test_a_silent_socket_that_the_server_ends_leaves_its_view() -> None:
    harness = Harness(idle_timeout=0.1)
    async with LiveClient(harness.app) as client:
        page = await client.open("/room")
        await page.click("button", "+")
        await eventually(lambda: harness.waiting == 1)
        await page.reconnect()
        assert texts(page, "n") == ["1"]


async def test_who_does_not_come_back_is_waited_for_no_longer_than_said() -> None:
    harness = Harness(reconnect_grace=0.05)
    async with LiveClient(harness.app) as client:
        page = await client.open("/room")
        await page.click("button", "+")
        await page.drop()
        assert harness.waiting == 1
        await eventually(lambda: harness.log["disconnect"] == 1)
        assert (harness.waiting, harness.app.app_context.processes) == (0, set())
        assert isinstance(harness.app.pubsub, MemoryPubSub)
        assert not harness.app.pubsub._topics
        await page.reconnect()
        assert texts(page, "n") == ["0"]
        assert harness.log["mount"] == 2


async def test_no_grace_no_wait() -> None:
    harness = Harness(reconnect_grace=0)
    async with LiveClient(harness.app) as client:
        page = await client.open("/room")
        await page.drop()
        await eventually(lambda: harness.log["disconnect"] == 1)
        assert harness.waiting == 0


async def test_at_shutdown_each_is_told_once() -> None:
    harness = Harness()
    async with LiveClient(harness.app) as client:
        for _ in range(3):
            page = await client.open("/room")
            await page.drop()
        assert harness.waiting == 3
    assert harness.log["disconnect"] == 3
    assert (harness.waiting, harness.app.app_context.processes) == (0, set())


async def test_back_before_the_server_has_noticed() -> None:
    """The network changed: the old socket is dead, but the server has not noticed."""
    harness = Harness()
    async with LiveClient(harness.app) as client:
        page = await load(client, "/room")
        old, new = await connect(client, page).connect(), await connect(client, page).connect()
        await join(old, page)
        await old.send_frame(event(page, "5", "inc"))
        assert (await old.receive_frame())[4]["response"] == {"diff": {"0": "1"}}
        status, response = await join(new, page, ref="9", params=params(page, mounts=1))
        assert status == "ok"
        assert response["rendered"]["0"] == "1"
        assert (await old.receive_frame())[3] == "phx_close"
        await new.send_frame(event(page, "10", "inc", join_ref="9"))
        assert (await new.receive_frame())[4]["response"] == {"diff": {"0": "2"}}
        await old.send_frame(event(page, "11", "inc"))
        assert (await old.receive_frame())[4]["response"] == {"reason": "unmatched topic"}
        await old.drop()
        assert harness.waiting == 0
        await new.close()
        await eventually(lambda: harness.log["disconnect"] == 1)
    assert harness.log["mount"] == 1


def params(page: Page, mounts: int, load: str = "") -> dict[str, Any]:
    named = {"_load": load} if load else {}
    return {"_csrf_token": page.csrf, "_mounts": mounts, "_mount_attempts": 0, **named}


async def test_a_second_tab_of_the_same_bytes_takes_nothing() -> None:
    harness = Harness()
    async with LiveClient(harness.app) as client:
        page = await load(client, "/room")
        one, two = await connect(client, page).connect(), await connect(client, page).connect()
        await join(one, page, params=params(page, 0, "one"))
        await one.send_frame(event(page, "5", "inc"))
        await one.receive_frame()
        await join(two, page, params=params(page, 0, "two"))
        await one.drop()
        await two.drop()
        assert harness.waiting == 2
        again = await connect(client, page).connect()
        _, response = await join(again, page, params=params(page, 1, "two"))
        assert response["rendered"]["0"] == "0"
        assert harness.waiting == 1
        third = await connect(client, page).connect()
        _, response = await join(third, page, params=params(page, 1, "three"))
        assert response["rendered"]["0"] == "0"
        assert (harness.log["mount"], harness.waiting) == (3, 1)


async def test_a_page_that_went_elsewhere_meanwhile_starts_there() -> None:
    harness = Harness()
    async with LiveClient(harness.app) as client:
        page = await load(client, "/room")
        socket = await connect(client, page).connect()
        await join(socket, page)
        await socket.drop()
        again = await connect(client, page).connect()
        other_page = {"redirect": page.url.replace("/room", "/other"), "params": params(page, 0)}
        payload = page.join("4", **other_page)
        del payload[4]["url"]
        await again.send_frame(payload)
        assert (await again.receive_frame())[4]["status"] == "ok"
        await eventually(lambda: harness.log["disconnect"] == 1)
        assert (harness.log["mount"], harness.waiting) == (2, 0)


async def test_a_view_that_came_by_navigation_comes_back_as_one() -> None:
    harness = Harness()
    async with LiveClient(harness.app) as client:
        page = await client.open("/room")
        await page.navigate("/other")
        await page.click("button", "+")
        await page.drop()
        await page.reconnect()
        assert texts(page, "n") == ["1"]
        assert page.path == "/other"
        assert harness.log["mount"] == 2


async def test_a_handler_that_runs_when_the_connection_breaks_goes_on() -> None:
    harness = Harness()

    async def slow(socket: Socket) -> dict[str, int]:
        await harness.gate.wait()
        socket.context["n"] = 42
        await socket.push_event("done", {"n": 42})
        return {"reply": 1}

    harness.acts["slow"] = slow
    async with LiveClient(harness.app) as client:
        page = await load(client, "/room")
        socket = await connect(client, page).connect()
        await join(socket, page)
        await socket.send_frame(event(page, "5", "slow"))
        await socket.drop()
        again = await connect(client, page).connect()
        await again.send_frame(page.join("7", params=params(page, 1)))
        await again.expect_nothing()
        harness.gate.set()
        rendered = (await again.receive_frame())[4]["response"]["rendered"]
        assert rendered["0"] == "42"
        assert rendered["e"] == [["done", {"n": 42}]]


async def test_what_a_view_wished_while_away_happens_when_its_page_is_back() -> None:
    harness = Harness()

    async def patch(socket: Socket) -> None:
        await socket.push_patch("/room", {"q": "away"})
        socket.live_title = "News"
        socket.put_flash("info", "saved")

    harness.acts["patch"] = patch
    harness.acts["go"] = lambda socket: socket.push_navigate("/other")
    async with LiveClient(harness.app) as client:
        page = await client.open("/room")
        await page.drop()
        await harness.publish("patch")
        await page.reconnect()
        assert (texts(page, "q", "flash"), page.path, page.title.split()[0]) == (
            ["away", "saved"],
            "/room?q=away",
            "News",
        )
        await page.drop()
        await harness.publish("go")
        assert harness.waiting == 1
        await page.reconnect()
        assert (page.path, page.connected) == ("/other", True)
        assert harness.log["disconnect"] == 1
        assert harness.log["mount"] == 2


async def test_a_patch_whose_news_was_lost_on_the_way_is_told_again() -> None:
    harness = Harness()
    harness.acts["patch"] = lambda socket: socket.push_patch("/room", {"q": "x"})
    async with LiveClient(harness.app) as client:
        page = await load(client, "/room")
        socket = await connect(client, page).connect()
        await join(socket, page)
        await socket.send_frame(event(page, "5", "patch"))
        await socket.drop()
        again = await connect(client, page).connect()
        _, response = await join(again, page, params=params(page, 1))
        assert response["live_patch"] == {"kind": "replace", "to": "/room?q=x"}


async def test_one_that_fails_while_away_starts_afresh() -> None:
    harness = Harness()

    async def fail(socket: Socket) -> None:
        raise RuntimeError("as the test wishes")

    harness.acts["fail"] = fail
    async with LiveClient(harness.app) as client:
        page = await client.open("/room")
        await page.click("button", "+")
        await page.drop()
        await harness.publish("fail")
        await eventually(lambda: harness.log["disconnect"] == 1)
        assert harness.waiting == 0
        await page.reconnect()
        assert texts(page, "n") == ["0"]
        assert harness.log["mount"] == 2


async def test_one_that_fails_when_its_page_is_back_starts_afresh() -> None:
    harness = Harness()

    async def fail(socket: Socket) -> None:
        raise RuntimeError("as the test wishes")

    harness.acts["reconnected"] = fail
    async with LiveClient(harness.app, raise_crashes=False) as client:
        page = await client.open("/room")
        await page.click("button", "+")
        await page.drop()
        await page.reconnect()
        assert texts(page, "n") == ["0"]
        assert (harness.log["mount"], harness.log["disconnect"], harness.waiting) == (2, 1, 0)


async def test_one_that_closes_itself_while_away_is_gone() -> None:
    harness = Harness()
    harness.acts["close"] = lambda socket: socket.close()
    async with LiveClient(harness.app) as client:
        page = await client.open("/room")
        await page.drop()
        await harness.publish("close")
        await eventually(lambda: harness.log["disconnect"] == 1)
        assert harness.waiting == 0


async def test_nothing_is_rendered_while_away() -> None:
    class Rendered:
        times = 0

        def __str__(self) -> str:
            Rendered.times += 1
            return str(Rendered.times)

    harness = Harness()

    async def show(socket: Socket) -> None:
        socket.context["n"] = Rendered()

    harness.acts["show"] = show
    async with LiveClient(harness.app) as client:
        page = await client.open("/room")
        await page.drop()
        for _ in range(5):
            await harness.publish("show")
        assert Rendered.times == 0
        await page.reconnect()
        assert Rendered.times > 0


class TestStreams:
    """Stream items stay in the browser if no message with them was lost."""

    def app(self, log: Counter[str]) -> PyView:
        class Feed(LiveView[dict[str, Any]]):
            template = LiveTemplate.from_string(
                "<p>{{ n }}</p><ul id='feed' phx-update='stream'>"
                "{% for dom_id, item in streams.feed %}<li id='{{ dom_id }}'>{{ item.text }}</li>{% endfor %}</ul>",
                "feed.html",
            )

            async def mount(self, socket: Socket, session: Any) -> None:
                log["mount"] += is_connected(socket)
                socket.context = {"n": 0}
                socket.stream("feed", [{"id": 0, "text": "first"}])
                if is_connected(socket):
                    await socket.subscribe("news")

            async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
                socket.context["n"] += 1
                socket.stream_insert("feed", {"id": socket.context["n"], "text": event})

            async def handle_info(self, event: InfoEvent, socket: Socket) -> None:
                log["info"] += 1
                socket.stream_insert("feed", {"id": event.payload, "text": event.payload})

        app = PyView(secret=SECRET)
        app.add_live_view("/feed", Feed)
        return app

    async def test_its_items_stay_and_what_came_meanwhile_is_added(self) -> None:
        log: Counter[str] = Counter()
        app = self.app(log)
        async with LiveClient(app) as client:
            page = await client.open("/feed")
            await page.push("second", {})
            await page.drop()
            await app.pubsub.broadcast("news", "third")
            await eventually(lambda: log["info"] == 1)
            await page.reconnect()
            assert [item.text for item in page.find_all("li")] == ["first", "second", "third"]
            await page.push("fourth", {})
            await page.drop()
            await page.reconnect()
            assert [item.text for item in page.find_all("li")] == ["first", "second", "third", "fourth"]
            assert page.find("p").text == "2"
            assert log["mount"] == 1

    @pytest.mark.parametrize(("received", "mounts"), [(2, 1), (1, 2), (None, 2), ("2", 2), (3, 2)])
    async def test_it_starts_afresh_when_items_were_lost(self, received: Any, mounts: int) -> None:
        log: Counter[str] = Counter()
        async with LiveClient(self.app(log)) as client:
            page = await load(client, "/feed")
            socket = await connect(client, page).connect()
            await join(socket, page)
            await socket.send_frame(event(page, "5", "second"))
            await socket.receive_frame()
            await socket.drop()
            again = await connect(client, page).connect()
            sent = {**params(page, 1), "_received": received}
            _, response = await join(again, page, params=sent)
            assert log["mount"] == mounts
            assert response.get("resumed", False) is (mounts == 1)


class TestBounds:
    async def drop_pages(self, client: LiveClient, count: int) -> list[LivePage]:
        pages = [await client.open("/room") for _ in range(count)]
        for page in pages:
            await page.drop()
        return pages

    @pytest.mark.parametrize("limit", ["max_waiting_views", "max_waiting_views_per_address"])
    async def test_only_so_many_wait(self, limit: str) -> None:
        harness = Harness(**{limit: 2})
        async with LiveClient(harness.app) as client:
            pages = await self.drop_pages(client, 4)
            await eventually(lambda: harness.log["disconnect"] == 2)
            assert harness.waiting == 2
            for page in pages:
                await page.reconnect()
            assert (harness.log["reconnected"], harness.log["mount"], harness.waiting) == (2, 6, 0)
            assert len(harness.app._detached_views._quotas) == 0
            assert harness.app._detached_views.bytes == 0

    async def test_only_so_much_waits(self) -> None:
        harness = Harness(max_waiting_bytes=1_000_000)

        async def grow(socket: Socket) -> None:
            socket.context["news"] = ["x" * 1000 + str(number) for number in range(1000)]

        harness.acts["grow"] = grow
        async with LiveClient(harness.app) as client:
            pages = [await client.open("/room") for _ in range(3)]
            for page in pages:
                await page.push("grow")
                await page.drop()
            assert harness.waiting == 1
            assert 900_000 < harness.app._detached_views.bytes < 1_300_000

    async def test_who_pushes_too_much_while_away_ends(self) -> None:
        harness = Harness(max_queued_bytes=100_000)
        harness.acts["big"] = lambda socket: socket.push_event("big", "x" * 60_000)
        async with LiveClient(harness.app) as client:
            page = await client.open("/room")
            await page.drop()
            await harness.publish("big")
            assert harness.waiting == 1
            await harness.publish("big")
            await eventually(lambda: harness.log["disconnect"] == 1)
            assert harness.waiting == 0
