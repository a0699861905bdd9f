"""The URL of a Redis or Valkey server, and connections to its database. Needs the extra `[redis]`."""

from collections.abc import Iterable
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from redis.asyncio import ConnectionPool
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

# The client does not know Valkey's names of the two schemes.
_SCHEMES = {"valkey": "redis", "valkeys": "rediss"}

FAILURES: Final = (RedisError, OSError)
"""Exceptions of a connection; `TimeoutError` is an `OSError`."""


class Connection(Protocol):
    """The methods that are used of a connection of the Redis client."""

    async def connect(self) -> None: ...
    async def disconnect(self, nowait: bool = False) -> None: ...
    async def send_packed_command(self, command: Iterable[bytes], check_health: bool = True) -> None: ...
    async def read_response(
        self, disable_decoding: bool = False, *, disconnect_on_error: bool = True
    ) -> Any: ...
    def pack_command(self, *args: Any) -> list[bytes]: ...


class RedisAddress:
    """One database of a server. Raises `ValueError` for an invalid URL.

    `name`: the server in the log, without a password.
    """

    def __init__(self, url: str, timeout: float) -> None:
        scheme, separator, rest = url.partition("://")
        known = f"{_SCHEMES.get(scheme, scheme)}{separator}{rest}"
        self.database = _database(known)
        self.name = f"The server {_without_password(known)}"
        # No automatic repetition: a script that compares a version may have run before its answer was lost, and would
        # then fail the second time. The link has its own timeouts.
        self._pool = ConnectionPool.from_url(
            known,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
            socket_timeout=None,
            socket_connect_timeout=timeout,
        )

    def connection(self) -> Connection:
        """Return a new connection, which is not open yet."""
        made: Any = self._pool
        connection: Connection = made.make_connection()
        return connection


def failure(error: Exception) -> Exception:
    """Return the error itself, or the first one of a group; a timeout gets a text."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return TimeoutError("no answer in time") if isinstance(error, TimeoutError) and not str(error) else error


def _database(url: str) -> int:
    try:
        return int(parse_url(url).get("db", 0))
    except ValueError as error:
        raise ValueError(
            f"{_without_password(url)!r} is not the URL of a Redis or Valkey server ({error}). "
            "Expected redis://:password@host:6379/0, rediss://... or unix:///path"
        ) from error


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"
