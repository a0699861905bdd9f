"""Which PubSub an environment asks for."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from pyview.pubsub.memory import MemoryPubSub, PubSub
from pyview.stores.from_environment import needs_redis, redis_url
from pyview.stores.outage import Outages


def pubsub_from_environment(
    environ: Mapping[str, str] = os.environ, outages: Outages | None = None
) -> PubSub:
    """Shared through `PYVIEW_REDIS_URL`, else this process's own. `outages`: those of this worker.

    A module that makes one can broadcast without knowing an application, which is given it: `PyView(pubsub=...)`.

    Raises `ValueError` for an address that is none, `RuntimeError` where the extra `[redis]` is missing.
    """
    url = redis_url(environ)
    if not url:
        return MemoryPubSub()
    shared: PubSub = needs_redis("pyview.pubsub.redis").RedisPubSub(url, outages=outages)
    return shared


@asynccontextmanager
async def shared_pubsub(environ: Mapping[str, str] = os.environ) -> AsyncIterator[PubSub]:
    """Open the PubSub of an application's workers in a program beside them, such as a task queue.

    Raises `RuntimeError` without `PYVIEW_REDIS_URL`: no broadcast would leave this process.
    """
    if not redis_url(environ):
        raise RuntimeError(
            "shared_pubsub() needs PYVIEW_REDIS_URL, the same as for the application: without it, no broadcast leaves"
            " this process"
        )
    pubsub = pubsub_from_environment(environ)
    try:
        yield pubsub
    finally:
        await pubsub.close()
