"""Revocations shared by workers on several hosts through a Redis or Valkey server. Needs the extra `[redis]`.

Two sorted sets have the keys, scored by `until` and by `not_before` (+inf: every sign-in). The server must not evict
them (`maxmemory-policy noeviction`).
"""

import json
import math
import time
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing

from pyview.stores.health import HealthRegistry
from pyview.stores.redis import RedisServer
from pyview.stores.revocations import Revocation
from pyview.stores.revocations_shared import RevocationBatch, SharedRevocations

PAGE = 1000  # revocations of one read
EVERY_SIGN_IN = "+inf"

# Merges one revocation (later times win), drops expired ones and notifies every worker, in one step: with separate
# commands, two workers that revoke the same key at once could overwrite the later time with the earlier one.
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
    """Revocations in the database at `url`, under names that begin with `prefix`.

    `url`: `redis://:password@host:6379/0`, `rediss://`, `valkey://` or `unix://`. `timeout`: seconds to wait for a
    connection or an answer. `clock`: Unix time in seconds, for reading. `health`: shared with other stores on the same
    server. Raises `ValueError` for an invalid URL.
    """

    def __init__(
        self,
        url: str,
        *,
        prefix: str = "pyview:",
        timeout: float = 2.0,
        clock: Callable[[], float] = time.time,
        health: HealthRegistry | None = None,
    ) -> None:
        super().__init__(_RedisLog(RedisServer(url, timeout, health), prefix), clock)


class _RedisLog:
    def __init__(self, server: RedisServer, prefix: str) -> None:
        self._server = server
        self._until = f"{prefix}revoked:until"
        self._not_before = f"{prefix}revoked:not_before"
        # Redis publishes to all databases of a server; each database has its own revocations.
        self._channel = f"{prefix}revoked:{server.database}"
        self.share_health = server.share_health
        self.open = server.open
        self.close = server.close

    async def add(self, revocations: Collection[Revocation], now: float) -> None:
        for revocation in revocations:
            key, until, not_before = revocation.key, revocation.until, revocation.not_before
            score = EVERY_SIGN_IN if not_before is None else not_before
            message = json.dumps([key, until, not_before])
            names = (self._until, self._not_before)
            await self._server.script(ADD, names, key, until, score, now, self._channel, message)

    async def find(self, keys: Collection[str]) -> list[Revocation]:
        if not keys:
            return []
        scores = [("ZMSCORE", name, *keys) for name in (self._until, self._not_before)]
        untils, not_befores = await self._server.run_all("reading", scores)
        found = zip(keys, untils, not_befores, strict=True)
        return [_revocation(key, until, before) for key, until, before in found if until is not None]

    async def follow(self) -> AsyncGenerator[RevocationBatch, None]:
        async with aclosing(self._server.messages(self._channel)) as messages:
            await anext(messages)  # subscribed first, read next: an addition in between is not missed
            yield RevocationBatch(await self._read_all(), whole=True)
            async for message in messages:
                yield RevocationBatch([] if message is None else [Revocation(*json.loads(message))])

    async def _read_all(self) -> list[Revocation]:
        found: dict[str, Revocation] = {}  # ZSCAN may yield a key twice
        cursor = b"0"
        while True:
            cursor, page = await self._server.run("reading", "ZSCAN", self._until, cursor, "COUNT", PAGE)
            for revocation in await self.find([key.decode() for key in page[::2]]):
                found[revocation.key] = revocation
            if cursor == b"0":
                return list(found.values())


def _revocation(key: str, until: bytes, not_before: bytes | None) -> Revocation:
    # Between the two commands a revocation may have expired and been removed from the second set: `not_before` is None.
    every_sign_in = not_before is None or math.isinf(float(not_before))
    return Revocation(key, float(until), None if every_sign_in else float(not_before or 0))
