"""A page that returns to another worker takes its view along, and no ghost of it stays."""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.rendering.templates import ViewTemplates
from pyview.stores import MemoryStateStore
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, RawSocket
from pyview.transport.reconnect import OwnerKey
from tests.asgi import eventually
from tests.frames import Page, connect, event, load
from tests.workers.broker import Broker
from tests.workers.cluster import Cluster, cluster_of

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
Socket = LiveViewSocket[Any]


class Log:
    """What the views of one test have done; `gate` lets slow handlers finish."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.gate = asyncio.Event()
        self.mounting: asyncio.Event | None = None


class Counting(LiveView[Any]):
    template = LiveTemplate.from_string('<p id="n">{{ n }}</p><button phx-click="inc">+</button>', "n.html")
    log = Log()

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"n": 0}
        if self.log.mounting is not None:
            await self.log.mounting.wait()

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        if event == "slow":
            await self.log.gate.wait()
        socket.context["n"] += 1

    async def disconnect(self, socket: Socket) -> None:
        self.log.calls["disconnect"] += 1


class Plain(Counting): ...


class Kept(Counting, keep=("n",)): ...


class Inner(Kept):
    template = LiveTemplate.from_string('<b>{{ n }}</b><button phx-click="inc">+</button>', "inner.html")


class Around(Kept):
    template = LiveTemplate.from_string(
        '<p id="n">{{ n }}</p><button id="inc" phx-click="inc">+</button>'
        "{{ live_render(Inner, id='nested') }}{{ live_render(Inner, id='sticky', sticky=True) }}",
        "around.html",
    )

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"n": 0, "Inner": Inner}


@pytest.fixture(autouse=True)
def log() -> Log:
    Counting.log = Log()
    return Counting.log


@asynccontextmanager
async def workers(
    count: int = 2, store: MemoryStateStore | None = None, **limits: Any
) -> AsyncIterator[tuple[Cluster, LiveClient]]:
    """Start workers without a common store: only a handover brings a state back."""

    def make(broker: Broker) -> PyView:
        config = SecurityConfig(**{"max_kept_token": 0, **limits})
        app = PyView(secret=SECRET, security=config, pubsub=broker, state_store=store)
        app.add_live_view("/plain", Plain)
        app.add_live_view("/kept", Kept)
        app.add_live_view("/around", Around)
        return app

    async with cluster_of(count, make) as (cluster, client):
        yield cluster, client


async def test_a_page_takes_its_view_to_another_worker(log: Log) -> None:
    async with workers() as (cluster, client):
        page = await client.open("/kept")
        for worker in (1, 0, 1):
            await page.click("button")
            await page.drop()
            before = len(cluster.calls)
            cluster.to = worker
            await page.reconnect()
            # One round trip, and no view stays behind.
            assert len(cluster.calls) == before + 2
            assert cluster.views == [1 - worker, worker]
        assert page.find("#n").text == "3"
        assert log.calls["disconnect"] == 3


async def test_a_page_that_keeps_nothing_leaves_no_ghost(log: Log) -> None:
    async with workers() as (cluster, client):
        page = await client.open("/plain")
        await page.click("button")
        await page.drop()
        cluster.to = 1
        await page.reconnect()
        assert page.find("#n").text == "0"
        await eventually(lambda: cluster.views == [0, 1])
        assert log.calls["disconnect"] == 1


@pytest.mark.parametrize("path", ["/plain", "/kept"])
async def test_first_joins_and_returns_to_the_same_worker_call_no_other(path: str) -> None:
    async with workers() as (cluster, client):
        page = await client.open(path)
        await page.click("button")
        await page.drop()
        await page.reconnect()
        assert page.find("#n").text == "1"
        assert not cluster.calls


async def test_nested_and_sticky_views_come_along() -> None:
    async with workers() as (cluster, client):
        page = await client.open("/around")
        await page.click("#inc")
        for dom_id in ("nested", "sticky"):
            await page.child(dom_id).push("inc")
            await page.child(dom_id).push("inc")
        await page.drop()
        cluster.to = 1
        await page.reconnect()
        assert page.find("#n").text == "1"
        assert [page.child(dom_id).find("b").text for dom_id in ("nested", "sticky")] == ["2", "2"]
        assert cluster.views == [0, 3]


async def test_a_handler_that_is_running_finishes_first(log: Log) -> None:
    async with workers() as (cluster, client):
        page = await client.open("/kept")
        await page.click("button")
        slow = asyncio.ensure_future(page.push("slow"))
        await asyncio.sleep(0.01)
        await page.drop()
        cluster.to = 1
        back = asyncio.ensure_future(page.reconnect())
        await asyncio.sleep(0.05)
        assert not back.done()
        log.gate.set()
        await back
        assert page.find("#n").text == "2"
        await asyncio.wait([slow])
        assert slow.exception() is not None  # the page has lost its connection meanwhile


async def test_a_handler_that_goes_on_leaves_the_state_before_it(log: Log) -> None:
    async with workers(store=MemoryStateStore()) as (cluster, client):
        page = await client.open("/kept")
        await page.click("button")
        await cluster.workers[0].app_context.kept_states.flush()
        slow = asyncio.ensure_future(page.push("slow"))
        await asyncio.sleep(0.01)
        await page.drop()
        cluster.to = 1
        await page.reconnect()
        assert page.find("#n").text == "1"
        log.gate.set()
        await asyncio.wait([slow])
        assert slow.exception() is not None


async def test_the_copy_in_the_store_does_not_come_back() -> None:
    store = MemoryStateStore()
    async with workers(store=store) as (cluster, client):
        page = await client.open("/kept")
        await page.click("button")
        states = [worker.app_context.kept_states for worker in cluster.workers]
        await states[0].flush()
        await page.drop()
        cluster.to = 1
        await page.reconnect()
        await page.close()
        for each in states:
            await each.flush()
        assert len(store) == 0


async def test_without_its_worker_the_store_has_the_state() -> None:
    async with workers(store=MemoryStateStore()) as (cluster, client):
        page = await client.open("/kept")
        await page.click("button")
        await page.drop()
        await cluster.workers[0].app_context.kept_states.flush()
        await cluster.workers[0].app_context.workers.close()
        cluster.to = 1
        await page.reconnect()
        assert page.find("#n").text == "1"


# Raw frames: a connection whose loss no worker has noticed, and joins that come at once


class RawPage:
    """A page with several connections, at any worker."""

    def __init__(self, cluster: Cluster, client: LiveClient, page: Page) -> None:
        self.cluster = cluster
        self.client = client
        self.page = page
        self.worker = ""
        self.joins = 0

    async def join(self, to: int) -> tuple[RawSocket, Any]:
        """Connect and join at worker `to`. Return the connection and the answer."""
        socket = await self.begin(to)
        return socket, await self.answer(socket)

    async def begin(self, to: int) -> RawSocket:
        self.cluster.to = to
        socket = connect(self.client, self.page)
        await socket.connect()
        frame = self.page.join("4")
        frame[4]["params"] |= {
            "_load": "load",
            "_mounts": self.joins,
            "_joins": self.joins,
            "_worker": self.worker,
        }
        await socket.send_frame(frame)
        return socket

    async def answer(self, socket: RawSocket) -> Any:
        frame = await asyncio.wait_for(socket.receive_frame(), 10)
        assert frame[3] == "phx_reply", frame
        assert frame[4]["status"] == "ok", frame
        self.worker = frame[4]["response"]["worker"]
        self.joins += 1
        return frame[4]["response"]["rendered"]["0"]

    async def click(self, socket: RawSocket, name: str = "inc") -> None:
        await socket.send_frame(event(self.page, "9", name))
        await asyncio.wait_for(socket.receive_frame(), 10)


async def raw_page(cluster: Cluster, client: LiveClient, path: str = "/kept") -> RawPage:
    return RawPage(cluster, client, await load(client, path))


@pytest.mark.parametrize("path", ["/plain", "/kept"])
async def test_a_connection_whose_loss_was_not_noticed_loses_its_view(path: str) -> None:
    async with workers() as (cluster, client):
        page = await raw_page(cluster, client, path)
        old, _ = await page.join(0)
        await page.click(old)
        _, text = await page.join(1)
        assert text == ("1" if path == "/kept" else "0")
        # A close, after which the browser does not join again, and not an error.
        assert (await old.receive_frame())[2:4] == [page.page.topic, "phx_close"]
        await eventually(lambda: cluster.views == [0, 1])


async def test_of_two_joins_at_once_exactly_one_continues() -> None:
    async with workers(3) as (cluster, client):
        page = await raw_page(cluster, client)
        old, _ = await page.join(0)
        for _ in range(3):
            await page.click(old)
        await old.drop()
        first, second = await page.begin(1), await page.begin(2)
        frames = [await asyncio.wait_for(each.receive_frame(), 10) for each in (first, second)]
        shown = [frame[4]["response"]["rendered"]["0"] for frame in frames if frame[3] == "phx_reply"]
        assert shown.count("3") >= 1
        await eventually(lambda: cluster.views[0] == 0)
        # The state is that of one view only.
        await page_settles(cluster)


async def page_settles(cluster: Cluster) -> None:
    contexts = [
        process.socket.context["n"]
        for worker in cluster.workers
        for process in worker.app_context.processes
        if not process.ended
    ]
    assert contexts.count(3) == 1, contexts


async def test_a_page_that_goes_on_to_a_third_worker_finds_its_view() -> None:
    async with workers(3) as (cluster, client):
        page = await raw_page(cluster, client)
        old, _ = await page.join(0)
        await page.click(old)
        await old.drop()
        # The second worker has taken the view, but its answer is lost.
        lost = await page.begin(1)
        await eventually(lambda: cluster.views == [0, 1, 0])
        await lost.drop()
        _, text = await page.join(2)
        assert text == "1"
        await eventually(lambda: cluster.views == [0, 0, 1])


async def test_a_state_that_was_not_shown_yet_goes_on_to_a_third_worker(log: Log) -> None:
    async with workers(3) as (cluster, client):
        page = await raw_page(cluster, client)
        old, _ = await page.join(0)
        await page.click(old)
        await old.drop()
        log.mounting = asyncio.Event()
        lost = await page.begin(1)
        await eventually(lambda: cluster.views == [0, 1, 0])
        await lost.drop()
        await eventually(lambda: not cluster.workers[1]._open_connections.monitor)
        back = asyncio.ensure_future(page.join(2))
        await eventually(lambda: cluster.views[2] == 1)
        log.mounting.set()
        _, text = await back
        assert text == "1"
        await eventually(lambda: cluster.views == [0, 0, 1])


async def test_a_state_whose_template_is_being_compiled_goes_on_to_a_third_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compiled, load_now = threading.Event(), ViewTemplates.load

    def load_late(*args: Any) -> None:
        compiled.wait(10)
        load_now(*args)

    async with workers(3) as (cluster, client):
        page = await raw_page(cluster, client)
        old, _ = await page.join(0)
        await page.click(old)
        await old.drop()
        monkeypatch.setattr(ViewTemplates, "load", load_late)
        lost = await page.begin(1)
        await eventually(lambda: cluster.views == [0, 1, 0])
        await lost.drop()
        await eventually(lambda: not cluster.workers[1]._open_connections.monitor)
        back = asyncio.ensure_future(page.join(2))
        await eventually(lambda: cluster.views[2] == 1)
        compiled.set()
        _, text = await back
        assert text == "1"
        await eventually(lambda: cluster.views == [0, 0, 1])


async def test_a_state_whose_view_has_ended_is_in_the_memory_of_its_worker() -> None:
    async with workers(reconnect_grace=0.01) as (cluster, client):
        page = await client.open("/kept")
        await page.click("button")
        await page.drop()
        await eventually(lambda: cluster.views == [0, 0])
        cluster.to = 1
        await page.reconnect()
        assert page.find("#n").text == "1"


async def test_a_page_that_returns_after_a_lost_answer_finds_its_view() -> None:
    async with workers() as (cluster, client):
        page = await raw_page(cluster, client)
        old, _ = await page.join(0)
        await page.click(old)
        await old.drop()
        lost = await page.begin(1)
        await eventually(lambda: cluster.views == [0, 1])
        await lost.drop()
        _, text = await page.join(0)
        assert text == "1"
        await eventually(lambda: cluster.views == [1, 0])


async def test_the_worker_itself_and_another_want_the_view_at_once() -> None:
    async with workers() as (cluster, client):
        page = await raw_page(cluster, client)
        old, _ = await page.join(0)
        for _ in range(3):
            await page.click(old)
        await old.drop()
        sockets = [await page.begin(0), await page.begin(1)]
        for socket in sockets:
            await asyncio.wait_for(socket.receive_frame(), 10)
        await page_settles(cluster)


# Attacks


async def shown_view(cluster: Cluster, client: LiveClient) -> tuple[RawPage, RawSocket, dict[str, Any]]:
    """Return a page at worker 0, and the payload with which worker 1 may ask for its view."""
    page = await raw_page(cluster, client)
    socket, _ = await page.join(0)
    await page.click(socket)
    [process] = cluster.workers[0].app_context.processes
    context = process.mount_context
    owner = OwnerKey(context.identity.binding, context.visit.browser)
    keys = [process.keeper and process.app.signatures.kept.key(process.keeper.page)]
    key = (context.target.page_id, "load", context.target.id)
    return page, socket, {"page": key, "owner": owner, "keys": keys, "mounts": 1, "worker": "x"}


@pytest.mark.parametrize(
    "change",
    [
        {"owner": ("another session", "")},
        {"owner": ("", "another browser")},
        {"page": ("another page", "load", "phx-x")},
        {"mounts": -1},
    ],
)
async def test_only_the_same_page_of_the_same_owner_gets_a_view(change: dict[str, Any]) -> None:
    async with workers() as (cluster, client):
        _, _, request = await shown_view(cluster, client)
        asking, asked = (worker.app_context.workers for worker in reversed(cluster.workers))
        # The keys are digests of the page and its owner.
        payload = json.dumps(list((request | {"keys": []} | change).values())).encode()
        answer = json.loads(await asking.call(asked.id, "view.hand_over", payload))
        assert answer == [None, ""]
        assert cluster.views == [1, 0]
        payload = json.dumps(list(request.values())).encode()
        state, _ = json.loads(await asking.call(asked.id, "view.hand_over", payload))
        assert state
        assert cluster.views == [0, 0]
        # It is handed over once.
        assert json.loads(await asking.call(asked.id, "view.hand_over", payload))[0] is None


@pytest.mark.parametrize("worker", ["x", "x" * 16, "\n" * 16, "ä" * 16, "x" * 10_000, 7, None, ["x"], {}])
async def test_a_worker_that_the_browser_invents_does_no_harm(worker: Any) -> None:
    async with workers() as (cluster, client):
        page = await raw_page(cluster, client)
        socket, _ = await page.join(0)
        await page.click(socket)
        await socket.drop()
        page.worker = worker
        _, text = await page.join(1)
        assert text == "0"
