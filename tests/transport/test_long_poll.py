"""Long poll: the fallback of the client, with the checks and limits of a WebSocket."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import pytest

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig, is_connected
from pyview.events import InfoEvent
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from tests.asgi import eventually, settled
from tests.attack.target import STALE, AppState, page_of, sign_in, sign_out, target
from tests.frames import Page, event, load

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
Socket = LiveViewSocket[dict[str, Any]]
ended: list[int] = []


class Counter(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string("<p>{{ n }}</p>", "counter.html")

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"n": 0}
        if is_connected(socket):
            await socket.subscribe("count")

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        socket.context["n"] += 1

    async def handle_info(self, event: InfoEvent, socket: Socket) -> None:
        socket.context["n"] += 10

    async def disconnect(self, socket: Socket) -> None:
        ended.append(socket.context["n"])


def make_app(**limits: Any) -> PyView:
    ended.clear()
    app = PyView(secret=SECRET, security=SecurityConfig(**{"poll_window": 0.5, **limits}))
    app.add_live_view("/count", Counter)
    return app


class Poller:
    """Client that sends the same requests as `longpoll.js`."""

    def __init__(self, client: LiveClient, **params: str) -> None:
        self.client = client
        self.params = {"vsn": "2.0.0", **params}
        self.token = ""

    @property
    def url(self) -> str:
        return f"/live/longpoll?{urlencode({**self.params, 'token': self.token})}"

    async def open(self) -> int:
        answer = await self.get()
        self.token = answer.get("token", "")
        return int(answer["status"])

    async def get(self, **headers: str) -> Any:
        response = await self.client.get(self.url, headers=headers)
        assert response.status_code == 200
        assert response.headers["cache-control"] == "no-store"
        return response.json()

    async def post(self, body: str | bytes, **headers: str) -> int:
        response = await self.client.post(
            self.url, content=body, headers={"content-type": "application/x-ndjson", **headers}
        )
        assert response.status_code == 200
        return int(response.json()["status"])

    async def send(self, *frames: list[Any]) -> int:
        return await self.post("\n".join(json.dumps(frame) for frame in frames))

    async def receive(self) -> list[Any]:
        answer = await self.get()
        assert answer["status"] == 200, answer
        return [json.loads(message) for message in answer["messages"]]

    async def join(self, page: Page, **params: Any) -> Any:
        frame = page.join("4")
        frame[4]["params"] |= params
        assert await self.send(frame) == 200
        [reply] = await self.receive()
        return reply[4]


async def opened(client: LiveClient, page: Page) -> Poller:
    poller = Poller(client, _csrf_token=page.csrf)
    assert await poller.open() == 410
    return poller


async def test_a_page_works_over_polls() -> None:
    app = make_app(poll_window=2)
    async with LiveClient(app) as client:
        page = await load(client, "/count")
        poller = await opened(client, page)
        reply = await poller.join(page)
        assert (reply["status"], reply["response"]["rendered"]["0"]) == ("ok", "0")
        assert await poller.send(event(page, "5", "inc"), event(page, "6", "inc")) == 200
        assert [frame[4]["response"] for frame in await poller.receive()] == [
            {"diff": {"0": "1"}},
            {"diff": {"0": "2"}},
        ]
        waiting = asyncio.create_task(poller.receive())
        await asyncio.sleep(0.02)
        await app.pubsub.broadcast("count", None)
        assert (await asyncio.wait_for(waiting, 1.8))[0][3:] == ["diff", {"0": "12"}]
        assert await poller.get() == {"status": 204, "token": poller.token, "messages": []}


async def test_a_browser_that_stops_polling_is_disconnected() -> None:
    app = make_app(idle_timeout=1.0, poll_window=0.5)
    async with LiveClient(app) as client:
        page = await load(client, "/count")
        poller = await opened(client, page)
        await poller.join(page)
        for _ in range(4):
            assert (await poller.get())["status"] == 204
        assert app.app_context.processes
        await eventually(lambda: len(app._long_poll) == 0)
        assert len(app._detached_views) == 1
        assert (await poller.get())["status"] == 410
        again = await opened(client, page)
        reply = await again.join(page, _mounts=1)
        assert reply["response"]["rendered"]["0"] == "0"
        assert len(app._detached_views) == 0
        assert ended == []


async def test_a_goodbye_ends_the_session() -> None:
    app = make_app(poll_window=5)
    async with LiveClient(app) as client:
        page = await load(client, "/count")
        poller = await opened(client, page)
        await poller.join(page)
        assert (await client.delete(poller.url)).json() == {"status": 200}
        await eventually(lambda: ended == [0])
        await eventually(lambda: len(app._long_poll) == 0)
        assert (await poller.get())["status"] == 410
        assert await poller.send(event(page, "5", "inc")) == 410


async def test_a_newer_poll_takes_over() -> None:
    async with LiveClient(make_app(poll_window=5)) as client:
        page = await load(client, "/count")
        poller = await opened(client, page)
        await poller.join(page)
        first = asyncio.create_task(poller.get())
        await asyncio.sleep(0.01)
        second = asyncio.create_task(poller.get())
        assert (await asyncio.wait_for(first, 4))["status"] == 204
        await poller.send(event(page, "5", "inc"))
        assert (await asyncio.wait_for(second, 4))["status"] == 200
        await client.delete(poller.url)


async def test_another_worker_answers_that_the_session_is_gone() -> None:
    async with LiveClient(make_app()) as one, LiveClient(make_app()) as two:
        page = await load(one, "/count")
        poller = await opened(one, page)
        poller.client = two
        assert await poller.get() == {"status": 410}
        assert await poller.send(event(page, "5", "inc")) == 410


@pytest.mark.parametrize("params", [{"vsn": "1.0.0"}, {"vsn": ""}])
async def test_another_protocol_version_is_refused(params: dict[str, str]) -> None:
    app = make_app()
    async with LiveClient(app) as client:
        poller = Poller(client, **params)
        assert await poller.open() == 403
        await eventually(lambda: len(app._long_poll) == 0)


@pytest.mark.parametrize(
    "headers",
    [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://evil.example"}],
)
async def test_other_sites_are_refused(headers: dict[str, str]) -> None:
    app = make_app()
    async with LiveClient(app) as client:
        page = await load(client, "/count")
        poller = Poller(client)
        assert (await poller.get(**headers))["status"] == 403
        poller = await opened(client, page)
        assert (await poller.get(**headers))["status"] == 403


async def test_an_origin_can_be_required() -> None:
    async with LiveClient(make_app(require_origin=True)) as client:
        assert (await Poller(client).get())["status"] == 403
        assert (await Poller(client).get(**{"sec-fetch-site": "same-origin"}))["status"] == 410


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[",
        "not base64 at all!",
        "[1]",
        "\n".join(["[]"] * 101),
        "{}",
        b64encode(b"binary").decode(),
        "[" * 9000,
    ],
)
async def test_an_invalid_body_ends_its_session_only(body: str) -> None:
    app = make_app(poll_window=5)
    async with LiveClient(app) as client:
        page = await load(client, "/count")
        other = await opened(client, page)
        poller = await opened(client, page)
        await poller.post(body)
        await eventually(lambda: len(app._long_poll) == 1)
        assert (await poller.get())["status"] == 410
        assert (await other.join(page))["status"] == "ok"


async def test_the_size_of_bodies_and_frames_is_limited() -> None:
    app = make_app()
    async with LiveClient(app) as client:
        page = await load(client, "/count")
        poller = await opened(client, page)
        await poller.join(page)
        assert await poller.post(b"[" + b" " * (8 * 1024 * 1024 + 1)) == 410
        poller = await opened(client, page)
        await poller.join(page)
        assert await poller.post(b"[" + b" " * (2 * 1024 * 1024)) == 410
        poller = await opened(client, page)
        await poller.join(page)
        assert await poller.post(json.dumps(["x" * 300_000])) == 200
        await eventually(lambda: len(app._long_poll) == 0)
        assert (await poller.get())["status"] == 410


def heartbeat(ref: int, size: int) -> str:
    return json.dumps([None, str(ref), "phoenix", "heartbeat", {"x": "x" * size}])


async def test_before_a_join_the_limit_of_a_body_is_that_of_a_frame() -> None:
    app = make_app(max_frame_before_join=10_000, poll_window=5)
    async with LiveClient(app) as client:
        page = await load(client, "/count")
        poller = await opened(client, page)
        fits = "\n".join(heartbeat(ref, 900) for ref in range(9))
        assert await poller.post(fits) == 200
        assert len(await poller.receive()) == 9
        # No single one is too long.
        assert await poller.post("\n".join(heartbeat(ref, 900) for ref in range(12))) == 410
        await eventually(lambda: len(app._long_poll) == 0)
        poller = await opened(client, page)
        assert (await poller.join(page))["status"] == "ok"
        assert await poller.post("\n".join(heartbeat(ref, 900) for ref in range(50))) == 200


async def test_the_rest_of_a_body_that_is_too_large_is_not_read() -> None:
    app = make_app(max_frame_before_join=10_000)
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1000
            yield b"x" * 1000
            await asyncio.sleep(0)

    async with LiveClient(app) as client:
        poller = await opened(client, await load(client, "/count"))
        response = await asyncio.wait_for(client.post(poller.url, content=endless()), 10)
        assert response.json() == {"status": 410}
        assert read < 13_000
        poller = await opened(client, await load(client, "/count"))
        declared = {"content-length": "10001"}
        read = 0
        response = await client.post(poller.url, content=endless(), headers=declared)
        assert (response.json(), read) == ({"status": 410}, 0)


@pytest.mark.parametrize("polls", [False, True])
async def test_a_slow_body_ends_with_its_session(*, polls: bool) -> None:
    app = make_app(join_timeout=0.4, poll_window=0.2)
    never = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b'[null,"1","phoenix","heart'
        await never.wait()

    async with LiveClient(app) as client:
        poller = await opened(client, await load(client, "/count"))
        first = asyncio.ensure_future(client.post(poller.url, content=slow()))
        second = asyncio.ensure_future(client.post(poller.url, content=slow()))
        while polls and (await poller.get())["status"] != 410:
            pass
        for pushed in (first, second):
            assert (await asyncio.wait_for(pushed, 10)).json() == {"status": 410}
        await eventually(lambda: len(app._long_poll) == 0)


async def test_frames_are_handled_before_the_end_of_their_body() -> None:
    app = make_app(poll_window=5)
    more = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        first, second = heartbeat(1, 10), heartbeat(2, 10)
        yield f"{first}\n{second[:20]}".encode()
        await more.wait()
        yield second[20:].encode()

    async with LiveClient(app) as client:
        poller = await opened(client, await load(client, "/count"))
        pushed = asyncio.ensure_future(client.post(poller.url, content=slow()))
        assert [frame[1] for frame in await poller.receive()] == ["1"]
        more.set()
        assert (await pushed).json() == {"status": 200}
        assert [frame[1] for frame in await poller.receive()] == ["2"]


async def test_a_head_request_is_answered_at_once() -> None:
    async with LiveClient(make_app()) as client:
        poller = await opened(client, await load(client, "/count"))
        assert (await client.request("HEAD", poller.url)).status_code == 200
        assert await poller.send([None, "1", "phoenix", "heartbeat", {}]) == 200


async def test_a_body_is_read_no_faster_than_the_connection_reads_frames() -> None:
    app = make_app(stall_timeout=60.0, poll_window=1.0)
    read = 0

    async def megabyte() -> AsyncIterator[bytes]:
        nonlocal read
        for part in (b'[null,"1","phoenix","heartbeat","', *[b"x" * 1024] * 1000, b'"]'):
            read += len(part)
            yield part

    async with LiveClient(app) as client:
        page = await load(client, "/count")
        poller = await opened(client, page)
        await poller.join(page)
        for _ in range(2):  # more answers than wait for a browser that does not ask for them
            await poller.send(*[[None, str(ref), "phoenix", "heartbeat", {}] for ref in range(80)])
        pushes = [asyncio.ensure_future(client.post(poller.url, content=megabyte())) for _ in range(6)]
        await settled(lambda: read)
        assert read < 3 * 1024 * 1024
        for push in pushes:  # they would wait for the browser to poll
            push.cancel()
        await asyncio.wait(pushes)


async def test_sessions_count_as_sockets() -> None:
    app = make_app(max_sockets_per_address=2)
    async with LiveClient(app) as client:
        pollers = [Poller(client) for _ in range(3)]
        assert [await poller.open() for poller in pollers] == [410, 410, 403]
        await client.delete(pollers[0].url)
        await eventually(lambda: len(app._long_poll) == 1)
        assert await Poller(client).open() == 410


async def test_too_many_frames_are_refused_and_a_long_flood_ends_the_session() -> None:
    app = make_app(rate=1, burst=20, flood_timeout=0.1)
    async with LiveClient(app) as client:
        page = await load(client, "/count")
        poller = await opened(client, page)
        await poller.join(page)
        await poller.send(*[event(page, str(ref), "inc") for ref in range(10, 60)])
        replies = await poller.receive()
        assert replies[-1][4] == {"status": "error", "response": {"reason": "rate_limited"}}


async def test_a_browser_that_does_not_poll_delays_no_view() -> None:
    app = make_app(stall_timeout=0.1, poll_window=5)
    async with LiveClient(app) as client:
        page = await load(client, "/count")
        poller = await opened(client, page)
        await poller.join(page)
        for _ in range(200):
            await app.pubsub.broadcast("count", None)
            await asyncio.sleep(0)
        await eventually(lambda: len(app._open_connections.monitor) == 0)
        assert len(app._detached_views) == 1


async def test_at_shutdown_a_poll_is_answered_that_the_session_is_gone() -> None:
    app = make_app()
    async with LiveClient(app) as client:
        page = await load(client, "/count")
        poller = await opened(client, page)
        await poller.join(page)
    assert ended == [0]


class TestOwner:
    async def test_another_browser_cannot_use_a_token(self) -> None:
        app = target(AppState())
        async with LiveClient(app) as alice, LiveClient(app) as bob, LiveClient(app) as anonymous:
            await sign_in(alice, "alice")
            await sign_in(bob, "bob")
            poller = Poller(alice)
            assert await poller.open() == 410
            for thief in (bob, anonymous):
                stolen = Poller(thief)
                stolen.token = poller.token
                assert (await stolen.get())["status"] == 410
                assert await stolen.send([None, "1", "phoenix", "heartbeat", {}]) == 410
                assert (await thief.delete(stolen.url)).json() == {"status": 410}
            assert await poller.send([None, "1", "phoenix", "heartbeat", {}]) == 200
            assert len(await poller.receive()) == 1

    async def test_signing_out_ends_the_view(self) -> None:
        state = AppState()
        app = target(state, SecurityConfig(poll_window=0.2))
        async with LiveClient(app) as client:
            await sign_in(client, "alice")
            page = await page_of(client, "/dashboard")
            poller = Poller(client)
            await poller.open()
            await poller.send(["4", "4", page.topic, "phx_join", page.join()])
            assert (await poller.receive())[0][4]["status"] == "ok"
            await sign_out(client)
            await eventually(lambda: not app.app_context.processes)
            assert (await poller.get())["status"] == 410

    async def test_another_session_cannot_join_the_page(self) -> None:
        app = target(AppState())
        async with LiveClient(app) as alice, LiveClient(app) as bob:
            await sign_in(alice, "alice")
            await sign_in(bob, "bob")
            page = await page_of(alice, "/dashboard")
            poller = Poller(bob)
            await poller.open()
            await poller.send(["4", "4", page.topic, "phx_join", page.join()])
            [reply] = await poller.receive()
            assert (reply[4]["status"], reply[4]["response"]) == STALE
