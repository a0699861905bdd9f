"""Which PubSub an environment asks for."""

from collections.abc import Mapping

from pyview.pubsub.base import PubSub
from pyview.pubsub.memory import MemoryPubSub
from pyview.storage.choice import needs_redis, redis_url
from pyview.storage.outage import Outages


def pubsub_from_environment(environ: Mapping[str, str], outages: Outages | None = None) -> PubSub:
    """Shared through `PYVIEW_REDIS_URL`, else this process's own. `outages`: those of this worker.

    Raises `ValueError` for an address that is none, `RuntimeError` where the extra `[redis]` is missing.
    """
    url = redis_url(environ)
    if not url:
        return MemoryPubSub()
    shared: PubSub = needs_redis("pyview.pubsub.redis").RedisPubSub(url, outages=outages)
    return shared
