"""The first requests of an application that is mounted in another one, which does not run its lifespan."""

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount

from pyview import PyView
from pyview.pubsub import MemoryPubSub
from tests.asgi import eventually


class SlowPubSub(MemoryPubSub):
    def __init__(self) -> None:
        super().__init__()
        self.starts = 0
        self.ready = asyncio.Event()

    async def start(self) -> None:
        self.starts += 1
        await self.ready.wait()


async def test_all_of_them_wait_until_the_stores_are_open() -> None:
    pubsub = SlowPubSub()
    app = PyView(pubsub=pubsub)
    app.add_route("/", lambda request: PlainTextResponse("ok"))
    transport = httpx.ASGITransport(Starlette(routes=[Mount("/", app)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        gone, one, two = (asyncio.create_task(client.get("/")) for _ in range(3))
        await eventually(lambda: pubsub.starts)
        gone.cancel()
        await asyncio.wait([gone, one, two], timeout=0.1)
        assert not one.done()
        assert not two.done()
        pubsub.ready.set()
        assert [(await each).text for each in (one, two)] == ["ok", "ok"]
    assert pubsub.starts == 1


async def test_after_a_failure_the_next_request_opens_them() -> None:
    class FailingOnce(MemoryPubSub):
        starts = 0

        async def start(self) -> None:
            self.starts += 1
            if self.starts == 1:
                raise ConnectionError("not yet")

    pubsub = FailingOnce()
    app = PyView(pubsub=pubsub)
    app.add_route("/", lambda request: PlainTextResponse("ok"))
    transport = httpx.ASGITransport(Starlette(routes=[Mount("/", app)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        with pytest.raises(ConnectionError):
            await client.get("/")
        assert [(await client.get("/")).text for _ in range(2)] == ["ok", "ok"]
    assert pubsub.starts == 2
