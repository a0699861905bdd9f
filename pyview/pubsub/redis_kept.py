"""Broadcasts that the server keeps for a while, and that this worker sends again if the server has lost them."""

import asyncio
import logging
import math
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from pyview.pubsub.redis_channels import Envelope, SubscribedChannels
from pyview.pubsub.redis_pending import MANY
from pyview.stores.health import StoreUnavailable
from pyview.stores.redis import RedisServer

logger = logging.getLogger("pyview")

MOST: Final = 10_000  # broadcasts of this worker that are kept at a time
MOST_BYTES: Final = 16 * 1024 * 1024
STREAM_LENGTH: Final = 100_000  # broadcasts of all workers
TOGETHER: Final = 200  # broadcasts sent again before an answer is awaited
PAUSE: Final = 0.1  # seconds before the next attempt to send broadcasts again
SLICE: Final = 0.05  # seconds without an answer after which a sender does not wait for the server

# Numbers of a worker have no gaps, so its last number shows what the server has: one that it has already is not added
# again, and one that comes too early is refused, until the worker sends those before it. If those have expired, ARGV[2]
# is the last number that the worker knows the server to have; after a restart it is another one, and they are refused
# again. The longest time of the broadcasts in the stream decides what is removed from it.
ADD: Final = """
local number, last = tonumber(ARGV[1]), tonumber(redis.call('GET', KEYS[2]) or 0)
if number <= last or (number > last + 1 and last ~= tonumber(ARGV[2])) then return last end
local keep, longest = tonumber(ARGV[3]), tonumber(redis.call('GET', KEYS[3]) or 0)
if keep >= longest then
  longest = keep
  redis.call('SET', KEYS[3], ARGV[3], 'PX', ARGV[3])
end
local time = redis.call('TIME')
local oldest = string.format('%.0f', time[1] * 1000 - longest)
redis.call('XADD', KEYS[1], 'MINID', '~', oldest, '*', 'm', ARGV[5])
redis.call('XTRIM', KEYS[1], 'MAXLEN', '~', ARGV[6])
redis.call('PEXPIRE', KEYS[1], longest)
redis.call('SET', KEYS[2], number, 'PX', longest + 60000)
redis.call('PUBLISH', ARGV[4], ARGV[5])
return number
"""


@dataclass(slots=True)
class KeptBroadcast:
    """A broadcast that is kept until `ends`, by `time.monotonic()`."""

    envelope: Envelope
    keep: float
    ends: float
    size: int


class KeptBroadcasts:
    """The kept broadcasts of this worker: sent in their order, and again until the server has them.

    The server, which may lose its data at a restart, is asked for its last number of this worker after each outage.
    `clock` returns the time of the server at a moment of `time.monotonic()`, in milliseconds, 0 if it is unknown.
    """

    def __init__(
        self,
        server: RedisServer,
        channels: SubscribedChannels,
        worker_id: bytes,
        clock: Callable[[float], int],
    ) -> None:
        self._server = server
        self._channels = channels
        self._clock = clock
        self._keys = (channels.kept, f"{channels.kept}:{worker_id.decode()}", f"{channels.kept}:longest")
        self._kept: deque[KeptBroadcast] = deque()
        self._next_end = math.inf
        self._size = self._number = self._confirmed = 0
        self._full = self._lost = self._stalled = self._closed = False
        self._progress = asyncio.Event()
        self._repeating: asyncio.Task[None] | None = None
        self._cleaning: asyncio.TimerHandle | None = None

    async def prepare(self) -> None:
        """Load the script: the first broadcast would else come after later ones that are not kept."""
        await self._server.run("reading", "SCRIPT", "LOAD", ADD)

    def add(self, envelope: Envelope, keep: float) -> bool:
        """Send a broadcast and keep it; never waits. Return False if too many are kept already."""
        self._remove_expired()
        size = len(envelope.body) + len(envelope.topic)
        if len(self._kept) >= MOST or self._size + size > MOST_BYTES:
            self._refuse()
            return False
        self._full = self._closed = False
        self._number += 1
        kept = KeptBroadcast(envelope._replace(kept=self._number), keep, time.monotonic() + keep, size)
        self._kept.append(kept)
        self._next_end = min(self._next_end, kept.ends)
        self._size += size
        self._clean_later()
        if self._repeating is None:
            self._send(kept)
        return True

    @property
    def sends_at_once(self) -> bool:
        """True unless earlier broadcasts have to be sent again first."""
        return self._repeating is None

    async def give_way(self) -> None:
        """Wait while many have no answer. Does not wait for a server that answers none."""
        while self._number - self._confirmed > MANY and not self._stalled and self._repeating is None:
            try:
                async with asyncio.timeout(SLICE):
                    await self._progress.wait()
            except TimeoutError:
                self._stalled = True

    def check(self) -> None:
        """Send again what the server does not have: it may have lost its data."""
        self._remove_expired()
        if self._kept and self._repeating is None and not self._closed:
            self._repeating = asyncio.get_running_loop().create_task(self._repeat())

    async def close(self, seconds: float) -> None:
        """Wait until the server has all broadcasts, `seconds` at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._number > self._confirmed and self._kept:
                    await self._progress.wait()
        # The end of the connection fails the last ones, which must not begin a repetition.
        self._closed = True
        if self._cleaning is not None:
            self._cleaning.cancel()
            self._cleaning = None
        while self._repeating is not None and not self._repeating.done():
            self._repeating.cancel()
            await asyncio.wait([self._repeating], timeout=0.1)
        # A task that was cancelled before its first step has not done that itself.
        self._repeating = None

    # Sending

    def _send(self, kept: KeptBroadcast) -> "asyncio.Future[Any]":
        answer = self._server.link.ask_script(ADD, self._keys, *self._arguments(kept))
        answer.add_done_callback(lambda done: self._answered(kept.envelope.kept, done))
        return answer

    def _arguments(self, kept: KeptBroadcast, last: int = -1) -> tuple[Any, ...]:
        number, milliseconds = kept.envelope.kept, math.ceil(kept.keep * 1000)
        channel = self._channels.of(kept.envelope.topic)
        return number, last, milliseconds, channel, self._message(kept), STREAM_LENGTH

    def _message(self, kept: KeptBroadcast) -> bytes:
        """Encode a broadcast. One that is sent late has the time at which it was made, by the clock of the server."""
        if self._repeating is None:
            return kept.envelope.encoded()
        return kept.envelope._replace(at=self._clock(kept.ends - kept.keep)).encoded()

    def _answered(self, number: int, answer: "asyncio.Future[Any]") -> None:
        if answer.cancelled():
            return
        if answer.exception() is not None or int(answer.result()) < number:
            return self.check()
        self._confirm(int(answer.result()))

    def _confirm(self, number: int) -> None:
        self._confirmed = max(self._confirmed, number)
        self._stalled = False
        self._progress.set()
        self._progress = asyncio.Event()

    async def _repeat(self) -> None:
        try:
            while self._kept:
                try:
                    return await self._send_missing()
                except StoreUnavailable:
                    await asyncio.sleep(PAUSE)
                    self._remove_expired()
        finally:
            self._repeating = None

    async def _send_missing(self) -> None:
        """Send all broadcasts that the server does not have. Raises `StoreUnavailable`."""
        last = int(await self._server.run("publishing", "GET", self._keys[1]) or 0)
        while missing := [kept for kept in self._kept if kept.envelope.kept > last][:TOGETHER]:
            # The first one by itself: the server may not know the script any more.
            last = int(await self._server.script(ADD, self._keys, *self._arguments(missing[0], last)))
            self._confirm(last)
            answers = [self._send(kept) for kept in missing[1:]]
            for answer in answers:
                last = int(await answer)

    # The end of a broadcast

    def _remove_expired(self) -> None:
        now = time.monotonic()
        if now < self._next_end:
            return
        expired = [kept for kept in self._kept if kept.ends <= now]
        self._kept = deque(kept for kept in self._kept if kept.ends > now)
        self._next_end = min((kept.ends for kept in self._kept), default=math.inf)
        self._size -= sum(kept.size for kept in expired)
        self._note_lost(sum(kept.envelope.kept > self._confirmed for kept in expired))

    def _note_lost(self, number: int) -> None:
        if number and not self._lost:
            logger.error(
                "kept broadcasts have expired before the server took them: `keep` was shorter than its outage"
            )
        self._lost = number > 0

    def _refuse(self) -> None:
        if not self._full:
            self._full = True
            logger.error(
                "more than %d broadcasts or %d MiB of this worker are kept: further ones are not, until some expire",
                MOST,
                MOST_BYTES >> 20,
            )

    def _clean_later(self) -> None:
        if self._cleaning is None:
            loop = asyncio.get_running_loop()
            self._cleaning = loop.call_later(max(1.0, self._next_end - time.monotonic()), self._clean)

    def _clean(self) -> None:
        self._cleaning = None
        self._remove_expired()
        if self._kept:
            self._clean_later()
