"""Which revocations an environment asks for."""

from collections.abc import Mapping

from pyview.revocation.base import Revocations
from pyview.revocation.memory import MemoryRevocations
from pyview.revocation.sqlite import SQLiteRevocations
from pyview.storage.choice import needs_redis, redis_url, state_path
from pyview.storage.outage import Outages


def revocations_from_environment(environ: Mapping[str, str], outages: Outages | None = None) -> Revocations:
    """Shared through `PYVIEW_REDIS_URL`, else through the SQLite file `PYVIEW_STATE`, else this process's own.
    `outages`: those of this worker.

    Raises `ValueError` for an address that is none, `RuntimeError` where the extra `[redis]` is missing.
    """
    url, path = redis_url(environ), state_path(environ)
    if url:
        revocations: Revocations = needs_redis("pyview.revocation.redis").RedisRevocations(
            url, outages=outages
        )
        return revocations
    return SQLiteRevocations(path, outages=outages) if path else MemoryRevocations()
