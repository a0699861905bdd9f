"""A goodbye and a lost connection on every supported ASGI server."""

import json
import re
from html import unescape
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.asgi import poll
from tests.servers.test_servers import COMMANDS, page_at, served


class Page:
    """A page that joins repeatedly."""

    def __init__(self, host: str, html: str) -> None:
        self.host = host
        self.id, self.session, self.csrf = (
            unescape(re.search(pattern, html)[1])  # type: ignore[index]
            for pattern in (
                r'id="(phx-[^"]+)"',
                r'data-phx-session="([^"]*)"',
                r'csrf-token" content="([^"]*)"',
            )
        )
        self.mounts = 0

    async def join(self) -> tuple[ClientConnection, str]:
        """Join on a new socket; return it and the text of the view."""
        socket = await connect(f"ws://{self.host}/live/websocket?vsn=2.0.0", origin=f"http://{self.host}")  # type: ignore[arg-type]
        payload = {
            "url": f"http://{self.host}/count",
            "params": {"_csrf_token": self.csrf, "_mounts": self.mounts},
            "session": self.session,
        }
        reply = await ask(socket, ["4", "4", f"lv:{self.id}", "phx_join", payload])
        self.mounts += 1
        return socket, reply["rendered"]["0"]

    async def until_state(self, **state: int) -> None:
        """Wait until the server has noticed the end of the connection."""

        async def reached() -> bool:
            return bool((await client.get(f"http://{self.host}/state")).json() == state)

        async with httpx.AsyncClient() as client:
            await poll(reached)

    async def click(self, socket: ClientConnection) -> None:
        value = {"type": "click", "event": "inc", "value": {}}
        await ask(socket, ["4", "5", f"lv:{self.id}", "event", value])


async def ask(socket: ClientConnection, frame: list[Any]) -> Any:
    await socket.send(json.dumps(frame))
    reply = json.loads(await socket.recv())
    assert reply[4]["status"] == "ok", reply
    return reply[4]["response"]


@pytest.mark.parametrize("server", COMMANDS)
async def test_a_goodbye_differs_from_a_lost_connection(server: str) -> None:
    with served(server) as host:
        page = Page(host, await page_at(f"http://{host}/count"))
        socket, shown = await page.join()
        assert shown == "0"
        await page.click(socket)
        socket.transport.abort()  # a lost network
        await page.until_state(views=1, waiting=1)
        socket, shown = await page.join()
        assert shown == "1"
        await page.click(socket)
        await socket.close(1001)  # closed by the browser for an unknown reason
        await page.until_state(views=1, waiting=1)
        socket, shown = await page.join()
        assert shown == "2"
        await socket.send(json.dumps([None, None, "phoenix", "goodbye", {}]))
        await socket.close(4000)  # closed by our client, which leaves the page
        await page.until_state(views=0, waiting=0)
        socket, shown = await page.join()
        assert shown == "0"
        await socket.close()
