"""A server in its own process, for tests that need to see it from outside."""

import asyncio
import contextlib
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from pyview.uvicorn_ws import websocket_protocol
from tests.asgi import first_response
from tests.frames import Page, page_in
from tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass
class Server:
    """A running server and a client for it."""

    http: httpx.AsyncClient
    port: int

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/live/websocket?vsn=2.0.0"

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.http.get(self.origin + path, **options)

    async def page(self, path: str) -> Page:
        return page_in(await self.get(path))


@contextlib.asynccontextmanager
async def served(app: str, ws: str | None = None) -> AsyncIterator[Server]:
    """Serve `app`, such as `package.module:app`, on uvicorn. Its log is dropped: tests make it fail on purpose.

    `ws` is uvicorn's WebSocket protocol, by default the one that PyView's own commands use.
    """
    port = free_port()
    command = [
        "uvicorn",
        app,
        "--port",
        str(port),
        "--ws",
        ws or websocket_protocol(),
        "--ws-max-size",
        "1048576",
        "--ws-per-message-deflate",
        "false",
        "--log-level",
        "critical",
    ]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *command, cwd=ROOT, stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        async with httpx.AsyncClient(timeout=60) as http:
            server = Server(http, port)
            await first_response(server.origin)
            yield server
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
