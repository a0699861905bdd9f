"""`python -m bench.visits`: CPU time of a first page and of a join without a socket, compared with the bare server.

The rest of `python -m bench --only dead --only joins` is the server's and the garbage collector's.
"""

import argparse
import asyncio
import gc
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import uvloop

from bench.apps import bare, ours
from bench.inside import NAVIGATION, SERVER, get, scope_of, text_of
from bench.page import Page
from bench.socket_client import LEFT

PATHS = ("/counter", "/table", "/report")
LEAVE = {"type": "websocket.disconnect", "code": LEFT}


class Visitor:
    """Client side of an ASGI WebSocket that joins and leaves."""

    def __init__(self, page: Page) -> None:
        self.answers = 0
        self.last = ""
        self._messages = iter([{"type": "websocket.connect"}, text_of(page.join_frame()), LEAVE])

    async def receive(self) -> Any:
        return next(self._messages)

    async def send(self, message: Any) -> None:
        if message["type"] == "websocket.send":
            self.answers += 1
            self.last = message["text"]


async def crawled(app: Any, path: str, count: int) -> float:
    """Return the seconds per page of a client that never joins."""
    return await _pages(app, path, count, [])


async def first_pages(app: Any, path: str, count: int) -> float:
    """Return the seconds per page of a browser, whose view is kept for the join."""
    return await _pages(app, path, count, NAVIGATION)


async def _pages(app: Any, path: str, count: int, headers: list[tuple[bytes, bytes]]) -> float:

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        assert message.get("status", 200) == 200, message

    request = {"method": "GET", "headers": SERVER["headers"] + headers}
    scopes = [scope_of("http", path, b"") | request for _ in range(count)]
    return await _seconds([partial(app, scope, receive, send) for scope in scopes])


async def joins(app: Any, path: str, count: int) -> float:
    """Return the seconds per handshake, join and leave. Raises `RuntimeError` if a join was refused.

    Each join is that of a page of its own.
    """
    pages = [await get(path) for _ in range(count)]
    visitors = [Visitor(page) for page in pages]
    scopes = [_handshake(page) for page in pages]
    turns = zip(scopes, visitors, strict=True)
    seconds = await _seconds([partial(app, scope, one.receive, one.send) for scope, one in turns])
    if any(visitor.answers != 1 or '"ok"' not in visitor.last for visitor in visitors):
        raise RuntimeError(f"a join was answered with {visitors[-1].last!r}")
    return seconds


def _handshake(page: Page) -> Any:
    query = page.socket_url.partition("?")[2].encode()
    headers = [(name.lower().encode(), value.encode()) for name, value in page.headers.items()]
    handshake = {"scheme": "ws", "headers": SERVER["headers"] + headers, "subprotocols": []}
    return scope_of("websocket", "/live/websocket", query) | handshake


async def _seconds(calls: Sequence[Callable[[], Awaitable[None]]]) -> float:
    gc.collect()
    start = time.process_time()
    for call in calls:
        await call()
    return (time.process_time() - start) / len(calls)


async def run(count: int, rounds: int) -> None:
    async with ours.app.router.lifespan_context(ours.app):
        for what, measure in (("crawled page", crawled), ("first page", first_pages), ("join", joins)):
            for path in PATHS:
                best = min([await measure(ours.app, path, count) for _ in range(rounds)])
                print(f"{what:12} {path:10} {best * 1e6:6.1f} us of CPU (best of {rounds} times {count})")
            best = min([await measure(bare.app, "/counter", count) for _ in range(rounds)])
            print(f"{what:12} {'bare':10} {best * 1e6:6.1f} us of CPU")
            await asyncio.sleep(0)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.visits", description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args(arguments)
    uvloop.run(run(options.count, options.rounds))


if __name__ == "__main__":
    main(sys.argv[1:])
