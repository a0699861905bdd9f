"""Which session store an environment asks for."""

from collections.abc import Mapping

from pyview.sessions.store.base import SessionStore
from pyview.sessions.store.memory import MemorySessionStore
from pyview.sessions.store.sqlite import SQLiteSessionStore
from pyview.storage.choice import needs_redis, redis_url, state_path


def session_store_from_environment(environ: Mapping[str, str]) -> SessionStore:
    """Shared through `PYVIEW_REDIS_URL`, else through the SQLite file `PYVIEW_STATE`, else this process's own.

    Raises `ValueError` for an address that is none, `RuntimeError` where the extra `[redis]` is missing.
    """
    url, path = redis_url(environ), state_path(environ)
    if url:
        store: SessionStore = needs_redis("pyview.sessions.store.redis").RedisSessionStore(url)
        return store
    return SQLiteSessionStore(path) if path else MemorySessionStore()
