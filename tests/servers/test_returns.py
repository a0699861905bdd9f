"""Pages with lost connections that return to any of three workers."""

import asyncio
import json
import random
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.asgi import poll
from tests.frames import Page, event, page_in
from tests.servers.fleet import BROKERS, SITE, Fleet, FleetClient, Worker, fleet_of

pytestmark = pytest.mark.slow


class ReturningPage:
    """A page on WebSockets, which sends with its joins what our client sends."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.load = random.randbytes(6).hex()
        self.joins = 0
        self.worker = ""
        self.text = ""
        self.socket: ClientConnection | None = None

    @classmethod
    async def open(cls, client: FleetClient, path: str) -> "ReturningPage":
        return cls(page_in(await client.get(path)))

    async def join(self, worker: Worker) -> None:
        """Connect and join at this worker."""
        url = f"ws://{SITE}/live/websocket?vsn=2.0.0"
        origin: Any = f"http://{SITE}"
        self.socket = await connect(url, host="127.0.0.1", port=worker.port, origin=origin)
        frame = self.page.join("4")
        frame[4]["params"] |= {"_load": self.load, "_mounts": self.joins, "_joins": self.joins}
        frame[4]["params"] |= {"_worker": self.worker}
        response = await self.ask(frame)
        self.joins += 1
        self.worker = response["worker"]
        self.text = response["rendered"]["0"]

    async def ask(self, frame: list[Any]) -> Any:
        assert self.socket is not None
        await self.socket.send(json.dumps(frame))
        async with asyncio.timeout(30):
            while True:
                reply = json.loads(await self.socket.recv())
                if reply[1] == frame[1]:
                    assert reply[4]["status"] == "ok", reply
                    return reply[4]["response"]

    async def click(self) -> None:
        self.text = (await self.ask(event(self.page, "9", "inc")))["diff"]["0"]

    def cut(self) -> None:
        """Lose the connection without a word."""
        assert self.socket is not None
        self.socket.transport.abort()


async def views_of(fleet: Fleet) -> int:
    async with fleet.client() as client:
        return sum([(await client.get("/state")).json()["views"] for _ in fleet.workers])


@pytest.mark.parametrize("broker", BROKERS)
async def test_pages_take_their_views_to_any_worker(broker: str, tmp_path: Path) -> None:
    number = 60
    async with fleet_of(3, tmp_path, broker) as fleet, fleet.client() as client:
        pages = [await ReturningPage.open(client, "/kept") for _ in range(number)]
        for turn in range(3):
            await asyncio.gather(*(page.join(random.choice(fleet.workers)) for page in pages))
            assert [page.text for page in pages] == [str(turn)] * number
            await asyncio.gather(*(page.click() for page in pages))
            # Every page has one view, whose state no other worker has.
            assert await poll(lambda: has_views(fleet, number))
            for page in pages:
                page.cut()


async def has_views(fleet: Fleet, number: int) -> bool:
    return await views_of(fleet) == number
