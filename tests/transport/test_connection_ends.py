"""Ends of a connection that meet, and what it leaves behind."""

import gc
from typing import Any

import pytest

from pyview import PyView
from pyview.transport.close_codes import RESTART, CloseReason
from pyview.transport.websocket import WebSocketConnection

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"


def handshake(version: str) -> dict[str, Any]:
    return {
        "type": "websocket",
        "path": "/live/websocket",
        "raw_path": b"/live/websocket",
        "root_path": "",
        "scheme": "ws",
        "query_string": b"vsn=" + version.encode(),
        "headers": [(b"host", b"testserver"), (b"origin", b"http://testserver")],
        "client": ("127.0.0.1", 1),
        "server": ("testserver", 80),
        "subprotocols": [],
    }


def connections() -> list[WebSocketConnection]:
    return [each for each in gc.get_objects() if isinstance(each, WebSocketConnection)]


class Client:
    """A client whose frames are there at once. All connections are ended with `end` before the first one."""

    def __init__(self, *frames: str) -> None:
        self._frames = [
            {"type": "websocket.connect"},
            *({"type": "websocket.receive", "text": text} for text in frames),
        ]
        self.sent: list[Any] = []
        self.end: CloseReason | None = None

    async def receive(self) -> Any:
        if self.end is not None and self.sent:
            for connection in connections():
                connection.end(self.end)
        return self._frames.pop(0) if self._frames else {"type": "websocket.disconnect", "code": 1006}

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    async def run(self, version: str = "2.0.0") -> None:
        app = PyView(secret=SECRET)
        await app(handshake(version), self.receive, self.send)


async def test_the_first_of_two_ends_counts() -> None:
    """The second one is a mistake of the browser, which was read before the connection could close."""
    gc.collect()
    client = Client("no frame")
    client.end = CloseReason(RESTART, "the server stops")
    await client.run()
    assert [message["type"] for message in client.sent] == ["websocket.accept", "websocket.close"]
    assert client.sent[-1]["code"] == RESTART


@pytest.mark.parametrize("version", ["1.0.0", "2.0.0"], ids=["refused", "accepted"])
async def test_a_closed_connection_is_freed_without_the_garbage_collector(version: str) -> None:
    gc.collect()
    gc.disable()
    try:
        client, before = Client(), len(connections())
        await client.run(version)
        assert client.sent[0]["type"] == ("websocket.accept" if version == "2.0.0" else "websocket.close")
        assert len(connections()) == before
    finally:
        gc.enable()
