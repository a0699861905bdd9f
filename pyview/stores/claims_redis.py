"""Claims shared by workers anywhere, on a Redis or Valkey server. Needs the extra `[redis]`."""

import math
import time
from collections.abc import Callable

from pyview.stores.claims import checked
from pyview.stores.outage import Outages
from pyview.stores.redis import RedisServer


class RedisClaims:
    """Claims in the database at `url`, under names that begin with `prefix`. `timeout`: seconds to wait for a
    connection or an answer. `clock`: Unix time in seconds.

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
        self._server = RedisServer(url, timeout, outages)
        self._prefix = f"{prefix}claim:"
        self._clock = clock
        self.start = self._server.open
        self.close = self._server.close

    async def claim(self, key: str, until: float) -> bool:
        milliseconds = math.ceil(checked(key, until, self._clock()) * 1000)
        async with self._server.asked("writing") as client:
            return bool(await client.set(self._prefix + key, 1, nx=True, px=milliseconds))
