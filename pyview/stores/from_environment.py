"""Which store an environment asks for.

Which claims an environment asks for.

Which revocations an environment asks for.

Which session store an environment asks for.
"""

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType

from pyview.stores.claims import MemoryClaims, OnceStore, SQLiteClaims
from pyview.stores.outage import Outages
from pyview.stores.revocations import MemoryRevocations, Revocations
from pyview.stores.revocations_shared import SQLiteRevocations
from pyview.stores.sessions import MemorySessionStore, SessionStore
from pyview.stores.sessions_sqlite import SQLiteSessionStore


def redis_url(environ: Mapping[str, str]) -> str:
    """`PYVIEW_REDIS_URL`, or "" when it is unset or empty."""
    return environ.get("PYVIEW_REDIS_URL", "").strip()


def state_path(environ: Mapping[str, str]) -> str:
    """`PYVIEW_STATE`, the path of a SQLite file, or "" when it is unset or empty."""
    return environ.get("PYVIEW_STATE", "").strip()


def needs_redis(module: str) -> ModuleType:
    """`module`, which imports the Redis client: an extra, and slow to import, so only for those who ask for it.

    Raises `RuntimeError` where the extra is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "redis":
            raise
        raise RuntimeError(
            "PYVIEW_REDIS_URL is set, but the Redis client is not installed: pip install 'pyview-live[redis]'"
        ) from error


def claims_from_environment(environ: Mapping[str, str], outages: Outages | None = None) -> OnceStore:
    """Shared through `PYVIEW_REDIS_URL`, else through the SQLite file `PYVIEW_STATE`, else this process's own.
    `outages`: those of this worker.

    Raises `ValueError` for an address that is none, `RuntimeError` where the extra `[redis]` is missing.
    """
    url, path = redis_url(environ), state_path(environ)
    if url:
        claims: OnceStore = needs_redis("pyview.stores.claims_redis").RedisClaims(url, outages=outages)
        return claims
    return SQLiteClaims(path, outages=outages) if path else MemoryClaims()


def revocations_from_environment(environ: Mapping[str, str], outages: Outages | None = None) -> Revocations:
    """Shared through `PYVIEW_REDIS_URL`, else through the SQLite file `PYVIEW_STATE`, else this process's own.
    `outages`: those of this worker.

    Raises `ValueError` for an address that is none, `RuntimeError` where the extra `[redis]` is missing.
    """
    url, path = redis_url(environ), state_path(environ)
    if url:
        revocations: Revocations = needs_redis("pyview.stores.revocations_redis").RedisRevocations(
            url, outages=outages
        )
        return revocations
    return SQLiteRevocations(path, outages=outages) if path else MemoryRevocations()


def session_store_from_environment(environ: Mapping[str, str]) -> SessionStore:
    """Shared through `PYVIEW_REDIS_URL`, else through the SQLite file `PYVIEW_STATE`, else this process's own.

    Raises `ValueError` for an address that is none, `RuntimeError` where the extra `[redis]` is missing.
    """
    url, path = redis_url(environ), state_path(environ)
    if url:
        store: SessionStore = needs_redis("pyview.stores.sessions_redis").RedisSessionStore(url)
        return store
    return SQLiteSessionStore(path) if path else MemorySessionStore()
