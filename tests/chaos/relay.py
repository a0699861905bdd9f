"""A TCP relay in front of the workers: the next connection goes to the next worker, whoever the browser is."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

Ports = Callable[[], Sequence[int]]
"""Returns the ports of the workers that may get new connections."""


class Relay:
    """Listens on a port of its own. Connections are spread over the workers in turns, without stickiness.

    A worker that refuses the connection is skipped. `cut` ends all connections without a close frame. `freeze` keeps
    them open and passes nothing on until `thaw`.
    """

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._turn = 0
        self._server: asyncio.Server | None = None
        self._ends: set[_End] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _End(self._accepted, self._ends), "127.0.0.1", 0)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self.cut()

    def cut(self) -> None:
        """Abort every connection on both sides, as a network that is gone does."""
        for end in tuple(self._ends):
            end.abort()

    def freeze(self) -> None:
        """Pass nothing on. Both sides believe that they are connected."""
        for end in self._ends:
            end.pause()

    def thaw(self) -> None:
        for end in self._ends:
            end.resume()

    def _accepted(self, browser: "_End") -> None:
        task = asyncio.ensure_future(self._connect(browser))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, browser: "_End") -> None:
        loop = asyncio.get_running_loop()
        for port in self._next_ports():
            with suppress(OSError):
                _, worker = await loop.create_connection(lambda: _End(None, self._ends), "127.0.0.1", port)
                browser.join(worker)
                return
        browser.abort()

    def _next_ports(self) -> Sequence[int]:
        ports = self._ports()
        if not ports:
            return ()
        self._turn += 1
        first = self._turn % len(ports)
        return [*ports[first:], *ports[:first]]


class _End(asyncio.Protocol):
    """One side of a relayed connection. Bytes that come before the other side is there wait."""

    def __init__(self, accepted: "Callable[[_End], None] | None", ends: "set[_End]") -> None:
        self._accepted = accepted
        self._ends = ends
        self._early: list[bytes] = []
        self._other: _End | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ends.add(self)
        if self._accepted is not None:
            self._accepted(self)

    def data_received(self, data: bytes) -> None:
        if self._other is None:
            self._early.append(data)
        else:
            self._other.write(data)

    def connection_lost(self, error: Exception | None) -> None:
        self._ends.discard(self)
        self._transport = None
        if self._other is not None:
            self._other.finish()

    def join(self, other: "_End") -> None:
        """Pass what comes at one side on to the other."""
        self._other, other._other = other, self
        for data in self._early:
            other.write(data)
        self._early.clear()
        if self._transport is None:
            other.finish()

    def write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def finish(self) -> None:
        """Close after the bytes that are still to be written."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def pause(self) -> None:
        if self._transport is not None:
            self._transport.pause_reading()

    def resume(self) -> None:
        if self._transport is not None:
            self._transport.resume_reading()
