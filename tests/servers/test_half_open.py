"""A connection that broke without a word, as when a laptop sleeps: each server closes it, and its view ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest

from tests.asgi import poll
from tests.servers.test_servers import COMMANDS, joined, page_at, served

APP = "tests.servers.app:impatient"


class End(asyncio.Protocol):
    """One end of a relayed connection."""

    transport: asyncio.Transport

    def __init__(self, relay: "SilentRelay", other: "End | None" = None) -> None:
        self._relay = relay
        self.other = other

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._relay.ends.append(self)

    def data_received(self, data: bytes) -> None:
        if self.other is not None and not self._relay.frozen:
            self.other.transport.write(data)

    def connection_lost(self, error: Exception | None) -> None:
        self._relay.closed += self._relay.frozen


class Entrance(End):
    """The end at the client: it buffers nothing, because a client waits for the handshake of TCP only."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.pause_reading()
        self._connecting = asyncio.create_task(self._connect())

    async def _connect(self) -> None:
        relay = self._relay
        loop = asyncio.get_running_loop()
        _, self.other = await loop.create_connection(lambda: End(relay, self), "127.0.0.1", relay.port)
        self.transport.resume_reading()


class SilentRelay:
    """A relay to a server. While it is frozen it forwards and closes nothing; `closed` counts what the others close."""

    def __init__(self, server: str) -> None:
        self.host = ""
        self.port = int(server.rpartition(":")[2])
        self.frozen = False
        self.closed = 0
        self.ends: list[End] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator["SilentRelay"]:
        server = await asyncio.get_running_loop().create_server(lambda: Entrance(self), "127.0.0.1", 0)
        self.host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            self.cut()

    def cut(self) -> None:
        for end in self.ends:
            end.transport.abort()


@pytest.mark.slow
async def test_each_server_closes_a_half_open_connection() -> None:
    await asyncio.gather(*(_is_closed(name) for name in COMMANDS))


async def _is_closed(name: str) -> None:
    async with AsyncExitStack() as stack:
        server = stack.enter_context(served(name, APP))
        await page_at(f"http://{server}/count")
        relay = await stack.enter_async_context(SilentRelay(server).running())
        client = await stack.enter_async_context(httpx.AsyncClient())

        async def ended() -> bool:
            state = (await client.get(f"http://{server}/state")).json()
            return bool(state == {"views": 0, "waiting": 0} and relay.closed)

        async with joined(relay.host, ""):
            relay.frozen = True
            # uvicorn waits ten seconds for the close frame of the browser.
            await poll(ended, within=60)
            relay.cut()  # the client would wait for its own close handshake
