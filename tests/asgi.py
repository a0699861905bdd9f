"""Drives ASGI apps in tests: HTTP through httpx, a socket's handshake by hand."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
from starlette.types import ASGIApp, Message, Scope


@asynccontextmanager
async def browser(app: ASGIApp, base_url: str = "http://testserver") -> AsyncIterator[httpx.AsyncClient]:
    """A browser that keeps its cookies and follows no redirects."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=base_url) as client:
        yield client


def http_scope(path: str = "/", **changes: Any) -> Scope:
    """The scope of a GET request."""
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
    """The scope of a WebSocket handshake; `headers` besides Host."""
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
        while not condition():  # noqa: ASYNC110  the condition is whatever a test can see
            await asyncio.sleep(0.005)


async def handshake(app: ASGIApp, cookie: str = "", **changes: Any) -> Scope:
    """What the middlewares of `app` make of a socket's scope, which `app` keeps under "seen"."""
    scope = socket_scope({"cookie": cookie} if cookie else {}, **changes)

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        assert message["type"] in ("websocket.accept", "websocket.close")

    await app(scope, receive, send)
    return scope
