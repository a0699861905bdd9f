"""Applications that start before their Redis server: everything that goes through it works once it is there."""

from typing import Any

import pytest

from pyview import LiveView, LiveViewSocket, PyView
from pyview.events import InfoEvent, event, info
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from tests.stores.fixtures import own_valkey
from tests.stores.valkey import ValkeyProcess

__all__ = ["own_valkey"]

Context = dict[str, Any]


class Room(LiveView[Context]):
    template = LiveTemplate.from_string(
        "<ul>{{ users | join(',') }}</ul><p>{{ texts | join(',') }}</p><button phx-click='call'>call</button>"
    )

    async def mount(self, socket: LiveViewSocket[Context], who: str) -> None:
        await socket.subscribe("room")
        await socket.presence.subscribe("room")
        await socket.presence.track("room", who)
        socket.context = {"who": who, "users": [who], "texts": []}

    @info("presence_diff")
    async def came(self, socket: LiveViewSocket[Context]) -> None:
        socket.context["users"] = sorted(socket.presence.list("room"))

    @event
    async def call(self, socket: LiveViewSocket[Context]) -> None:
        await socket.broadcast("room", f"from {socket.context['who']}", keep=30)

    @info("room")
    async def called(self, event: InfoEvent, socket: LiveViewSocket[Context]) -> None:
        socket.context["texts"].append(event.payload)


def application() -> PyView:
    app = PyView()
    app.add_live_view("/{who}", Room)
    return app


async def test_two_workers_that_start_before_their_server_are_connected_by_it(
    own_valkey: ValkeyProcess, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PYVIEW_REDIS_URL", own_valkey.url)
    own_valkey.kill()
    one, two = application(), application()
    async with LiveClient(one) as first, LiveClient(two) as second:
        ada, bob = await first.open("/ada"), await second.open("/bob")
        await ada.click("button")
        assert ada.find("p").text == "from ada"
        own_valkey.start()
        # Presence is complete, and the broadcast from before arrives, without any action of a user.
        for page in (ada, bob):
            await page.wait_for("ul", 20, text="ada,bob")
            await page.wait_for("p", 20, text="from ada")
        await bob.click("button")
        for page in (ada, bob):
            await page.wait_for("p", 20, text="from ada,from bob")
        for app in (one, two):
            await app.revocations.revoke("sid:somebody", 4e9)
            assert await app.once_store.claim(f"of {id(app)}", 4e9)
            assert await app.revocations.revoked({"sid:somebody": 0.0})
    lines = [line.getMessage() for line in caplog.records if " is gone" in line.getMessage()]
    assert len(lines) == 2, "one outage for each worker"
