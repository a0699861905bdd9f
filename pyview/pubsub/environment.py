"""Which PubSub an environment asks for."""

from collections.abc import Mapping

from pyview.pubsub.base import PubSub
from pyview.pubsub.memory import MemoryPubSub
from pyview.storage.choice import needs_redis, redis_url


def pubsub_from_environment(environ: Mapping[str, str]) -> PubSub:
    """Shared through `PYVIEW_REDIS_URL`, else this process's own.

    Raises `ValueError` for an address that is none, `RuntimeError` where the extra `[redis]` is missing.
    """
    url = redis_url(environ)
    if not url:
        return MemoryPubSub()
    shared: PubSub = needs_redis("pyview.pubsub.redis").RedisPubSub(url)
    return shared
