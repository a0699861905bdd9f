"""Publishers and listeners of one feed: broadcasts that were lost, doubled, or out of order."""

import asyncio
from collections import defaultdict
from contextlib import suppress
from itertools import pairwise
from time import monotonic
from typing import Any, NamedTuple

from tests.chaos.cluster import Cluster, http_client
from tests.chaos.page import ChaosPage

KEEP = 60.0  # seconds


class Delivery(NamedTuple):
    """Broadcasts of all publishers, as all listeners got them."""

    expected: int
    lost: int
    doubled: int
    disordered: int


class Listener:
    """A page that records the numbers that it gets from each publisher, in order."""

    def __init__(self, cluster: Cluster) -> None:
        self._http = http_client(cluster)
        self.numbers: dict[str, list[int]] = defaultdict(list)
        self.page = ChaosPage(self._http, "/feed", self._pushed)

    async def close(self) -> None:
        await self.page.close()
        await self._http.aclose()

    def _pushed(self, name: str, payload: Any) -> None:
        if name == "number":
            self.numbers[payload["from"]].append(payload["number"])


class Publisher:
    """A page that publishes numbers, one after the other. `latencies`: seconds until its handler had finished."""

    def __init__(self, cluster: Cluster, name: str, keep: float) -> None:
        self.name = name
        self.published = 0
        self.latencies: list[float] = []
        self._keep = keep
        self._http = http_client(cluster)
        self.page = ChaosPage(self._http, "/feed")

    async def publish(self, per_second: float, stop: asyncio.Event) -> None:
        """Publish until `stop` is set."""
        start = monotonic()
        while not stop.is_set():
            self.published += 1
            sent = monotonic()
            value = {"name": self.name, "number": self.published, "keep": self._keep}
            with suppress(ConnectionError):
                await self.page.push("publish", value)
            self.latencies.append(monotonic() - sent)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), max(0, start + self.published / per_second - monotonic()))

    async def close(self) -> None:
        await self.page.close()
        await self._http.aclose()


def delivery(publishers: list[Publisher], listeners: list[Listener]) -> Delivery:
    """Compare what was published with what each listener got."""
    lost = doubled = disordered = 0
    for listener in listeners:
        for publisher in publishers:
            numbers = listener.numbers[publisher.name]
            lost += publisher.published - len(set(numbers))
            doubled += len(numbers) - len(set(numbers))
            disordered += sum(later < earlier for earlier, later in pairwise(numbers))
    published = sum(publisher.published for publisher in publishers)
    return Delivery(published * len(listeners), lost, doubled, disordered)
