"""A long run: events at a low rate on open connections, and joins that end in all ways, at one server.

`python -m tests.uvicorn_ws.soak --seconds 3600` prints a line per minute, and fails if anything of the server has
grown: objects of the application, tasks, file descriptors, or memory.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from websockets.asyncio.client import connect

from pyview.uvicorn_ws import websocket_protocol
from tests.attack.server import Server, served
from tests.attack.test_leaks import LIVES, Wire, settled
from tests.frames import Page, event

MOST_GROWTH = 8_000_000
"""Bytes of resident memory."""
MOST_BLOCKS = 3000
"""Blocks of memory of Python."""
_MINUTE = 60.0


@dataclass(frozen=True)
class Load:
    """What is done, and for how long."""

    seconds: float
    connections: int = 100
    rate: float = 500
    """Events per second of all connections together."""
    joins: int = 10_000
    """Joins of further connections in the whole time."""


class Counted:
    """What was done so far."""

    def __init__(self) -> None:
        self.events = 0
        self.joins = 0


async def soak(load: Load, ws: str, report: Callable[[str], object] = print) -> list[str]:
    """Return what has grown, as lines of text. `report` gets a line per minute."""
    async with served("tests.attack.counted_app:app", ws) as server:
        # The caches fill, and each code path runs, before the first measurement.
        await _run(server, Load(min(60.0, load.seconds / 4), load.connections, load.rate, 500), Counted())
        before = await _measured(server)
        report(f"before: {before}")
        counted = Counted()
        watching = asyncio.create_task(_watch(server, counted, report))
        try:
            await _run(server, load, counted)
        finally:
            watching.cancel()
        after = await _measured(server, before)
        report(f"after {counted.events} events and {counted.joins} joins: {after}")
        await server.http.aclose()
    return growth(before, after)


def growth(before: dict[str, int], after: dict[str, int]) -> list[str]:
    """Return a line for each number that has grown more than it may."""
    allowed = {"resident": MOST_GROWTH, "blocks": MOST_BLOCKS}
    return [
        f"{name}: {before.get(name, 0)} -> {now}"
        for name, now in after.items()
        if now - before.get(name, 0) > allowed.get(name, 0)
    ]


async def _measured(server: Server, before: dict[str, int] | None = None) -> dict[str, int]:
    """Return the state of the server when all connections have ended; if it is not as `before`, that of later."""
    # Its connections stay open for some seconds behind the last request.
    await server.http.aclose()
    server.http = httpx.AsyncClient(timeout=60)
    state = await settled(server)
    for _ in range(20):
        if before is None or not growth(before, state):
            break
        await asyncio.sleep(0.5)
        state = await settled(server)
    return state


async def _run(server: Server, load: Load, counted: Counted) -> None:
    end = time.monotonic() + load.seconds
    async with asyncio.TaskGroup() as group:
        for number in range(load.connections):
            group.create_task(_send_events(server, load, number, end, counted))
        group.create_task(_join(server, load, counted))


async def _send_events(server: Server, load: Load, number: int, end: float, counted: Counted) -> None:
    """Send events on one connection until `end`, and check that each is answered with the next count."""
    interval = load.connections / load.rate
    await asyncio.sleep(interval * number / load.connections)
    page = await server.page("/counted")
    async with _wire(server) as wire:
        ref = await wire.join(page)
        turn, count = time.monotonic(), 0
        while turn < end:
            count += 1
            reply = await wire.ask(event(page, f"{count}000", "inc", join_ref=ref))
            assert reply == {"status": "ok", "response": {"diff": {"1": str(count)}}}, reply
            counted.events += 1
            turn += interval
            await asyncio.sleep(max(0.0, turn - time.monotonic()))


async def _join(server: Server, load: Load, counted: Counted) -> None:
    """Make the joins one after the other, spread over the time, each life on a page of its own."""
    begun, done = time.monotonic(), 0
    while done < load.joins:
        for life, worth in LIVES.items():
            page = await server.page("/counted")
            await _live(server, life, page)
            done += worth
            counted.joins += worth
            due = begun + load.seconds * done / load.joins
            await asyncio.sleep(max(0.0, due - time.monotonic()))


async def _live(server: Server, life: Callable[[Wire, Page], Awaitable[None]], page: Page) -> None:
    # Each life closes or drops its connection by itself.
    connection = await connect(server.socket_url, origin=server.origin, compression=None)  # type: ignore[arg-type]
    await life(Wire(connection), page)


@asynccontextmanager
async def _wire(server: Server) -> AsyncIterator[Wire]:
    async with connect(server.socket_url, origin=server.origin, compression=None) as connection:  # type: ignore[arg-type]
        yield Wire(connection)


async def _watch(server: Server, counted: Counted, report: Callable[[str], object]) -> None:
    while True:
        await asyncio.sleep(_MINUTE)
        state = json.dumps((await server.get("/state")).json())
        report(f"{time.strftime('%H:%M:%S')} {counted.events} events, {counted.joins} joins, {state}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--connections", type=int, default=100)
    parser.add_argument("--rate", type=float, default=500, help="events per second, of all connections")
    parser.add_argument("--joins", type=int, default=10_000)
    parser.add_argument("--ws", default=websocket_protocol(), help="uvicorn's option --ws")
    return parser.parse_args()


def main() -> None:
    given = _arguments()
    load = Load(given.seconds, given.connections, given.rate, given.joins)
    grown = asyncio.run(soak(load, given.ws, lambda line: print(line, flush=True)))
    print("\n".join(grown) or "nothing has grown")
    sys.exit(bool(grown))


if __name__ == "__main__":
    main()
