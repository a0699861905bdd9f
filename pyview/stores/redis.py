"""A Redis or Valkey server (6.2 or later) shared by workers on several hosts. Needs the extra `[redis]`."""

import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from urllib.parse import urlsplit

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.client import PubSub
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Unreachable
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as Silent

from pyview.stores.health import HealthRegistry, Operation, StoreUnavailable

HEARTBEAT = 1.0  # seconds of silence on a subscription before the server is pinged on it
CONNECTIONS = 32  # of one worker; a request that needs one more waits
# The client does not know Valkey's names of the two schemes.
_SCHEMES = {"valkey": "redis", "valkeys": "rediss"}


class RedisServer:
    """One database of a server, not of a cluster.

    `timeout`: seconds to wait for a connection or an answer. `health`: shared with other stores on the same server.
    Raises `ValueError` for an invalid URL.
    """

    def __init__(self, url: str, timeout: float = 2.0, health: HealthRegistry | None = None) -> None:
        scheme, separator, rest = url.partition("://")
        self._url = f"{_SCHEMES.get(scheme, scheme)}{separator}{rest}"
        self._timeout = timeout
        self._name = f"The server {_without_password(url)}"
        self._health = (health or HealthRegistry()).of(self._name)
        self._client: Redis | None = None
        self._answered = False
        self.database = _database(self._url)

    def share_health(self, health: HealthRegistry) -> None:
        """Log an outage once for all stores on this server that share `health`."""
        self._health = health.of(self._name)

    async def open(self) -> None:
        """Connect. Raises `StoreUnavailable` if the server does not answer.

        It is open nevertheless: later commands reach the server as soon as it is back.
        """
        if self._client is None:
            self._client = self._make_client()
        if not self._answered:
            async with self.commands("reading") as client:
                await client.ping()
            self._answered = True

    def _make_client(self) -> Redis:
        # No automatic repetition: a script that compares a version may have run before its answer was lost, and would
        # then fail the second time.
        retry = Retry(NoBackoff(), 0)
        pool = BlockingConnectionPool.from_url(
            self._url,
            retry=retry,
            protocol=2,
            max_connections=CONNECTIONS,
            timeout=self._timeout,
            socket_timeout=self._timeout,
            socket_connect_timeout=self._timeout,
        )
        return Redis.from_pool(pool)

    async def close(self) -> None:
        client, self._client = self._client, None
        self._answered = False
        if client is not None:
            await client.aclose()

    @asynccontextmanager
    async def commands(self, operation: Operation) -> AsyncIterator[Redis]:
        """Yield the client for commands of one kind; their failures raise `StoreUnavailable`."""
        sent = time.monotonic()
        try:
            yield self._opened()
        except (RedisError, OSError) as error:
            raise self._failed(operation, error, sent) from error
        self._health.recovered(operation)

    def _failed(self, operation: Operation, error: RedisError | OSError, sent: float) -> StoreUnavailable:
        """Record the failure of a request that was sent at `sent`. Return the exception to raise."""
        unreachable = isinstance(error, (Unreachable, Silent, OSError))
        self._health.failed(operation, error, sent=sent, unreachable=unreachable)
        return StoreUnavailable(f"{operation} failed with {type(error).__name__}: {error}")

    async def messages(self, channel: str) -> AsyncGenerator[bytes | None, None]:
        """Yield the messages on `channel`, and None once subscribed and after each second of silence.

        No message between two items is lost. Raises `StoreUnavailable` if the server is lost: messages that are
        published until the next subscription do not arrive.
        """
        # A subscription lasts for hours, so its failure counts from the last answer and not from its start.
        answered = time.monotonic()
        try:
            async with self._opened().pubsub() as subscription:
                await subscription.subscribe(channel)
                async with aclosing(_messages(subscription)) as messages:
                    async for message in messages:
                        answered = time.monotonic()
                        self._health.recovered("listening")
                        yield message
        except (RedisError, OSError) as error:
            raise self._failed("listening", error, answered) from error

    def _opened(self) -> Redis:
        if self._client is None:
            raise StoreUnavailable("the store is not open: await start() first, and close() last")
        return self._client


async def _messages(subscription: PubSub) -> AsyncGenerator[bytes | None, None]:
    pinged = False
    while True:
        message = await subscription.get_message(timeout=HEARTBEAT)
        if message is None and pinged:
            raise ConnectionError("the subscription is silent")
        pinged = message is None
        if message is None:
            await subscription.ping()
        else:
            yield message["data"] if message["type"] == "message" else None


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
