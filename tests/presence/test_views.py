"""Presence in views: pages, users, crashes and the end of a view."""

from typing import Any

import pytest

from pyview import LiveView, LiveViewSocket, PyView
from pyview.events import InfoEvent, event, info
from pyview.presence import PresenceDiff
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from tests.workers.broker import Broker
from tests.workers.cluster import cluster_of

Context = dict[str, Any]


class RoomView(LiveView[Context]):
    template = LiveTemplate.from_string(
        "<ul>{% for key, one in users.items() %}<li>{{ key }}:{{ one.metas | map(attribute='at') | join(',') }}</li>"
        "{% endfor %}</ul><p>{{ change }}</p>"
    )

    async def handle_params(self, socket: LiveViewSocket[Context], who: str = "guest") -> None:
        await socket.presence.subscribe("room")
        if who != "guest":
            await socket.presence.track("room", who, {"at": "door"})
        socket.context = {"who": who, "users": socket.presence.list("room"), "change": ""}

    @info("presence_diff")
    async def changed(self, event: InfoEvent, socket: LiveViewSocket[Context]) -> None:
        diff = event.payload
        assert isinstance(diff, PresenceDiff)
        socket.context["users"] = socket.presence.list(diff.topic)
        socket.context["change"] = f"+{','.join(diff.arrived)} -{','.join(diff.left)}"

    @event
    async def move(self, socket: LiveViewSocket[Context], to: str) -> None:
        await socket.presence.update("room", socket.context["who"], {"at": to})

    @event
    async def leave(self, socket: LiveViewSocket[Context]) -> None:
        await socket.presence.untrack("room", socket.context["who"])

    @event
    async def crash(self) -> None:
        raise RuntimeError("on purpose")

    @event
    async def quiet(self, socket: LiveViewSocket[Context]) -> None:
        await socket.presence.unsubscribe("room")

    @event
    async def late(self, socket: LiveViewSocket[Context]) -> None:
        presence = socket.presence
        await socket.close()
        await presence.track("room", "ghost")


@pytest.fixture
def app() -> PyView:
    app = PyView()
    app.add_live_view("/", RoomView)
    return app


async def test_pages_show_users_that_join_and_leave(app: PyView) -> None:
    async with LiveClient(app) as client:
        ada, watcher = await client.open("/?who=ada"), await client.open("/")
        assert watcher.find("ul").text == "ada:door"
        bob = await client.open("/?who=bob")
        second = await client.open("/?who=ada")
        await watcher.settle()
        assert [one.text for one in watcher.find_all("li")] == ["ada:door,door", "bob:door"]
        await ada.push("move", {"to": "window"})
        await watcher.settle()
        assert [one.text for one in watcher.find_all("li")] == ["ada:window,door", "bob:door"]
        assert watcher.find("p").text == "+ -"
        await ada.close()
        await bob.push("leave")
        await watcher.settle()
        assert (watcher.find("ul").text, watcher.find("p").text) == ("ada:door", "+ -bob")
        await second.close()
        await watcher.settle()
        assert (watcher.find("ul").text, watcher.find("p").text) == ("", "+ -ada")


async def test_a_crash_ends_a_presence_and_the_rejoin_begins_another(app: PyView) -> None:
    async with LiveClient(app) as client:
        ada, watcher = await client.open("/?who=ada"), await client.open("/")
        with pytest.raises(Exception, match="crash"):
            await ada.push("crash")
        await ada.settle()
        await watcher.settle()
        assert len(app.presence.list("room")) <= 1
        await ada.close()
        await watcher.settle()
        assert watcher.find("ul").text == ""


async def test_the_first_render_lists_and_does_not_count(app: PyView) -> None:
    async with LiveClient(app) as client:
        ada = await client.open("/?who=ada")
        response = await client.get("/?who=bob")
        assert "ada:door" in response.text
        assert list(app.presence.list("room")) == ["ada"]
        await ada.close()


async def test_an_ended_view_cannot_be_tracked(app: PyView) -> None:
    async with LiveClient(app) as client:
        ada = await client.open("/?who=ada")
        with pytest.raises(Exception):  # noqa: B017, PT011  the view has ended: its event gets no reply
            await ada.push("late")
        assert app.presence.list("room") == {}


async def test_an_unsubscribed_view_gets_no_diffs(app: PyView) -> None:
    async with LiveClient(app) as client:
        watcher, ada = await client.open("/"), await client.open("/?who=ada")
        await watcher.push("quiet")
        await ada.close()
        await watcher.settle()
        assert (watcher.find("ul").text, app.presence.list("room")) == ("ada:door", {})


@pytest.mark.parametrize("lost", [True, False])
async def test_a_page_that_comes_back_at_another_worker_is_not_seen(lost: bool) -> None:
    def make(broker: Broker) -> PyView:
        app = PyView(secret="t3st-s3cret-of-at-least-thirty-two-bytes", pubsub=broker)
        app.add_live_view("/", RoomView)
        return app

    async with cluster_of(2, make) as (cluster, client):
        watchers = []
        for cluster.to in (0, 1):
            watchers.append(await client.open("/"))
        cluster.to = 0
        ada = await client.open("/?who=ada")
        await ada.push("move", {"to": "window"})
        for watcher in watchers:
            await watcher.wait_for("ul", text="ada:window")
        for cluster.to in (1, 0, 1):
            if lost:
                await ada.drop()
            await ada.reconnect()
            await ada.push("move", {"to": "window"})
            for watcher in watchers:
                await watcher.wait_for("ul", text="ada:window")
                assert watcher.find("p").text in ("+ada -", "+ -"), "nobody has left"
        await ada.close()
        for watcher in watchers:
            await watcher.wait_for("p", text="+ -ada")


async def test_a_page_whose_worker_drains_stays(app: PyView) -> None:
    async with LiveClient(app) as client:
        ada, watcher = await client.open("/?who=ada"), await client.open("/")
        app.presence.hand_over_all()
        await ada.close()
        await watcher.settle()
        assert watcher.find("ul").text == "ada:door"


async def test_the_same_application_twice(app: PyView) -> None:
    for _ in range(2):
        async with LiveClient(app) as client:
            page = await client.open("/?who=ada")
            assert list(app.presence.list("room")) == ["ada"]
            assert page.connected
