"""Connect params, connect info and `static_changed`, which a view can read while it is mounted."""

from typing import Any

import pytest

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig, is_connected, static_changed
from pyview.socket.connect import NotConnecting
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from tests.frames import connect, join, load

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
Socket = LiveViewSocket[dict[str, Any]]


class Harness:
    """Application that records the result of `read` in its view: on the first request, then at the join."""

    def __init__(self, read: Any, **limits: Any) -> None:
        self.seen: list[Any] = []
        self.late: list[Exception] = []
        seen, late = self.seen, self.late

        class View(LiveView[dict[str, Any]]):
            template = LiveTemplate.from_string("<p>here</p>", "here.html")

            async def mount(self, socket: Socket, session: Any) -> None:
                seen.append(read(socket))

            async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
                try:
                    read(socket)
                except NotConnecting as error:
                    late.append(error)

        self.app = PyView(secret=SECRET, security=SecurityConfig(**limits))
        self.app.add_live_view("/", View)


async def test_connect_params() -> None:
    harness = Harness(lambda socket: dict(socket.connect_params))
    async with LiveClient(harness.app, connect_params={"locale": "de", "zone": "Europe/Berlin"}) as client:
        page = await client.open("/")
        first, joined = harness.seen
        assert first == {}
        assert (joined["locale"], joined["zone"], joined["_mounts"]) == ("de", "Europe/Berlin", 0)
        assert not {"_csrf_token", "_load", "_received"} & joined.keys()
        await page.push("read", {})
        assert "socket.connect_params exists only while" in str(harness.late[0])


@pytest.mark.parametrize(
    "params", ["text", 7, None, [], {"_track_static": "no"}, {"_track_static": [7, "x" * 9999]}]
)
async def test_invalid_connect_params(params: Any) -> None:
    harness = Harness(lambda socket: (dict(socket.connect_params), static_changed(socket)))
    async with LiveClient(harness.app) as client:
        page = await load(client, "/")
        async with connect(client, page) as socket:
            status, _ = await join(socket, page, params=params)
        assert status == "ok"
        assert harness.seen[1][1] is False


async def test_connect_info() -> None:
    harness = Harness(lambda socket: socket.connect_info, connect_headers=["X-Region", "x-other"])
    headers = {"user-agent": "a browser", "x-region": "north", "x-secret": "hidden"}
    async with LiveClient(harness.app, headers=headers) as client:
        await client.open("/?a=1")
    for info in harness.seen:
        assert info.peer is None or info.peer[0] == "127.0.0.1"
        assert info.user_agent == "a browser"
        assert dict(info.headers) == {"x-region": "north"}
    assert harness.seen[0].uri == "http://testserver/?a=1"
    assert harness.seen[1].uri.startswith("ws://testserver/live/websocket?")


async def test_a_page_from_before_a_deploy() -> None:
    harness = Harness(lambda socket: is_connected(socket) and static_changed(socket))
    async with LiveClient(harness.app) as client:
        await client.open("/")
        assert harness.seen == [False, False]
        page = await load(client, "/")
        for tracked, changed in [
            (["http://testserver/live/assets/pyview-OLD.js"], True),
            (["http://testserver/static/theirs.css"], False),
            (None, False),
        ]:
            params = {"_csrf_token": page.csrf, "_mounts": 0, "_track_static": tracked}
            async with connect(client, page) as socket:
                await join(socket, page, params=params)
            assert harness.seen[-1] is changed


async def test_static_changed_with_given_files() -> None:
    current = "/static/app-2.css"
    harness = Harness(lambda socket: static_changed(socket, current))
    async with LiveClient(harness.app) as client:
        page = await load(client, "/")
        for tracked, changed in [("app-1", True), ("app-2", False)]:
            params = {"_csrf_token": page.csrf, "_track_static": [f"http://testserver/static/{tracked}.css"]}
            async with connect(client, page) as socket:
                await join(socket, page, params=params)
            assert harness.seen[-1] is changed
