"""Browsers that send more than their views can handle cost the server bounded memory."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from tests.attack.server import Server, served
from tests.frames import Page, event

MOST_GROWTH = 40_000_000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="asks Linux about memory"),
]


async def memory_of(server: Server) -> int:
    state = (await server.get("/state")).json()
    return int(state["resident"])


async def growth_during(server: Server, work: Coroutine[Any, Any, None]) -> int:
    """Return by how many bytes the server's memory grows at most during `work`.

    `work` may never end: the server stops reading. It is over when 25 measurements in a row find no new maximum.
    Each measurement is an answer of the server, so a server that has no CPU time is not taken for an idle one.
    """
    before = most = await memory_of(server)
    task = asyncio.create_task(work)
    unchanged = 0
    while unchanged < 25:
        await asyncio.sleep(0.05)  # the interval of the measurements
        now = await memory_of(server)
        unchanged = unchanged + 1 if now <= most else 0
        most = max(most, now)
    task.cancel()
    return most - before


async def opened(server: Server, page: Page) -> ClientConnection:
    origin = Origin(server.origin)
    socket = await connect(server.socket_url, origin=origin, compression=None, max_size=None)
    await socket.send(json.dumps(page.join("4")))
    assert '"status":"ok"' in str(await socket.recv())
    return socket


def expanding(topic: str, join_ref: str, size: int) -> str:
    """Return an event of `size` bytes that becomes twenty times as many bytes of Python objects."""
    value = "[" + ",".join(["{}"] * (size // 3)) + "]"
    return f'["{join_ref}","7","{topic}","event",{{"type":"click","event":"go","value":{value}}}]'


async def send_all(socket: ClientConnection, frame: str, count: int) -> None:
    with contextlib.suppress(ConnectionClosed):
        for _ in range(count):
            await socket.send(frame)


@pytest.mark.parametrize(("size", "count"), [(1_000_000, 25), (250_000, 100), (20_000, 1000), (7_000, 2000)])
async def test_events_that_wait_for_a_handler(size: int, count: int) -> None:
    async with served("tests.attack.waiting_app:app") as server:
        page = await server.page("/")
        socket = await opened(server, page)
        await socket.send(json.dumps(event(page, "5", "wait")))
        growth = await growth_during(server, send_all(socket, expanding(page.topic, "4", size), count))
        socket.transport.abort()
    assert growth < MOST_GROWTH, f"{growth / 1e6:.1f} MB"


async def test_events_that_many_views_of_one_socket_are_busy_with() -> None:
    async with served("tests.attack.waiting_app:app") as server:
        pages = [await server.page("/") for _ in range(24)]
        socket = await opened(server, pages[0])
        for page in pages[1:]:
            await socket.send(json.dumps(page.join("4")))
            assert '"status":"ok"' in str(await socket.recv())

        async def flood() -> None:
            for page in pages:
                await send_all(socket, expanding(page.topic, "4", 240_000).replace('"go"', '"wait"'), 1)

        growth = await growth_during(server, flood())
        socket.transport.abort()
    assert growth < MOST_GROWTH, f"{growth / 1e6:.1f} MB"


async def unjoined(server: Server, *, compressed: bool) -> ClientConnection:
    """Open a socket without a join."""
    compression = "deflate" if compressed else None
    return await connect(
        server.socket_url, origin=Origin(server.origin), compression=compression, max_size=None
    )


@pytest.mark.parametrize("compressed", [False, True])
async def test_messages_that_do_not_end(*, compressed: bool) -> None:
    """The ASGI server buffers unfinished messages; PyView never gets them."""
    async with served("tests.attack.waiting_app:app") as server:
        sockets = [await unjoined(server, compressed=compressed) for _ in range(5)]

        async def endless() -> AsyncIterator[str]:
            for _ in range(150):
                yield "x" * 100_000
            await asyncio.Event().wait()

        async def flood() -> None:
            await asyncio.gather(*(socket.send(endless()) for socket in sockets), return_exceptions=True)

        growth = await growth_during(server, flood())
        answers = [socket.response for socket in sockets]
        assert not any(answer and "sec-websocket-extensions" in answer.headers for answer in answers)
        for socket in sockets:
            socket.transport.abort()
    assert growth < MOST_GROWTH, f"{growth / 1e6:.1f} MB"
