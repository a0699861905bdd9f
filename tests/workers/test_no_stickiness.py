"""Uploads, changes of the session and navigation, each step at another worker than the one before."""

import itertools
import json
from base64 import b64encode
from typing import Any

from starlette.middleware.sessions import SessionMiddleware
from starlette.types import Receive, Scope, Send

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.stores.once import MemoryOnceStore
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from tests.frames import Page, load
from tests.transport.test_long_poll import Poller
from tests.uploads.raw_client import RawClient
from tests.uploads.views import view_with
from tests.workers.broker import Broker
from tests.workers.cluster import Cluster, cluster_of
from tests.workers.test_handover import SECRET

Socket = LiveViewSocket[Any]


class RoundRobin:
    """Sends each request and each socket to the next worker."""

    def __init__(self, cluster: Cluster) -> None:
        self._turns = itertools.cycle(cluster.workers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await next(self._turns)(scope, receive, send)


class PolledSocket:
    """A connection of long polls, as `RawClient` uses a socket."""

    def __init__(self, poller: Poller) -> None:
        self._poller = poller
        self._frames: list[Any] = []

    async def send_frame(self, frame: list[Any]) -> None:
        assert await self._poller.send(frame) == 200

    async def send_chunk(self, join_ref: str, ref: str, topic: str, event: str, data: bytes) -> None:
        head = [part.encode() for part in (join_ref, ref, topic, event)]
        frame = bytes([0, *map(len, head)]) + b"".join(head) + data
        assert await self._poller.post(b64encode(frame)) == 200

    async def receive_frame(self) -> Any:
        while not self._frames:
            self._frames = await self._poller.receive()
        return self._frames.pop(0)


async def polled(client: LiveClient, page: Page) -> RawClient:
    poller = Poller(client, _csrf_token=page.csrf)
    assert await poller.open() == 410
    socket: Any = PolledSocket(poller)
    await socket.send_frame(page.join("4"))
    reply = await socket.receive_frame()
    ref = json.dumps(reply[4]).split('data-phx-upload-ref=\\"')[1].split("\\")[0]
    return RawClient(socket, page, ref, "4")


async def test_a_file_arrives_by_long_polls_at_any_worker() -> None:
    view = view_with()

    def make(broker: Broker) -> PyView:
        app = PyView(secret=SECRET, pubsub=broker, security=SecurityConfig(poll_window=5))
        app.add_live_view("/", view)
        return app

    async with cluster_of(3, make) as (cluster, _), LiveClient(RoundRobin(cluster), lifespan=False) as client:
        raw = await polled(client, await load(client, "/"))
        data = bytes(range(256)) * 500
        token = await raw.token(size=len(data))
        assert (await raw.join_upload(token, "50"))[0] == "ok"
        for start in range(0, len(data), 50_000):
            assert (await raw.chunk(data[start : start + 50_000], "50"))[0] == "ok"
        await raw.progress(100)
        await raw.ask("event", {"type": "form", "event": "save", "value": ""})
        assert view.kept == {"a.txt": data}


class Settings(LiveView[Any]):
    template = LiveTemplate.from_string("<p>{{ language }}</p><i>{{ clicks }}</i>", "settings.html")

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"language": session.get("language"), "clicks": 0}

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        if event == "away":
            await socket.redirect("/other")
            return
        await socket.update_session({"language": event})
        socket.context = {"language": event, "clicks": socket.context["clicks"] + 1}


async def test_the_session_changes_and_pages_follow_at_any_worker() -> None:
    once = MemoryOnceStore()

    def make(broker: Broker) -> PyView:
        app = PyView(secret=SECRET, pubsub=broker, once_store=once)
        app.add_middleware(SessionMiddleware, secret_key=SECRET)
        app.add_live_view("/", Settings)
        app.add_live_view("/other", Settings)
        return app

    async with cluster_of(3, make) as (cluster, _), LiveClient(RoundRobin(cluster), lifespan=False) as client:
        page = await client.open("/")
        for number, language in enumerate(("de", "fr", "it"), start=1):
            await page.push(language)
            assert (page.find("p").text, page.find("i").text) == (language, str(number))
        await page.drop()
        await page.reconnect()
        assert page.find("p").text == "it"
        await page.push("away")
        assert (page.path, page.find("p").text) == ("/other", "it")
