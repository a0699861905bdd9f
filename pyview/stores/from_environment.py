"""The choice of a store from the environment: Redis, a SQLite file, or the memory of this process.

`PYVIEW_REDIS_URL` is for workers on several hosts, `PYVIEW_STATE` (the path of a SQLite file) for those of one host.
Redis comes first if both are set. Only this module reads the two variables.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from pyview.environment.development import shared_state
from pyview.stores.health import HealthRegistry
from pyview.stores.once import MemoryOnceStore, OnceStore, SQLiteOnceStore
from pyview.stores.revocations import MemoryRevocations, Revocations
from pyview.stores.revocations_sqlite import SQLiteRevocations
from pyview.stores.sessions import MemorySessionStore, SessionStore
from pyview.stores.sessions_sqlite import SQLiteSessionStore
from pyview.stores.states import MemoryStateStore, SQLiteStateStore, StateStore

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StoreKind(Generic[T]):
    """The implementations of one kind of store.

    `redis` is "module:Class", called with a URL; `sqlite` is called with a path, None if there is no such version. Both
    take the keyword `health`.
    """

    memory: Callable[[], T]
    redis: str
    sqlite: Callable[..., T] | None = None


ONCE: Final[StoreKind[OnceStore]] = StoreKind(
    MemoryOnceStore, "pyview.stores.once_redis:RedisOnceStore", SQLiteOnceStore
)
REVOCATIONS: Final[StoreKind[Revocations]] = StoreKind(
    MemoryRevocations, "pyview.stores.revocations_redis:RedisRevocations", SQLiteRevocations
)
SESSIONS: Final[StoreKind[SessionStore]] = StoreKind(
    MemorySessionStore, "pyview.stores.sessions_redis:RedisSessionStore", SQLiteSessionStore
)

STATES: Final[StoreKind[StateStore]] = StoreKind(
    MemoryStateStore, "pyview.stores.states_redis:RedisStateStore", SQLiteStateStore
)


def from_environment(
    kind: StoreKind[T], environ: Mapping[str, str], health: HealthRegistry | None = None
) -> T:
    """Return a store of `kind` for `PYVIEW_REDIS_URL`, else for `PYVIEW_STATE`, else in the memory of this process.

    Stores that share `health` log an outage of their common server or file once. Raises `ValueError` for an invalid
    URL, `RuntimeError` if the extra `[redis]` is needed and not installed.
    """
    url = redis_url(environ)
    if url:
        redis: Callable[..., T] = _redis_class(kind.redis)
        return redis(url, health=health)
    path = state_path(environ)
    return kind.sqlite(path, health=health) if path and kind.sqlite else kind.memory()


def redis_url(environ: Mapping[str, str]) -> str:
    """Return `PYVIEW_REDIS_URL`, or "" if it is unset or empty."""
    return environ.get("PYVIEW_REDIS_URL", "").strip()


def state_path(environ: Mapping[str, str]) -> str:
    """Return `PYVIEW_STATE`, else the file that the workers of one server share in development, else ""."""
    return environ.get("PYVIEW_STATE", "").strip() or shared_state(environ)


def is_shared(environ: Mapping[str, str]) -> bool:
    """Return True if the environment names something that workers share."""
    return bool(redis_url(environ) or state_path(environ))


def spool_places(environ: Mapping[str, str]) -> list[Path]:
    """Return the directories for sign-outs that a store has missed, the best first.

    `PYVIEW_SPOOL` alone if it is set. Otherwise the directory of `PYVIEW_STATE`, the state directories of systemd and
    of the desktop standard, and the home directory.
    """
    chosen = environ.get("PYVIEW_SPOOL", "").strip()
    if chosen:
        return [Path(chosen).absolute()]
    state = state_path(environ)
    beside = [str(Path(state).absolute().parent)] if state else []
    named = environ.get("STATE_DIRECTORY", "").partition(":")[0], environ.get("XDG_STATE_HOME", "")
    return [Path(place) for place in (*beside, *named, environ.get("HOME", "")) if place]


def _redis_class(path: str) -> Callable[..., Any]:
    module, _, name = path.partition(":")
    try:
        # Imported by name: the Redis client is an extra, and takes longer to import than the rest of PyView.
        found: Callable[..., Any] = getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "redis":
            raise
        raise RuntimeError(
            "PYVIEW_REDIS_URL is set, but the Redis client is not installed: pip install 'pyview-live[redis]'"
        ) from error
    return found


def once_store_from_environment(
    environ: Mapping[str, str], health: HealthRegistry | None = None
) -> OnceStore:
    """Return the once-store that the environment chooses. See `from_environment`."""
    return from_environment(ONCE, environ, health)


claims_from_environment = once_store_from_environment


def revocations_from_environment(
    environ: Mapping[str, str], health: HealthRegistry | None = None
) -> Revocations:
    """Return the revocations that the environment chooses. See `from_environment`."""
    return from_environment(REVOCATIONS, environ, health)


def session_store_from_environment(
    environ: Mapping[str, str], health: HealthRegistry | None = None
) -> SessionStore:
    """Return the session store that the environment chooses. See `from_environment`."""
    return from_environment(SESSIONS, environ, health)


def state_store_from_environment(
    environ: Mapping[str, str], health: HealthRegistry | None = None
) -> StateStore:
    """Return the store of kept states that the environment chooses. See `from_environment`."""
    return from_environment(STATES, environ, health)
