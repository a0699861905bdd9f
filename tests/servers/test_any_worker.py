"""Pages whose requests and connections reach any of three workers: nothing needs sticky sessions."""

import asyncio
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.asgi import poll
from tests.frames import Page, event, page_in
from tests.servers.fleet import BROKERS, SITE, Fleet, FleetClient, Worker, fleet_of, running

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=BROKERS)
def fleet(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    path = tmp_path_factory.mktemp("fleet")
    with BROKERS[request.param](path) as environ, running(3, path, **environ) as fleet:
        yield fleet


class PollingPage:
    """A page on long polls, with the requests of the official client: one poll after the other, and one POST."""

    def __init__(self, client: FleetClient, page: Page) -> None:
        self.client = client
        self.page = page
        self.token = ""
        self.lost = 0
        self.replies: dict[str, asyncio.Future[Any]] = {}
        self.text = ""

    @classmethod
    async def load(cls, client: FleetClient) -> "PollingPage":
        return cls(client, page_in(await client.get("/count")))

    @property
    def path(self) -> str:
        params = {"vsn": "2.0.0", "_csrf_token": self.page.csrf, "token": self.token}
        return f"/live/longpoll?{urlencode(params)}"

    async def run(self) -> None:
        """Poll until the session is gone."""
        while True:
            answer = (await self.client.get(self.path)).json()
            for message in answer.get("messages", ()):
                self._take(json.loads(message))
            if answer["status"] not in (200, 204):
                self.lost += 1
                return

    def _take(self, frame: list[Any]) -> None:
        payload = frame[4]
        diff = payload.get("response", {}) if frame[3] == "phx_reply" else {"diff": payload}
        self.text = diff.get("rendered", diff.get("diff", {})).get("0", self.text)
        if frame[1] in self.replies:
            self.replies.pop(frame[1]).set_result(payload)

    async def open(self) -> "asyncio.Task[None]":
        answer = (await self.client.get(self.path)).json()
        assert answer["status"] == 410, answer
        self.token = answer["token"]
        return asyncio.create_task(self.run())

    async def ask(self, frame: list[Any]) -> Any:
        """Send a frame and return the reply."""
        reply = self.replies[frame[1]] = asyncio.get_running_loop().create_future()
        answer = (await self.client.post(self.path, content=json.dumps(frame))).json()
        assert answer == {"status": 200}
        return (await asyncio.wait_for(reply, 30))["response"]

    async def join(self) -> None:
        await self.ask(self.page.join("4"))

    async def click(self, ref: int, name: str = "inc") -> None:
        await self.ask(event(self.page, str(ref), name))


async def test_pages_on_long_polls_work_with_any_worker(fleet: Fleet) -> None:
    await fleet.started()
    async with fleet.client() as client:
        pages = [await PollingPage.load(client) for _ in range(30)]
        polls = [await page.open() for page in pages]
        await asyncio.gather(*(page.join() for page in pages))
        for ref in range(10, 13):
            await asyncio.gather(*(page.click(ref) for page in pages))
        assert [page.text for page in pages] == ["3"] * 30
        await pages[0].click(20, "all")
        await asyncio.gather(*(page.click(21) for page in pages))
        assert [page.text for page in pages] == ["104"] * 30
        assert sum(page.lost for page in pages) == 0
        for page in pages:
            assert (await client.delete(page.path)).json() == {"status": 200}
        await asyncio.wait_for(asyncio.gather(*polls), 30)
        assert await poll(lambda: has_views(client, 0))


@pytest.mark.parametrize("broker", BROKERS)
async def test_after_the_end_of_its_worker_a_poll_is_answered_at_once(broker: str, tmp_path: Path) -> None:
    async with fleet_of(2, tmp_path, broker, POLL_WINDOW="600") as fleet, fleet.client() as client:
        first, second = fleet.workers
        page = await PollingPage.load(client)
        fleet.only = first
        polling = await page.open()
        fleet.only = second
        await page.join()  # which answers the poll, and the next one reaches the second worker
        await page.click(10)
        first.kill()
        await asyncio.wait_for(polling, 30)
        assert (await client.get(page.path)).json() == {"status": 410}
        page.token = ""
        polling = await page.open()
        await page.join()
        await client.delete(page.path)
        await polling


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

    async def leave(self) -> None:
        assert self.socket is not None
        await self.socket.close(1000)

    def cut(self) -> None:
        """Lose the connection without a word."""
        assert self.socket is not None
        self.socket.transport.abort()


async def test_pages_take_their_views_to_any_worker(fleet: Fleet) -> None:
    await fleet.started()
    number = 60
    async with fleet.client() as client:
        pages = [await ReturningPage.open(client, "/kept") for _ in range(number)]
        for turn in range(3):
            await asyncio.gather(*(page.join(random.choice(fleet.workers)) for page in pages))
            assert [page.text for page in pages] == [str(turn)] * number
            await asyncio.gather(*(page.click() for page in pages))
            # Every page has one view: none of it is left at another worker.
            assert await poll(lambda: has_views(client, number))
            for page in pages:
                await page.leave() if turn == 2 else page.cut()
        assert await poll(lambda: has_views(client, 0))


async def has_views(client: FleetClient, number: int) -> bool:
    views: list[int] = [(await client.get("/state")).json()["views"] for _ in client.fleet.workers]
    return sum(views) == number
