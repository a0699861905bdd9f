"""The choice of a PubSub from the environment: Redis, or the memory of this process."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from pyview.pubsub.memory import MemoryPubSub, PubSub
from pyview.stores.from_environment import StoreKind, from_environment, redis_url
from pyview.stores.health import HealthRegistry

# There is no SQLite version: a file cannot notify other processes, and polling it is too slow for broadcasts.
BROADCASTS: Final[StoreKind[PubSub]] = StoreKind(MemoryPubSub, "pyview.pubsub.redis:RedisPubSub")


def pubsub_from_environment(
    environ: Mapping[str, str] = os.environ, health: HealthRegistry | None = None
) -> PubSub:
    """Return a PubSub on `PYVIEW_REDIS_URL`, else one within this process.

    A module can create it and broadcast without knowing the application; give the same object to
    `PyView(pubsub=...)`. Stores that share `health` log an outage of their common server once.

    Raises `ValueError` for an invalid URL, `RuntimeError` if the extra `[redis]` is needed and not installed.
    """
    return from_environment(BROADCASTS, environ, health)


@asynccontextmanager
async def shared_pubsub(environ: Mapping[str, str] = os.environ) -> AsyncIterator[PubSub]:
    """Open the PubSub of an application's workers in another program, such as a task queue.

    Raises `RuntimeError` without `PYVIEW_REDIS_URL`: no broadcast would leave this process.
    """
    if not redis_url(environ):
        raise RuntimeError(
            "shared_pubsub() needs PYVIEW_REDIS_URL, with the value that the application has: without it, no broadcast"
            " leaves this process"
        )
    pubsub = pubsub_from_environment(environ)
    try:
        yield pubsub
    finally:
        await pubsub.close()
