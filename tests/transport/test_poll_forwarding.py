"""Long polls that reach a worker which does not have their session."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import pytest

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from tests.asgi import eventually, http_scope, settled
from tests.attack.target import AppState, sign_in, target
from tests.frames import event, load
from tests.transport.test_long_poll import Poller, heartbeat, opened
from tests.workers.broker import Broker

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
Socket = LiveViewSocket[dict[str, Any]]


class Counter(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string("<p>{{ n }}</p>", "counter.html")

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"n": 0}

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        socket.context["n"] += 1


def make_app(broker: Broker, secret: str = SECRET, **limits: Any) -> PyView:
    config = SecurityConfig(**{"poll_window": 0.5, **limits})
    app = PyView(secret=secret, security=config, pubsub=broker)
    app.add_live_view("/count", Counter)
    return app


class Worker(NamedTuple):
    """One application of several that stand for the workers of one, and the browser at it."""

    app: PyView
    client: LiveClient

    @property
    def sessions(self) -> int:
        return len(self.app._long_poll)


@asynccontextmanager
async def two_workers(**limits: Any) -> AsyncIterator[tuple[Worker, Worker]]:
    broker = Broker()
    one, two = make_app(broker, **limits), make_app(broker, **limits)
    async with LiveClient(one) as first, LiveClient(two) as second:
        yield Worker(one, first), Worker(two, second)


async def test_a_page_works_over_two_workers() -> None:
    async with two_workers(poll_window=5) as (one, two):
        page = await load(two.client, "/count")
        poller = await opened(one.client, page)
        poller.client = two.client
        assert (await poller.join(page))["status"] == "ok"
        for ref in range(10, 16):
            poller.client = (one if ref % 2 else two).client
            assert await poller.send(event(page, str(ref), "inc")) == 200
            poller.client = (two if ref % 2 else one).client
            [reply] = await poller.receive()
            assert reply[4]["response"] == {"diff": {"0": str(ref - 9)}}
        assert (one.sessions, two.sessions) == (1, 0)
        assert (await two.client.delete(poller.url)).json() == {"status": 200}
        await eventually(lambda: one.sessions == 0)
        assert await poller.get() == {"status": 410}


async def test_a_silent_page_stays_at_any_worker() -> None:
    async with two_workers(poll_window=0.5) as (one, two):
        poller = await opened(one.client, page := await load(one.client, "/count"))
        await poller.join(page)
        for worker in (two, one, two, one, two):  # longer than a session without a request lasts
            poller.client = worker.client
            assert (await poller.get())["status"] == 204
        assert await poller.send(event(page, "5", "inc")) == 200
        assert (await poller.get())["status"] == 200


async def test_a_newer_poll_at_another_worker_takes_over() -> None:
    async with two_workers(poll_window=5) as (one, two):
        page = await load(one.client, "/count")
        poller = await opened(one.client, page)
        await poller.join(page)
        poller.client = two.client
        first = asyncio.create_task(poller.get())
        await asyncio.sleep(0.01)
        poller.client = one.client
        second = asyncio.create_task(poller.get())
        assert (await asyncio.wait_for(first, 4))["status"] == 204
        await poller.send(event(page, "5", "inc"))
        assert (await asyncio.wait_for(second, 4))["status"] == 200


async def test_a_browser_that_gives_up_its_poll_is_lost_at_the_worker_of_its_session() -> None:
    async with two_workers(poll_window=60) as (one, two):
        page = await load(one.client, "/count")
        poller = await opened(one.client, page)
        await poller.join(page)
        path, _, query = poller.url.partition("?")
        messages: Iterator[dict[str, Any]] = iter(
            [{"type": "http.request", "body": b""}, {"type": "http.disconnect"}]
        )

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(0.02)
            return next(messages)

        await two.app(http_scope(path, query_string=query.encode()), receive, ignore)
        await eventually(lambda: one.sessions == 0)
        assert len(one.app._detached_views) == 1


async def ignore(message: Any) -> None:
    pass


async def test_the_limits_of_a_body_are_those_of_its_session() -> None:
    async with two_workers(max_frame_before_join=10_000, poll_window=0.5) as (one, two):
        page = await load(one.client, "/count")
        poller = await opened(one.client, page)
        poller.client = two.client
        assert await poller.post("\n".join(heartbeat(ref, 900) for ref in range(12))) == 410
        await eventually(lambda: one.sessions == 0)
        poller = await opened(one.client, page)
        assert (await poller.join(page))["status"] == "ok"
        poller.client = two.client
        assert await poller.post("\n".join(heartbeat(ref, 900) for ref in range(50))) == 200
        assert await poller.post(b"[" + b" " * (2 * 1024 * 1024)) == 410
        await eventually(lambda: one.sessions == 0)


@pytest.mark.parametrize("body", ["", "[", "not base64 at all!", "\n".join(["[]"] * 101)])
async def test_an_invalid_body_ends_its_session(body: str) -> None:
    async with two_workers() as (one, two):
        page = await load(one.client, "/count")
        poller = await opened(one.client, page)
        poller.client = two.client
        await poller.post(body)
        await eventually(lambda: one.sessions == 0)
        assert (await poller.get())["status"] == 410


async def test_a_slow_body_ends_with_its_session() -> None:
    never = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b'[null,"1","phoenix","heart'
        await never.wait()

    async with two_workers(join_timeout=0.4, poll_window=0.2) as (one, two):
        poller = await opened(one.client, await load(one.client, "/count"))
        pushes = [asyncio.ensure_future(two.client.post(poller.url, content=slow())) for _ in range(2)]
        for pushed in pushes:
            assert (await asyncio.wait_for(pushed, 10)).json() == {"status": 410}


async def test_a_body_is_read_no_faster_than_its_session_reads_frames() -> None:
    read = 0

    async def megabyte() -> AsyncIterator[bytes]:
        nonlocal read
        for part in (b'[null,"1","phoenix","heartbeat","', *[b"x" * 1024] * 1000, b'"]'):
            read += len(part)
            yield part

    async with two_workers(stall_timeout=60.0, poll_window=1.0) as (one, two):
        page = await load(one.client, "/count")
        poller = await opened(one.client, page)
        await poller.join(page)
        poller.client = two.client
        for _ in range(2):  # more answers than wait for a browser that does not ask for them
            await poller.send(*[[None, str(ref), "phoenix", "heartbeat", {}] for ref in range(80)])
        pushes = [asyncio.ensure_future(two.client.post(poller.url, content=megabyte())) for _ in range(6)]
        await settled(lambda: read)
        assert read < 3 * 1024 * 1024
        for push in pushes:
            push.cancel()
        await asyncio.wait(pushes)


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}])
async def test_other_sites_are_refused_at_every_worker(headers: dict[str, str]) -> None:
    async with two_workers() as (one, two):
        poller = await opened(one.client, await load(one.client, "/count"))
        poller.client = two.client
        assert (await poller.get(**headers))["status"] == 403
        assert one.sessions == 1


async def test_a_token_of_no_worker_reaches_no_broker() -> None:
    async with two_workers() as (one, two):
        broker = two.app.pubsub
        assert isinstance(broker, Broker)
        poller = await opened(one.client, await load(one.client, "/count"))
        foreign = make_app(Broker(), "an0ther-s3cret-of-at-least-thirty-two-bytes")
        other = foreign.app_context.signatures.mint_poll_token(one.app.app_context.workers.id)
        passed = len(broker.passed)
        for token in ("x", poller.token[:-2], poller.token + "A", "ä" * 40, "x" * 5000, other):
            thief = Poller(two.client)
            thief.token = token
            assert (await thief.get())["status"] == 410
            assert await thief.send([None, "1", "phoenix", "heartbeat", {}]) == 410
        assert len(broker.passed) == passed


async def test_a_session_of_a_worker_that_has_gone_ends_at_once() -> None:
    async with two_workers(poll_window=600) as (one, two):
        page = await load(one.client, "/count")
        poller = await opened(one.client, page)
        await poller.join(page)
        poller.client = two.client
        await one.app.app_context.workers.close()
        async with asyncio.timeout(30):
            assert (await poller.get())["status"] == 410
            assert await poller.send(event(page, "5", "inc")) == 410
        again = await opened(two.client, page)
        assert (await again.join(page, _mounts=1))["status"] == "ok"


async def test_a_worker_that_stops_does_not_hold_the_polls_of_others() -> None:
    async with two_workers(poll_window=600) as (one, two):
        page = await load(one.client, "/count")
        poller = await opened(one.client, page)
        await poller.join(page)
        poller.client = two.client
        waiting = asyncio.ensure_future(poller.get())
        await settled(lambda: waiting.done())
        with two.app._long_poll.forwarding_stopped():
            assert (await asyncio.wait_for(waiting, 10))["status"] == 204
            assert (await asyncio.wait_for(poller.get(), 10))["status"] == 204
        poller.client = one.client
        await poller.send(event(page, "5", "inc"))
        assert (await poller.get())["status"] == 200


async def test_another_browser_cannot_use_a_token_at_another_worker() -> None:
    broker = Broker()
    state = AppState()
    async with (
        LiveClient(target(state, pubsub=broker)) as alice,
        LiveClient(target(state, pubsub=broker)) as bob,
        LiveClient(target(state, pubsub=broker)) as anonymous,
    ):
        await sign_in(alice, "alice")
        await sign_in(bob, "bob")
        poller = Poller(alice)
        assert await poller.open() == 410
        for thief in (bob, anonymous):
            stolen = Poller(thief)
            stolen.token = poller.token
            assert (await stolen.get())["status"] == 410
            assert await stolen.send([None, "1", "phoenix", "heartbeat", {}]) == 410
            await thief.delete(stolen.url)
        assert await poller.send([None, "1", "phoenix", "heartbeat", {}]) == 200
        assert len(await poller.receive()) == 1
        assert not any("alice" in json.dumps(message) for _, message in broker.passed)
