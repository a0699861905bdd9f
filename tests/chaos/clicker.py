"""A signed-in user who writes a draft and then clicks, and notices what the server has forgotten."""

import asyncio
import random
from contextlib import suppress
from time import monotonic

import httpx

from tests.chaos.cluster import Cluster, http_client
from tests.chaos.page import ChaosPage

INTERVAL = 0.2  # seconds between two clicks of one user
ANSWER_TIMEOUT = 30.0  # seconds: longer than any outage of a scenario


class Clicker:
    """One user with one page. Every click is answered with the number of clicks that the view has counted.

    `breaks_kept` counts the returns after which the state was complete, `breaks_behind` those after which the latest
    clicks were missing, and `breaks_lost` those after which all was gone. `behind` holds the seconds of missing clicks.
    """

    def __init__(self, cluster: Cluster, name: str) -> None:
        self.name = name
        self.sent = self.answered = self.unanswered = 0
        self.breaks_kept = self.breaks_behind = self.breaks_lost = 0
        self.behind: list[float] = []
        self.latencies: list[float] = []
        self.workers: set[str] = set()
        self._http = http_client(cluster)
        self.page = ChaosPage(self._http, "/")
        self._draft = f"draft of {name}"
        self._counted = 0
        self._times: list[float] = []  # when each click was answered
        self._returns = 0
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    async def open(self) -> None:
        response = await self._http.post(f"/login/{self.name}", headers={"origin": str(self._http.base_url)})
        assert response.status_code == 200, response.text
        await self.page.open()
        await self.page.push("write", {"text": self._draft})

    def start(self) -> None:
        self._task = asyncio.ensure_future(self._click_on())

    async def stop(self) -> None:
        """End after the click that is under way."""
        self._stopping = True
        if self._task is not None:
            await self._task

    async def check(self) -> None:
        """Click once more, so that the last return is judged too."""
        await self.page.joined.wait()
        await self._click()

    async def close(self) -> None:
        await self.page.close()
        await self._http.aclose()

    async def signed_in(self) -> bool:
        """Return True if a new page shows that the user is signed in."""
        with suppress(httpx.TransportError):
            return (await self._http.get("/")).status_code == 200
        return False

    async def _click_on(self) -> None:
        await asyncio.sleep(random.random() * INTERVAL)
        while not self._stopping:
            await asyncio.sleep(INTERVAL)
            await self.page.joined.wait()
            await self._click()

    async def _click(self) -> None:
        self.sent += 1
        sent_at = monotonic()
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                reply = await self.page.push("click", {})
        except (ConnectionError, TimeoutError):
            self.unanswered += 1
            return
        self.answered += 1
        self.latencies.append(monotonic() - sent_at)
        self.workers.add(reply["worker"])
        self._judge(reply["clicks"], reply["draft"])

    def _judge(self, counted: int, draft: str) -> None:
        """Compare what the view shows with what the user knows."""
        returns = len(self.page.returns) + len(self.page.away)
        returned, self._returns = returns > self._returns, returns
        if draft != self._draft:
            self.breaks_lost += 1
            self._draft = draft  # so that it is counted once
        elif counted <= self._counted:
            self.breaks_behind += 1
            self.behind.append(self._times[self._counted - 1] - self._times[counted - 1])
        elif returned:
            self.breaks_kept += 1
        self._times += [monotonic()] * (counted - len(self._times))
        del self._times[counted:]
        self._counted = counted


def percentile(values: list[float], share: float) -> float:
    """Return the value that `share` of all are not above; NaN without any."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")
