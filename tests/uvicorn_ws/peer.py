"""A connection without a network: a test decides how the bytes are cut, and when the event loop has a turn."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from pyview.uvicorn_ws import PicowsProtocol
from tests.uvicorn_ws.raw import KEY, Frame, frames_in

App = Callable[[Any, Any, Any], Awaitable[None]]
# As uvicorn passes it on.
HANDSHAKE = f"GET / HTTP/1.1\r\nsec-websocket-version: 13\r\nsec-websocket-key: {KEY}\r\n\r\n".encode()
MOST_TURNS = 2000


class Wire(asyncio.Transport):
    """A transport whose other end is the test. It loses what is written while it is closed, as a real one."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.pieces: list[int] = []
        """Lengths of what was written, call by call."""
        self.reading = True
        self.closed = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def write(self, data: Any) -> None:
        if not self.closed:
            self.written += data
            self.pieces.append(len(data))

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    abort = close

    def get_write_buffer_size(self) -> int:
        return 0


class Peer:
    """A connection to `app`, after the request of its handshake. Those with one `state` are of one server."""

    def __init__(self, app: App, head: bytes = HANDSHAKE, state: ServerState | None = None) -> None:
        config = Config(app, log_config=None, ws_ping_interval=None)
        config.load()
        self._state: Any = state or ServerState()
        self.wire = Wire()
        self.protocol = PicowsProtocol(config, self._state, {})
        others = set(self._state.tasks)
        self.protocol.connection_made(self.wire)
        self.protocol.data_received(head)
        (self._task,) = self._state.tasks - others

    async def feed(self, data: bytes) -> None:
        """Let the protocol read `data`, as soon as it reads."""
        await self._until(lambda: self.wire.reading or self.wire.closed)
        while data and not self.wire.closed:
            buffer = self.protocol.get_buffer(-1)
            size = min(len(buffer), len(data))
            buffer[:size] = data[:size]
            self.protocol.buffer_updated(size)
            data = data[size:]

    async def _until(self, condition: Callable[[], bool]) -> None:
        for turn in range(MOST_TURNS):
            if condition():
                return
            if turn == MOST_TURNS // 2:
                self.protocol.resume_writing()  # the application may wait for that
            await asyncio.sleep(0)
        raise AssertionError("it does not read any more")

    async def ended(self) -> list[Frame]:
        """Lose the connection, wait for the application, and return the frames that were written."""
        self.wire.closed = True
        self.protocol.connection_lost(None)
        await asyncio.wait([self._task])
        assert self.protocol not in self._state.connections
        _, _, frames = bytes(self.wire.written).partition(b"\r\n\r\n")
        return frames_in(frames)

    async def idle(self) -> None:
        for _ in range(100):
            await asyncio.sleep(0)
