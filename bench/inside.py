"""`python -m bench.inside`: CPU time of one event without a socket, with direct calls of the ASGI application.

The rest of an event's time is the server's: reading, framing, sending.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import uvloop

from bench.apps.components import CLICKED
from bench.apps.ours import app
from bench.apps.rows import total_after
from bench.http_client import Response
from bench.page import Page, read_page
from bench.socket_client import response_of, shows

ORIGIN = "http://127.0.0.1"
SERVER: dict[str, Any] = {
    "asgi": {"version": "3.0"},
    "http_version": "1.1",
    "scheme": "http",
    "server": ("127.0.0.1", 80),
    "client": ("127.0.0.1", 50000),
    "root_path": "",
    "headers": [(b"host", b"127.0.0.1")],
}


NAVIGATION = [(b"sec-fetch-dest", b"document"), (b"sec-fetch-mode", b"navigate")]
"""Headers of a browser that loads a page. Crawlers do not send them."""


async def get(path: str) -> Page:
    """Return the page, rendered in this process for a browser."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = SERVER["headers"] + NAVIGATION
    await app(scope_of("http", path, b"") | {"method": "GET", "headers": headers}, receive, send)
    head = b"".join(b"\r\n%s: %s" % header for header in sent[0]["headers"]) + b"\r\n"
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return read_page(ORIGIN, path, Response(head, body))


class Browser:
    """Client side of an ASGI WebSocket, with all its messages prepared."""

    def __init__(self, page: Page, event: str, count: int, cid: int | None) -> None:
        self.last = ""
        self.started = self.ended = 0.0
        self._join = text_of(page.join_frame())
        self._event = text_of(page.click_frame(event, cid))
        self._left = count
        self._received = 0

    async def receive(self) -> Any:
        self._received += 1
        if self._received < 3:
            return {"type": "websocket.connect"} if self._received == 1 else self._join
        if self._received == 3:
            self.started = time.process_time()
        if self._left:
            self._left -= 1
            return self._event
        self.ended = time.process_time()
        return {"type": "websocket.disconnect", "code": 1001}

    async def send(self, message: Any) -> None:
        self.last = message.get("text", "")


def text_of(frame: bytes) -> dict[str, str]:
    return {"type": "websocket.receive", "text": frame.decode()}


def scope_of(kind: str, path: str, query: bytes) -> dict[str, Any]:
    raw = path.encode()
    return SERVER | {"type": kind, "path": path, "raw_path": raw, "query_string": query, "state": {}}


async def microseconds(path: str, event: str, count: int, expected: str) -> float:
    """Return the microseconds per event, over `count` events. Raises `RuntimeError` if the last reply is wrong."""
    page = await get(path)
    browser = Browser(page, event, count, CIDS.get(path))
    scope = scope_of("websocket", "/live/websocket", page.socket_url.partition("?")[2].encode())
    headers = [(name.lower().encode(), value.encode()) for name, value in page.headers.items()]
    scope |= {"scheme": "ws", "headers": SERVER["headers"] + headers, "subprotocols": []}
    await app(scope, browser.receive, browser.send)
    if not shows(response_of(browser.last.encode()).get("diff"), expected):
        raise RuntimeError(f"after {count} events the answer was {browser.last!r}")
    return (browser.ended - browser.started) / count * 1e6


CIDS = {"/components": CLICKED}

VIEWS: dict[str, tuple[str, Callable[[int], object]]] = {
    "/counter": ("inc", str),
    "/components": ("inc", str),
    "/table": ("bump", total_after),
    "/frozen_table": ("bump", total_after),
}


async def run(paths: Sequence[str], count: int, rounds: int) -> None:
    async with app.router.lifespan_context(app):
        for path in paths:
            event, expected = VIEWS[path]
            best = [await microseconds(path, event, count, str(expected(count))) for _ in range(rounds)]
            print(f"{path:16} {min(best):6.1f} us of CPU per event (best of {rounds} times {count})")
            await asyncio.sleep(0)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.inside", description=__doc__)
    parser.add_argument("--only", action="append", choices=VIEWS)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    uvloop.run(run(options.only or list(VIEWS), options.count, options.rounds))


if __name__ == "__main__":
    main(sys.argv[1:])
