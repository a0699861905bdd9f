"""One event on one connection, and a diff for each of a thousand subscribers."""

import asyncio
import time
from dataclasses import dataclass, field
from functools import partial

import orjson

from bench.arena import Arena
from bench.measure import Comparison, Sample, Work, in_turns, sample
from bench.page import open_pages
from bench.rows import Row, bytes_row, rate_row
from bench.server import Server
from bench.socket_client import ANSWER_TIMEOUT, Subscriber, Tab, join, join_all, shows


@dataclass
class Broadcast:
    """Subscribers of one server, and the tab that sends ticks."""

    server: Server
    clock: Tab = field(default_factory=Tab)
    tick: bytes = b""
    sent: int = 0
    subscribers: list[Subscriber] = field(default_factory=list)
    _deliveries: int = 0
    _deadline: float = 0.0
    _all_delivered: "asyncio.Future[None] | None" = None

    def delivered(self) -> None:
        """Count a delivery, and send the next tick when every subscriber has received an earlier one."""
        self._deliveries += 1
        if self._deliveries % len(self.subscribers) == 0:
            self._on_whole_tick()

    def _on_whole_tick(self) -> None:
        if time.perf_counter() < self._deadline:
            self._send()
        elif self._deliveries == self.sent * len(self.subscribers) and self._all_delivered:
            self._all_delivered.set_result(None)

    def _send(self) -> None:
        self.sent += 1
        self.clock.send(self.tick)

    async def measure(self, seconds: float, in_flight: int) -> Sample:
        return await sample(self.server, partial(self._work, seconds, in_flight))

    async def _work(self, seconds: float, in_flight: int) -> Work:
        received, deliveries = self._received(), self._deliveries
        self._all_delivered = asyncio.get_running_loop().create_future()
        self._deadline = time.perf_counter() + seconds
        for _ in range(in_flight):
            self._send()
        async with asyncio.timeout(seconds + ANSWER_TIMEOUT):
            await self._all_delivered
        self._check()
        return Work(self._deliveries - deliveries, self._received() - received)

    def _received(self) -> int:
        return sum(subscriber.payload_bytes for subscriber in self.subscribers)

    def _check(self) -> None:
        for subscriber in self.subscribers:
            *_, event, diff = orjson.loads(subscriber.last)
            if event != "diff" or not shows(diff, str(self.sent)):
                raise RuntimeError(f"after {self.sent} ticks a subscriber has {subscriber.last!r}")


async def ticker(arena: Arena) -> list[Row]:
    """Measure with a few ticks in flight, so that the server waits for no subscriber, and with one at a time.

    Of two broadcasts that reach a view together, ours writes the diffs with one call of the kernel.
    """
    async with arena.pair("/ticker") as (ours, bare):
        broadcasts = await _gather(arena, ours), await _gather(arena, bare)
        together = await _measure(arena, broadcasts, arena.plan.ticks_in_flight)
        alone = await _measure(arena, broadcasts, 1)
    title = f"ticker, {arena.plan.subscribers} subscribers"
    return [
        rate_row("ticker", f"{title}, deliveries", together),
        bytes_row("ticker, bytes", f"{title}, payload per delivery", together),
        rate_row("ticker, alone", f"{title}, one broadcast at a time", alone),
    ]


async def _measure(arena: Arena, broadcasts: tuple[Broadcast, Broadcast], in_flight: int) -> Comparison:
    ours, bare = (partial(each.measure, arena.plan.seconds, in_flight) for each in broadcasts)
    return await in_turns(arena.plan.rounds, ours, bare)


async def _gather(arena: Arena, server: Server) -> Broadcast:
    broadcast = Broadcast(server)
    pages = await open_pages(server, "/ticker", arena.plan.subscribers)
    broadcast.subscribers = [Subscriber(broadcast.delivered) for _ in pages]
    await join_all(pages, broadcast.subscribers)
    [page] = await open_pages(server, "/clock", 1)
    broadcast.tick = page.click_frame("tick")
    await join(page, broadcast.clock)
    return broadcast
