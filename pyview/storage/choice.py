"""Which store an environment asks for."""

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType


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
