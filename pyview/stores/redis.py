"""A Redis or Valkey server (6.2 or later) that workers anywhere share. Needs the extra `[redis]`."""

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

from pyview.stores.outage import Failing, Outages, StoreUnavailable

HEARTBEAT = 1.0  # seconds of silence on a subscription before it is asked whether it is still there
CONNECTIONS = 32  # of one worker; who needs one more waits
# The client does not know the other project's names for the same two schemes.
_SCHEMES = {"valkey": "redis", "valkeys": "rediss"}


class RedisServer:
    """One database of a server, not of a cluster. `timeout`: seconds to wait for a connection or an answer.
    `outages`: those that are shared with other stores on the same server.

    Raises `ValueError` for an address that is none.
    """

    def __init__(self, url: str, timeout: float = 2.0, outages: Outages | None = None) -> None:
        scheme, separator, rest = url.partition("://")
        self._url = f"{_SCHEMES.get(scheme, scheme)}{separator}{rest}"
        self._timeout = timeout
        self._name = f"The server {_without_password(url)}"
        self._outage = (outages or Outages()).of(self._name)
        self._client: Redis | None = None
        self._answered = False
        self.database = _checked(self._url)

    def share_outages(self, outages: Outages) -> None:
        """Log an outage once for all stores on this server that share `outages`."""
        self._outage = outages.of(self._name)

    async def open(self) -> None:
        """Raises `StoreUnavailable` when the server does not answer. It is open all the same: whatever is asked later
        reaches a server that has come back."""
        if self._client is None:
            self._client = self._make_client()
        if not self._answered:
            async with self.asked("reading") as client:
                await client.ping()
            self._answered = True

    def _make_client(self) -> Redis:
        # Nothing is sent twice by itself: a comparison that had already succeeded would fail the second time.
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
    async def asked(self, doing: Failing) -> AsyncIterator[Redis]:
        """The client, for commands; what fails in them raises `StoreUnavailable`."""
        sent = time.monotonic()
        try:
            yield self._opened()
        except (RedisError, OSError) as error:
            raise self._failed(doing, error, sent) from error
        self._outage.recovered(doing)

    def _failed(self, doing: Failing, error: RedisError | OSError, sent: float) -> StoreUnavailable:
        """Log the failure of a request that was sent at `sent`, and return what to raise."""
        unreachable = isinstance(error, (Unreachable, Silent, OSError))
        self._outage.failed(doing, error, sent=sent, altogether=unreachable)
        return StoreUnavailable(f"{doing} failed with {type(error).__name__}: {error}")

    async def notices(self, channel: str) -> AsyncGenerator[bytes | None, None]:
        """What is published on `channel`, and None when it is subscribed and after each second of silence.

        Nothing is lost between two items. Raises `StoreUnavailable` when the server is gone: what was published
        meanwhile has to be found in another way.
        """
        # A subscription is open for hours: what counts is when the server last answered on it.
        heard = time.monotonic()
        try:
            async with self._opened().pubsub() as subscription:
                await subscription.subscribe(channel)
                async with aclosing(_messages(subscription)) as messages:
                    async for message in messages:
                        heard = time.monotonic()
                        self._outage.recovered("listening")
                        yield message
        except (RedisError, OSError) as error:
            raise self._failed("listening", error, heard) from error

    def _opened(self) -> Redis:
        if self._client is None:
            raise StoreUnavailable("the store is not open: await start() first, and close() last")
        return self._client


async def _messages(subscription: PubSub) -> AsyncGenerator[bytes | None, None]:
    asked = False
    while True:
        message = await subscription.get_message(timeout=HEARTBEAT)
        if message is None and asked:
            raise ConnectionError("the subscription is silent")
        asked = message is None
        if message is None:
            await subscription.ping()
        else:
            yield message["data"] if message["type"] == "message" else None


def _checked(url: str) -> int:
    try:
        return int(parse_url(url).get("db", 0))
    except ValueError as error:
        raise ValueError(
            f"{_without_password(url)!r} is no address of a Redis or Valkey server ({error}). "
            "Expected something like redis://:password@host:6379/0, rediss://... or unix:///path"
        ) from error


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"
