"""Browsers that do not read cost the server bounded memory; then their socket is closed."""

import asyncio
import json
from pathlib import Path
from socket import SO_RCVBUF, SOL_SOCKET
from socket import socket as Socket

import pytest
from websockets.client import ClientProtocol
from websockets.uri import parse_uri

from tests.attack.server import Server, served
from tests.frames import Page

SLOW, BROADCASTS, SIZE = 5, 2500, 20_000
MOST_GROWTH = 30_000_000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="asks Linux about memory"),
]


class DeafSocket:
    """A socket that joins, reads the reply and never reads again; its TCP window stays small and fills up."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._socket = Socket()
        self._protocol = ClientProtocol(parse_uri(server.socket_url), origin=server.origin)  # type: ignore[arg-type]

    async def join(self, page: Page) -> None:
        self._socket.setsockopt(SOL_SOCKET, SO_RCVBUF, 4096)
        self._socket.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(self._socket, ("127.0.0.1", self._server.port))
        self._protocol.send_request(self._protocol.connect())
        await self._exchange(b"\r\n\r\n")
        self._protocol.send_text(json.dumps(page.join("4")).encode())
        await self._exchange(b'"status":"ok"')

    async def _exchange(self, until: bytes) -> None:
        loop = asyncio.get_running_loop()
        for data in self._protocol.data_to_send():
            await loop.sock_sendall(self._socket, data)
        received = b""
        async with asyncio.timeout(5):
            while until not in received:
                received += (data := await loop.sock_recv(self._socket, 4096))
                self._protocol.receive_data(data)

    def close(self) -> None:
        self._socket.close()


async def test_five_that_do_not_read_cost_less_than_30_megabytes() -> None:
    async with served("tests.attack.counted_app:app") as server:
        page = await server.page("/counted")
        await server.get("/broadcast", params={"count": 100, "size": SIZE})
        before = (await server.get("/state")).json()["resident"]
        deaf = [DeafSocket(server) for _ in range(SLOW)]
        for socket in deaf:
            await socket.join(page)
        after = (await server.get("/broadcast", params={"count": BROADCASTS, "size": SIZE})).json()[
            "resident"
        ]
        state = (await server.get("/state")).json()
        for socket in deaf:
            socket.close()
    assert state["processes"] == SLOW, "they were closed before anything could pile up"
    assert after - before < MOST_GROWTH, f"{(after - before) / 1e6:.1f} MB for {SLOW} sockets"
    assert state["tasks"] < 5 * SLOW
