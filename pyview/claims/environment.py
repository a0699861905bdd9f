"""Which claims an environment asks for."""

from collections.abc import Mapping

from pyview.claims.base import Claims
from pyview.claims.memory import MemoryClaims
from pyview.claims.sqlite import SQLiteClaims
from pyview.storage.choice import needs_redis, redis_url, state_path
from pyview.storage.outage import Outages


def claims_from_environment(environ: Mapping[str, str], outages: Outages | None = None) -> Claims:
    """Shared through `PYVIEW_REDIS_URL`, else through the SQLite file `PYVIEW_STATE`, else this process's own.
    `outages`: those of this worker.

    Raises `ValueError` for an address that is none, `RuntimeError` where the extra `[redis]` is missing.
    """
    url, path = redis_url(environ), state_path(environ)
    if url:
        claims: Claims = needs_redis("pyview.claims.redis").RedisClaims(url, outages=outages)
        return claims
    return SQLiteClaims(path, outages=outages) if path else MemoryClaims()
