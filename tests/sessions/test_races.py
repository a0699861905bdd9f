"""Concurrent requests of one browser, at several workers, with every kind of session store."""

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pyview.auth import login, logout
from pyview.sessions import SessionStore
from pyview.stores.sessions_redis import RedisSessionStore
from pyview.testing import LiveClient
from tests.sessions.test_middleware import app_with
from tests.stores.fixtures import own_valkey
from tests.stores.sessions.conftest import make, valkey
from tests.stores.valkey import ValkeyProcess

__all__ = ["make", "own_valkey", "valkey"]

ROUNDS = 50
AT_ONCE = 6


class Workers:
    """Two workers with the same store. Their requests wait for each other between loading and saving."""

    def __init__(self, make: Callable[[], SessionStore]) -> None:
        self.barrier = asyncio.Barrier(AT_ONCE)
        self.apps = [app_with(make()) for _ in range(2)]
        for app in self.apps:
            app.routes.append(Route("/together/{word}", self.together, methods=["POST"]))
            app.routes.append(Route("/visits", self.count, methods=["POST"]))
            app.routes.append(Route("/sign-in", self.sign_in, methods=["POST"]))
            app.routes.append(Route("/sign-out", self.sign_out, methods=["POST"]))

    async def together(self, request: Request) -> Response:
        await self.barrier.wait()
        request.session[request.path_params["word"]] = True
        return PlainTextResponse("written")

    async def count(self, request: Request) -> Response:
        await self.barrier.wait()
        request.session["visits"] = request.session.get("visits", 0) + 1
        return PlainTextResponse("counted")

    async def sign_in(self, request: Request) -> Response:
        await self.barrier.wait()
        login(request, "ada")
        return PlainTextResponse("hello")

    async def sign_out(self, request: Request) -> Response:
        await self.barrier.wait()
        logout(request)
        return PlainTextResponse("bye")


async def statuses(clients: list[LiveClient], paths: list[str]) -> list[int]:
    requests: list[Any] = [clients[number % 2].post(path) for number, path in enumerate(paths)]
    return [response.status_code for response in await asyncio.gather(*requests)]


@pytest.mark.parametrize("path", ["/together/w{}", "/visits"])
async def test_every_request_is_answered(make: Callable[[], SessionStore], path: str) -> None:
    workers = Workers(make)
    async with LiveClient(workers.apps[0]) as one, LiveClient(workers.apps[1]) as two:
        for number in range(ROUNDS):
            one.cookies.clear()
            await one.post("/write/first")
            two.cookies.clear()
            two.cookies.update(one.cookies)
            paths = [path.format(each) for each in range(AT_ONCE)]
            assert await statuses([one, two], paths) == [200] * AT_ONCE, f"round {number}"
            if "{" in path:
                kept = (await two.get("/read")).json().keys()
                assert kept == {"first", *(f"w{each}" for each in range(AT_ONCE))}, f"round {number}"


@pytest.mark.parametrize("beside", ["/sign-in", "/sign-out"])
async def test_a_concurrent_sign_in_or_sign_out_fails_no_request(
    make: Callable[[], SessionStore], beside: str
) -> None:
    workers = Workers(make)
    async with LiveClient(workers.apps[0]) as one, LiveClient(workers.apps[1]) as two:
        for number in range(10):
            one.cookies.clear()
            await one.post("/login/grace")
            held = one.cookies["session"]
            two.cookies.clear()
            two.cookies.set("session", held)
            paths = [f"/together/w{each}" for each in range(AT_ONCE - 1)]
            assert await statuses([one, two], [*paths, beside]) == [200] * AT_ONCE, f"round {number}"
            async with LiveClient(workers.apps[0], cookies={"session": held}, lifespan=False) as thief:
                assert (await thief.get("/read")).json() == {}, f"round {number}"


async def test_requests_do_not_queue_for_an_unavailable_store(
    own_valkey: ValkeyProcess,
) -> None:
    loaded = asyncio.Barrier(31)

    async def write(request: Request) -> Response:
        await loaded.wait()
        await frozen.wait()
        request.session["word"] = True
        return PlainTextResponse("written")

    frozen = asyncio.Event()
    app = app_with(RedisSessionStore(own_valkey.url, timeout=0.5))
    app.routes.append(Route("/slow", write, methods=["POST"]))
    async with LiveClient(app, raise_server_exceptions=False) as client:
        await client.post("/write/first")
        requests = asyncio.gather(*(client.post("/slow") for _ in range(30)))
        await loaded.wait()
        own_valkey.freeze()
        began = monotonic()
        frozen.set()
        try:
            assert {response.status_code for response in await requests} == {503}
        finally:
            own_valkey.thaw()
        assert monotonic() - began < 8, "one after the other they would take fifteen seconds"
