"""Keys that may be used once, on a Redis or Valkey server that several hosts share. Needs the extra `[redis]`."""

import math
import time
from collections.abc import Callable

from pyview.stores.health import HealthRegistry
from pyview.stores.once import seconds_until
from pyview.stores.redis import RedisServer


class RedisOnceStore:
    """Once-store in the database at `url`, under names that begin with `prefix`.

    `timeout`: seconds to wait for a connection or an answer. `clock`: Unix time in seconds. `health`: shared with other
    stores on the same server. Raises `ValueError` for an invalid URL.
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
        self._server = RedisServer(url, timeout, health)
        self._prefix = f"{prefix}claim:"
        self._clock = clock
        self.share_health = self._server.share_health
        self.start = self._server.open
        self.close = self._server.close

    async def claim(self, key: str, until: float) -> bool:
        # A lifetime and not a point in time: the server's clock may differ from the one that `until` was made with.
        milliseconds = math.ceil(seconds_until(key, until, self._clock()) * 1000)
        set_once = ("SET", self._prefix + key, 1, "NX", "PX", milliseconds)
        return await self._server.run("writing", *set_once) is not None
