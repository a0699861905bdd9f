"""Memory, tasks and file descriptors are released however a page ends."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_to

from pyview.testing import LiveClient, RawSocket
from tests.asgi import eventually, poll
from tests.attack.counted_app import CountedApp, blocks, open_files
from tests.attack.server import Server, served
from tests.frames import Page, connect, event, load

FEW = 200
needs_proc = pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="asks Linux about memory and files"
)


class Wire:
    """A socket in memory or to a server in another process."""

    def __init__(self, socket: RawSocket | ClientConnection) -> None:
        self._socket = socket
        self._last = 10
        self.load = token_hex(4)

    async def ask(self, frame: list[Any]) -> dict[str, Any]:
        """Send `frame` and return its reply; skip other frames."""
        await self.send(frame)
        while True:
            text = await (
                self._socket.receive() if isinstance(self._socket, RawSocket) else self._socket.recv()
            )
            _, ref, _, name, payload = json.loads(text)
            if name == "phx_reply" and ref == frame[1]:
                answer: dict[str, Any] = payload
                return answer

    async def send(self, frame: list[Any]) -> None:
        text = json.dumps(frame)
        await (
            self._socket.send_text(text) if isinstance(self._socket, RawSocket) else self._socket.send(text)
        )

    async def join(self, page: Page, **changes: Any) -> str:
        """Join, and return the join's ref."""
        self._last += 1
        ref = str(self._last)
        payload = page.join(ref, **changes)
        payload[4]["params"]["_load"] = self.load
        if "redirect" in changes:
            del payload[4]["url"]
        assert (await self.ask(payload))["status"] == "ok"
        return ref

    async def leave(self, page: Page, join_ref: str) -> None:
        assert (await self.ask([join_ref, f"9{join_ref}", page.topic, "phx_leave", {}]))["status"] == "ok"

    async def close(self) -> None:
        await self._socket.close()

    async def drop(self) -> None:
        """Drop the connection without a close frame."""
        if isinstance(self._socket, RawSocket):
            await self._socket.drop()
        else:
            self._socket.transport.abort()
            await self._socket.wait_closed()


async def leaves_and_joins_again(wire: Wire, page: Page) -> None:
    for _ in range(5):
        await wire.leave(page, await wire.join(page))
    await wire.close()


async def navigates(wire: Wire, page: Page) -> None:
    ref = await wire.join(page)
    for _ in range(2):
        for path in ("/other", "/counted"):
            await wire.leave(page, ref)
            ref = await wire.join(page, redirect=page.url.replace("/counted", path))
    await wire.close()


async def joins_again_without_leaving(wire: Wire, page: Page) -> None:
    for _ in range(5):
        await wire.join(page)
    await wire.close()


async def fails(wire: Wire, page: Page) -> None:
    for number in range(5):
        ref = await wire.join(page)
        await wire.send(event(page, f"{number}000", "fail", join_ref=ref))
    await wire.close()


async def loses_connection(wire: Wire, page: Page) -> None:
    await wire.join(page)
    await wire.drop()


async def loses_connection_and_rejoins(wire: Wire, page: Page) -> None:
    """A page with a constant `_load` gets its view of the last time again, unless the grace period is over."""
    wire.load = "the same one"
    await wire.join(page)
    await wire.drop()


async def loses_connection_during_events(wire: Wire, page: Page) -> None:
    ref = await wire.join(page)
    for number in range(3):
        await wire.send(event(page, f"{number}000", "wait", join_ref=ref))
    await wire.drop()


async def sends_malformed_frames(wire: Wire, page: Page) -> None:
    await wire.join(page)
    await wire.send([{"not": "a frame"}])
    await wire.close()


Life = Callable[[Wire, Page], Awaitable[None]]
LIVES: dict[Life, int] = {
    leaves_and_joins_again: 5,
    navigates: 5,
    joins_again_without_leaving: 5,
    fails: 5,
    loses_connection: 1,
    loses_connection_and_rejoins: 1,
    loses_connection_during_events: 1,
    sends_malformed_frames: 1,
}
"""Each way of a page to join and end, with its number of joins."""


async def live(joins: int, open_wire: Callable[[], Awaitable[Wire]], page: Page) -> None:
    """Run all lives in turn until `joins` joins were made."""
    while joins > 0:
        for life, worth in LIVES.items():
            await life(await open_wire(), page)
            joins -= worth


async def in_memory(app: CountedApp, joins: int) -> None:
    """Run `joins` joins in memory, with a new client for each 500: a client keeps a record of its sockets."""
    for _ in range(0, joins, 500):
        client = LiveClient(app, lifespan=False)
        page = await load(client, "/counted")

        async def open_wire(client: LiveClient = client, page: Page = page) -> Wire:
            return Wire(await connect(client, page).connect())

        await live(min(joins, 500), open_wire, page)
    await eventually(lambda: not busy(app.census()))


def busy(census: dict[str, int]) -> dict[str, int]:
    """Return the counters that are not zero yet. Some are released up to half a second after the end of a view."""
    kinds = ("objects", "processes", "connections", "subscriptions", "places", "watched", "waiting")
    return {name: count for name, count in census.items() if name.startswith(kinds) and count}


async def test_after_two_thousand_joins_everything_is_as_it_was(caplog: pytest.LogCaptureFixture) -> None:
    app = CountedApp(rate=0, max_sockets_per_address=100, reconnect_grace=0.2, first_view_grace=0.2)
    with caplog.at_level(logging.CRITICAL + 1):
        async with app.router.lifespan_context(app):
            await in_memory(app, FEW)
            before, files, memory = app.census(), open_files(), blocks()
            await in_memory(app, 2000)
            await asyncio.sleep(0)
            after = app.census()
            assert after == before
            assert open_files() == files
            assert blocks() - memory < 2000  # less than one for each


@needs_proc
@pytest.mark.soak
async def test_after_ten_thousand_joins_a_server_is_as_it_was() -> None:
    async with served("tests.attack.counted_app:app") as server:
        page = await server.page("/counted")

        async def open_wire() -> Wire:
            return Wire(await connect_to(server.socket_url, origin=server.origin, compression=None))  # type: ignore[arg-type]

        await live(500, open_wire, page)
        before = await settled(server)
        await live(10_000, open_wire, page)
        after = await settled(server)
    grown = after.pop("resident") - before.pop("resident")
    assert after.pop("blocks") - before.pop("blocks") < 10_000  # less than one for each
    assert after == before
    assert grown < 8_000_000, f"{grown / 10_000:.0f} bytes for each join"


async def settled(server: Server) -> dict[str, int]:
    """Return the state of the server once no view, connection or subscription is left."""

    async def idle_state() -> dict[str, int]:
        state: dict[str, int] = (await server.get("/state")).json()
        return {} if busy(state) else state

    return await poll(idle_state, interval=0.1)
