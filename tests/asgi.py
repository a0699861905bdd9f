"""Helpers for tests of ASGI applications: HTTP through httpx, WebSocket handshakes, waiting for conditions."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx
import pytest
from starlette.types import ASGIApp, Message, Scope

T = TypeVar("T")


@asynccontextmanager
async def browser(app: ASGIApp, base_url: str = "http://testserver") -> AsyncIterator[httpx.AsyncClient]:
    """HTTP client that keeps cookies and does not follow redirects."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=base_url) as client:
        yield client


def http_scope(path: str = "/", **changes: Any) -> Scope:
    """Return the scope of a GET request."""
    return {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"testserver")],
        "server": ("testserver", 80),
    } | changes


def socket_scope(headers: Mapping[str, str] | None = None, **changes: Any) -> Scope:
    """Return the scope of a WebSocket handshake, with `headers` besides Host."""
    named = {"host": "testserver"} | dict(headers or {})
    return {
        "type": "websocket",
        "scheme": "ws",
        "path": "/live/websocket",
        "root_path": "",
        "query_string": b"vsn=2.0.0",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in named.items()],
        "subprotocols": [],
        "server": ("testserver", 80),
    } | changes


async def eventually(condition: Callable[[], object], within: float = 10.0) -> None:
    """Wait until `condition` holds. Raises `TimeoutError` after `within` seconds."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110  the condition is any function of a test
            await asyncio.sleep(0.005)


async def poll(ask: Callable[[], Awaitable[T]], within: float = 10.0, interval: float = 0.02) -> T:
    """Call `ask` until its result is true, and return that. Raises `TimeoutError` after `within` seconds."""
    async with asyncio.timeout(within):
        while not (result := await ask()):  # noqa: ASYNC110  the condition is any awaitable
            await asyncio.sleep(interval)
        return result


async def settled(value: Callable[[], object], turns: int = 20) -> None:
    """Wait until `value()` has stayed the same for `turns` turns of the event loop, a millisecond or more each."""
    last, same = value(), 0
    while same < turns:
        await asyncio.sleep(0.001)
        same = same + 1 if value() == last else 0
        last = value()


def shift_time(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Shift `time.time()` by `seconds` for the rest of the test."""
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + seconds)


async def first_response(url: str, within: float = 30.0) -> httpx.Response:
    """Return the first response of a server that is starting."""

    async def ask() -> httpx.Response | None:
        with contextlib.suppress(httpx.TransportError):
            return await client.get(url)
        return None

    async with httpx.AsyncClient() as client:
        response = await poll(ask, within)
        assert response is not None
        return response


async def handshake(app: ASGIApp, cookie: str = "", **changes: Any) -> Scope:
    """Return the scope of a WebSocket after the middlewares of `app`, which stores it under "seen"."""
    scope = socket_scope({"cookie": cookie} if cookie else {}, **changes)

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        assert message["type"] in ("websocket.accept", "websocket.close")

    await app(scope, receive, send)
    return scope
