"""Pages whose requests reach any of three workers: nothing needs sticky sessions."""

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.asgi import poll
from tests.frames import Page, event, page_in
from tests.servers.fleet import BROKERS, Fleet, FleetClient, fleet_of

pytestmark = pytest.mark.slow


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


@pytest.mark.parametrize("broker", BROKERS)
async def test_pages_on_long_polls_work_with_any_worker(broker: str, tmp_path: Path) -> None:
    async with fleet_of(3, tmp_path, broker, POLL_WINDOW="1") as fleet, fleet.client() as client:
        pages = [await PollingPage.load(client) for _ in range(30)]
        polls = [await page.open() for page in pages]
        await asyncio.gather(*(page.join() for page in pages))
        for ref in range(10, 13):
            await asyncio.gather(*(page.click(ref) for page in pages))
        assert [page.text for page in pages] == ["3"] * 30
        await asyncio.sleep(2.5)  # each poll ends without a message, and the next one reaches another worker
        await pages[0].click(20, "all")
        await asyncio.gather(*(page.click(21) for page in pages))
        assert [page.text for page in pages] == ["104"] * 30
        assert sum(page.lost for page in pages) == 0
        for page in pages:
            assert (await client.delete(page.path)).json() == {"status": 200}
        await asyncio.wait_for(asyncio.gather(*polls), 30)
        assert await poll(lambda: has_no_views(fleet))


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


async def has_no_views(fleet: Fleet) -> bool:
    async with fleet.client() as client:
        return not any([(await client.get("/state")).json()["views"] for _ in fleet.workers])
