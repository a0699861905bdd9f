"""WebSocket clients of the load generator: picows connections with a joined view."""

import asyncio
import socket
from collections.abc import Callable, Iterator, Sequence
from time import perf_counter_ns
from typing import Any

import orjson
from picows import WSFrame, WSListener, WSMsgType, WSParsedURL, WSTransport, ws_connect

from bench.page import Page

ANSWER_TIMEOUT = 20.0
"""Seconds that an answer may take."""

LEFT = 4000
"""The close code of our client when its user leaves. After any other one the view would wait for its page."""


class Tab(WSListener):
    """A connected page with one request in flight, which keeps the last response."""

    transport: WSTransport

    def __init__(self) -> None:
        self._answer: asyncio.Future[bytes] | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is WSMsgType.TEXT:
            self.on_text(frame)
        elif frame.msg_type is WSMsgType.CLOSE:
            self.fail(f"the server closed: {frame.get_close_code()} {frame.get_close_message()!r}")
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.fail("the server dropped the connection")

    def on_text(self, frame: WSFrame) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_result(frame.get_payload_as_bytes())

    def fail(self, reason: str) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(ConnectionError(reason))

    def send(self, frame: bytes) -> None:
        self.transport.send(WSMsgType.TEXT, frame)

    def expect(self) -> "asyncio.Future[bytes]":
        self._answer = asyncio.get_running_loop().create_future()
        return self._answer

    async def request(self, frame: bytes) -> Any:
        """Return the `response` of an ok reply. Raises `RuntimeError` for another reply."""
        answer = self.expect()
        self.send(frame)
        async with asyncio.timeout(ANSWER_TIMEOUT):
            return response_of(await answer)

    async def leave(self) -> None:
        """Close as our client does when its user leaves the page, and wait until the server has closed."""
        self.transport.send_close(LEFT)  # type: ignore[arg-type]  # any number is taken
        async with asyncio.timeout(ANSWER_TIMEOUT):
            await self.transport.wait_disconnected()


class Pump(Tab):
    """Send the same event again after each reply, from `start` to `stop`."""

    def __init__(self, frame: bytes) -> None:
        super().__init__()
        self.events = 0
        self.payload_bytes = 0
        self._frame = frame
        self._running = False

    def on_text(self, frame: WSFrame) -> None:
        if self._running:
            self.events += 1
            self.payload_bytes += frame.payload_size
            self.transport.send(WSMsgType.TEXT, self._frame)
        else:
            super().on_text(frame)

    def start(self) -> None:
        self._running = True
        self.expect()
        self.send(self._frame)

    async def stop(self) -> Any:
        """Stop, and return the response to the last event."""
        self._running = False
        assert self._answer is not None
        async with asyncio.timeout(ANSWER_TIMEOUT):
            last = await self._answer
        self.events += 1
        self.payload_bytes += len(last)
        return response_of(last)


class LatencyTab(Tab):
    """Send events one after the other, and keep the latency of each reply."""

    def __init__(self, frame: bytes) -> None:
        super().__init__()
        self.nanoseconds: list[int] = []
        self._frame = frame
        self._left = 0
        self._sent = 0

    def on_text(self, frame: WSFrame) -> None:
        if not self._left:
            super().on_text(frame)
            return
        self.nanoseconds.append(perf_counter_ns() - self._sent)
        self._left -= 1
        if self._left:
            self._next()
        else:
            super().on_text(frame)

    def _next(self) -> None:
        self._sent = perf_counter_ns()
        self.transport.send(WSMsgType.TEXT, self._frame)

    async def play(self, count: int) -> Any:
        """Send `count` events and return the response to the last one."""
        self._left = count
        answer = self.expect()
        self._next()
        async with asyncio.timeout(ANSWER_TIMEOUT):
            return response_of(await answer)


class Subscriber(Tab):
    """Call `on_delivery` for every frame after the join."""

    def __init__(self, on_delivery: Callable[[], None]) -> None:
        super().__init__()
        self.last = b""
        self.payload_bytes = 0
        self._joined = False
        self._on_delivery = on_delivery

    def on_text(self, frame: WSFrame) -> None:
        if not self._joined:
            self._joined = True
            super().on_text(frame)
            return
        self.last = frame.get_payload_as_bytes()
        self.payload_bytes += len(self.last)
        self._on_delivery()


async def join(page: Page, tab: Tab) -> None:
    """Connect, upgrade, join, and wait for the reply."""
    await ws_connect(lambda: tab, page.socket_url, extra_headers=page.headers, socket_factory=_connect)
    await tab.request(page.join_frame())


def _connect(url: WSParsedURL) -> socket.socket:
    """Connect with a blocking call, which returns at once on loopback and costs the generator less."""
    connected = socket.create_connection((url.host, url.port))
    connected.setblocking(False)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connected


async def join_all(pages: Sequence[Page], tabs: Sequence[Tab], at_once: int = 32) -> None:
    """Join each tab with its page."""
    turns = zip(pages, tabs, strict=True)
    await asyncio.gather(*(_join_in_turn(turns) for _ in range(at_once)))


async def _join_in_turn(turns: Iterator[tuple[Page, Tab]]) -> None:
    for page, tab in turns:
        await join(page, tab)


def shows(diff: Any, text: str) -> bool:
    """Return True if the text is anywhere in the diff."""
    values = diff.values() if isinstance(diff, dict) else diff if isinstance(diff, list) else ()
    return diff == text or any(shows(value, text) for value in values)


def response_of(frame: bytes) -> Any:
    """Return the `response` of an ok reply frame. Raises `RuntimeError` with the frame for any other."""
    _, _, _, event, payload = orjson.loads(frame)
    if event != "phx_reply" or payload.get("status") != "ok":
        raise RuntimeError(f"expected an ok reply, got: {frame[:500]!r}")
    return payload["response"]
