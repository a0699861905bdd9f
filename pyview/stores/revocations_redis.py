"""Revocations shared by workers anywhere, on a Redis or Valkey server. Needs the extra `[redis]`.

Two sorted sets hold them, scored by `until` and by `not_before` (+inf: everything). The server must not evict
them (`maxmemory-policy noeviction`).
"""

import json
import math
import time
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing

from redis.asyncio import Redis

from pyview.stores.outage import Outages
from pyview.stores.redis import RedisServer
from pyview.stores.revocations import Revocation
from pyview.stores.revocations_shared import RevocationBatch, SharedRevocations

PAGE = 1000  # revocations read in one go
EVERYTHING = "+inf"

# Merges one revocation (later times win), drops expired ones, tells everybody.
ADD = """
local earlier = redis.call('ZSCORE', KEYS[1], ARGV[1])
if earlier and tonumber(earlier) <= tonumber(ARGV[4]) then
  redis.call('ZREM', KEYS[1], ARGV[1])
  redis.call('ZREM', KEYS[2], ARGV[1])
end
redis.call('ZADD', KEYS[1], 'GT', ARGV[2], ARGV[1])
redis.call('ZADD', KEYS[2], 'GT', ARGV[3], ARGV[1])
for _, expired in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[4], 'LIMIT', 0, 200)) do
  redis.call('ZREM', KEYS[1], expired)
  redis.call('ZREM', KEYS[2], expired)
end
redis.call('PUBLISH', ARGV[5], ARGV[6])
"""


class RedisRevocations(SharedRevocations):
    """Revocations in the database at `url` (`redis://:password@host:6379/0`, `rediss://`, `valkey://`,
    `unix://`), under names that begin with `prefix`. `timeout`: seconds to wait for a connection or an answer.
    `clock`: Unix time in seconds, when reading.

    Raises `ValueError` for an address that is none.
    """

    def __init__(
        self,
        url: str,
        *,
        prefix: str = "pyview:",
        timeout: float = 2.0,
        clock: Callable[[], float] = time.time,
        outages: Outages | None = None,
    ) -> None:
        super().__init__(_RedisLog(RedisServer(url, timeout, outages), prefix), clock)


class _RedisLog:
    def __init__(self, server: RedisServer, prefix: str) -> None:
        self._server = server
        self._until = f"{prefix}revoked:until"
        self._not_before = f"{prefix}revoked:not_before"
        # Channels are shared by all databases of a server; revocations are not.
        self._channel = f"{prefix}revoked:{server.database}"
        self.open = server.open
        self.close = server.close

    async def add(self, revocations: Collection[Revocation], now: float) -> None:
        async with self._server.asked("writing") as client:
            merge = client.register_script(ADD)
            for revocation in revocations:
                await merge(keys=[self._until, self._not_before], args=self._arguments(revocation, now))

    def _arguments(self, revocation: Revocation, now: float) -> list[str | float]:
        not_before = EVERYTHING if revocation.not_before is None else revocation.not_before
        return [revocation.key, revocation.until, not_before, now, self._channel, _notice(revocation)]

    async def find(self, keys: Collection[str]) -> list[Revocation]:
        async with self._server.asked("reading") as client:
            return await self._find(client, list(keys))

    async def _find(self, client: Redis, keys: list[str]) -> list[Revocation]:
        if not keys:
            return []
        async with client.pipeline(transaction=False) as pipeline:
            pipeline.zmscore(self._until, keys)
            pipeline.zmscore(self._not_before, keys)
            untils, not_befores = await pipeline.execute()
        found = zip(keys, untils, not_befores, strict=True)
        return [_revocation(key, until, before) for key, until, before in found if until is not None]

    async def follow(self) -> AsyncGenerator[RevocationBatch, None]:
        async with aclosing(self._server.notices(self._channel)) as notices:
            await anext(notices)  # subscribed: from here on nothing is missed
            yield RevocationBatch(await self._everything(), whole=True)
            async for notice in notices:
                yield RevocationBatch([] if notice is None else [_noticed(notice)])

    async def _everything(self) -> list[Revocation]:
        async with self._server.asked("reading") as client:
            everything: dict[str, Revocation] = {}
            cursor = 0
            while True:
                cursor, page = await client.zscan(self._until, cursor, count=PAGE)
                for revocation in await self._find(client, [_text(key) for key, _ in page]):
                    everything[revocation.key] = revocation
                if not cursor:
                    return list(everything.values())


def _text(name: object) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


def _revocation(key: str, until: float, not_before: float | None) -> Revocation:
    # Between the two readings a revocation may have expired, and its second half have been dropped.
    everything = not_before is None or math.isinf(not_before)
    return Revocation(key, until, None if everything else not_before)


def _notice(revocation: Revocation) -> str:
    return json.dumps([revocation.key, revocation.until, revocation.not_before])


def _noticed(notice: bytes) -> Revocation:
    return Revocation(*json.loads(notice))
