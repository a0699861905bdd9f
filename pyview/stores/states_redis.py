"""Kept states of pages on a Redis or Valkey server that several hosts share. Needs the extra `[redis]`."""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from pyview.stores.health import HealthRegistry
from pyview.stores.redis import RedisServer
from pyview.stores.states import StateEntry

_DAY = 24 * 3600.0


class RedisStateStore:
    """States in the database at `url`, under names that begin with `prefix`.

    The server deletes an entry when it expires. The keys of one session are in a sorted set by their end, so that
    `forget` finds them. `timeout`: seconds to wait for a connection or an answer. `clock`: Unix time in seconds.
    `health`: shared with other stores on the same server. Raises `ValueError` for an invalid URL.
    """

    shared: ClassVar[bool] = True

    def __init__(
        self,
        url: str,
        *,
        prefix: str = "pyview:",
        timeout: float = 2.0,
        clock: Callable[[], float] = time.time,
        health: HealthRegistry | None = None,
    ) -> None:
        self._server = RedisServer(url, timeout, health)
        self._states = f"{prefix}state:"
        self._tags = f"{prefix}states-of:"
        self._clock = clock
        self.share_health = self._server.share_health
        self.start = self._server.open
        self.close = self._server.close

    async def put(self, entries: Sequence[StateEntry]) -> None:
        now = self._clock()
        commands = [
            ("SET", self._states + entry.key, entry.value, "PX", _milliseconds(entry.seconds))
            for entry in entries
        ]
        for tag in {entry.tag for entry in entries if entry.tag}:
            commands += self._index(tag, [entry for entry in entries if entry.tag == tag], now)
        await self._server.run_all("writing", commands)

    def _index(self, tag: str, entries: Sequence[StateEntry], now: float) -> list[tuple[Any, ...]]:
        """Return the commands that add the keys of a session to its set, and remove those that have expired."""
        name = self._tags + tag
        ends = [part for entry in entries for part in (now + entry.seconds, entry.key)]
        # At least a day: a short-lived entry must not end the set before a long-lived one.
        lifetime = _milliseconds(max(_DAY, *(entry.seconds for entry in entries)))
        return [("ZREMRANGEBYSCORE", name, "-inf", now), ("ZADD", name, *ends), ("PEXPIRE", name, lifetime)]

    async def take(self, key: str) -> bytes | None:
        found: bytes | None = await self._server.run("writing", "GETDEL", self._states + key)
        return found

    async def drop(self, keys: Iterable[str]) -> None:
        names = [self._states + key for key in keys]
        if names:
            await self._server.run("writing", "DEL", *names)

    async def forget(self, tag: str) -> None:
        keys = await self._server.run("writing", "ZRANGE", self._tags + tag, 0, -1)
        await self._server.run(
            "writing", "DEL", self._tags + tag, *(self._states + key.decode() for key in keys)
        )


def _milliseconds(seconds: float) -> int:
    return math.ceil(seconds * 1000)
