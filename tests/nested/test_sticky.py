"""Sticky views stay on the page through live navigation."""

from typing import Any, ClassVar

import pytest

from pyview import LiveView, LiveViewSocket, PyView
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, ViewCrashed
from tests.asgi import eventually

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
Socket = LiveViewSocket[Any]


class Player(LiveView[Any]):
    template = LiveTemplate.from_string("<output>{{ song }}</output><button phx-click='next'>next</button>")
    ended: ClassVar[list[int]] = []

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"song": session["song"]}

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        if event == "away":
            socket.put_flash("info", "from the player")
            socket.context["song"] += 10
            await socket.push_navigate("/two")
        elif event == "break":
            raise RuntimeError("as asked")
        else:
            socket.context["song"] += 1

    async def disconnect(self, socket: Socket) -> None:
        self.ended.append(socket.context["song"])


class Page(LiveView[Any]):
    player = "{{ live_render(Player, id='player', sticky=True, session={'song': 1}) }}"
    template: ClassVar[Any] = LiveTemplate.from_string(
        "<h1>one</h1><a href='/two' data-phx-link='redirect' data-phx-link-state='push'>two</a>" + player
    )

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"Player": Player}

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        raise RuntimeError("as asked")


class Two(Page):
    template = LiveTemplate.from_string(
        "<h1>two</h1><i>{{ flash.get('info', '') }}</i>"
        "<a href='/quiet' data-phx-link='redirect' data-phx-link-state='push'>quiet</a>" + Page.player
    )


class Quiet(Page):
    template = LiveTemplate.from_string("<h1>quiet</h1>")


def app() -> PyView:
    Player.ended.clear()
    made = PyView(secret=SECRET)
    made.add_live_view("/", Page)
    made.add_live_view("/two", Two)
    made.add_live_view("/quiet", Quiet)
    return made


async def test_a_sticky_view_stays_while_each_page_contains_it() -> None:
    async with LiveClient(made := app()) as client:
        page = await client.open("/")
        await page.click("button", text="next")
        await page.click("a", text="two")
        player = page.child("player")
        assert (page.find("h1").text, player.find("output").text, player.mounts) == ("two", "2", 1)
        await page.click("button", text="next")
        assert player.find("output").text == "3"
        assert Player.ended == []
        await page.click("a", text="quiet")
        await page.settle()
        assert Player.ended == [3]
        assert len(made.app_context.processes) == 1


async def test_a_sticky_view_navigates_the_page_and_stays() -> None:
    async with LiveClient(app()) as client:
        page = await client.open("/")
        await page.child("player").push("away")
        player = page.child("player")
        assert (page.path, page.find("i").text) == ("/two", "from the player")
        assert (player.find("output").text, player.mounts, Player.ended) == ("11", 1, [])


async def test_the_first_page_contains_the_sticky_view_and_its_token() -> None:
    async with LiveClient(app()) as client:
        html = (await client.get("/")).text
    assert "<output>1</output>" in html
    assert 'id="player" data-phx-session="" ' not in html
    assert "data-phx-sticky" in html
    assert "data-phx-parent-id" not in html
    assert "song" not in html.split("<h1>")[0]


async def test_a_crash_of_the_page_does_not_affect_a_sticky_view() -> None:
    async with LiveClient(app(), raise_crashes=False) as client:
        page = await client.open("/")
        await page.click("button", text="next")
        await page.push("crash")
        assert page.crashes == 1
        assert page.find("h1").text == "one"
        assert page.child("player").find("output").text == "2"


async def test_a_crash_of_a_sticky_view_does_not_affect_the_page() -> None:
    async with LiveClient(app()) as client:
        page = await client.open("/")
        with pytest.raises(ViewCrashed):
            await page.child("player").push("break")
        assert page.find("h1").text == "one"
        assert page.child("player").find("output").text == "1"


async def test_a_sticky_view_rejoins_after_a_lost_connection() -> None:
    async with LiveClient(app()) as client:
        page = await client.open("/")
        await page.click("a", text="two")
        await page.drop()
        await page.reconnect()
        await page.click("button", text="next")
        assert page.child("player").connected
        assert page.find("h1").text == "two"


async def test_a_sticky_view_ends_with_the_document() -> None:
    async with LiveClient(made := app()) as client:
        page = await client.open("/")
        await page.close()
        await eventually(lambda: not made.app_context.processes)
        assert Player.ended == [1]
