"""The choice of a PubSub from the environment: Redis, sockets of one host, or the memory of this process."""

import hashlib
import logging
import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from pyview.pubsub.local import LocalPubSub
from pyview.pubsub.memory import MemoryPubSub, PubSub
from pyview.stores.from_environment import StoreKind, from_environment, is_shared
from pyview.stores.health import HealthRegistry

logger = logging.getLogger("pyview")

REDIS: Final = "pyview.pubsub.redis:RedisPubSub"
DIRECTORY: Final = ".workers"
"""End of the name of the directory beside the state file."""


def pubsub_from_environment(
    environ: Mapping[str, str] = os.environ, health: HealthRegistry | None = None
) -> PubSub:
    """Return a PubSub on `PYVIEW_REDIS_URL`, else one of the workers that share `PYVIEW_STATE`, else one within this
    process.

    A module can create it and broadcast without knowing the application; give the same object to
    `PyView(pubsub=...)`. Stores that share `health` log an outage of their common server once.

    Raises `ValueError` for an invalid URL, `RuntimeError` if the extra `[redis]` is needed and not installed.
    """
    application = environ.get("PYVIEW_APP_ID", "").strip()
    kind: StoreKind[PubSub] = StoreKind(MemoryPubSub, REDIS, partial(_of_this_host, application))
    return from_environment(kind, environ, health)


def _of_this_host(application: str, state: str, health: HealthRegistry | None = None) -> PubSub:
    if not hasattr(socket, "AF_UNIX"):
        logger.warning(
            "this system has no Unix sockets: broadcasts stay in this worker; set PYVIEW_REDIS_URL"
        )
        return MemoryPubSub()
    # Any text may be a name, so a digest of it is a part of the path.
    name = f"-{hashlib.sha256(application.encode()).hexdigest()[:8]}" if application else ""
    return LocalPubSub(Path(f"{state}{DIRECTORY}{name}"))


@asynccontextmanager
async def shared_pubsub(environ: Mapping[str, str] = os.environ) -> AsyncIterator[PubSub]:
    """Open the PubSub of an application's workers in another program, such as a task queue.

    Raises `RuntimeError` without `PYVIEW_REDIS_URL` and `PYVIEW_STATE`: no broadcast would leave this process.
    """
    if not is_shared(environ):
        raise RuntimeError(
            "shared_pubsub() needs PYVIEW_REDIS_URL or PYVIEW_STATE, with the value that the application has: without "
            "it, no broadcast leaves this process"
        )
    pubsub = pubsub_from_environment(environ)
    try:
        yield pubsub
    finally:
        await pubsub.close()
