"""The kept broadcasts of other workers: read after an outage, and delivered once."""

import logging
import time
from collections.abc import AsyncIterator
from typing import Final

from pyview.pubsub.redis_channels import Channels, Envelope, opened
from pyview.stores.redis import RedisServer

logger = logging.getLogger("pyview")

PAGE: Final = 500  # broadcasts of one read
MOST_SENDERS: Final = 1000  # workers whose last number is known; with each deploy there are new ones
MARGIN: Final = 2000  # milliseconds that a read after an outage begins before it


class ReceivedBroadcasts:
    """What this worker has received, and since when it has subscribers for each topic.

    A kept broadcast may come several times: live, from the stream after an outage, and again from a worker that found
    the data of the server lost. A worker numbers its kept broadcasts, and sends them in that order.
    """

    def __init__(self, server: RedisServer, channels: Channels) -> None:
        self._server = server
        self._channels = channels
        self._last: dict[bytes, int] = {}
        self._since: dict[str, int] = {}
        self._ahead: float | None = None  # milliseconds from `time.monotonic()` to the clock of the server

    def clock(self) -> int:
        """Return the time of the server in milliseconds, 0 if it is unknown."""
        return 0 if self._ahead is None else int(time.monotonic() * 1000 + self._ahead)

    async def synchronise(self) -> None:
        """Ask the server for its time. Raises `StoreUnavailable`."""
        sent = time.monotonic()
        seconds, microseconds = await self._server.run("reading", "TIME")
        middle = (sent + time.monotonic()) / 2
        self._ahead = int(seconds) * 1000 + int(microseconds) / 1000 - middle * 1000

    def subscribed(self, topic: str) -> None:
        """Note the first subscriber of a topic: what was broadcast before is not for this worker."""
        self._since.setdefault(topic, self.clock())

    def forget(self, topic: str) -> None:
        """Note that a topic has no subscriber any more."""
        self._since.pop(topic, None)

    def is_new(self, message: Envelope) -> bool:
        """Return True if a kept broadcast comes for the first time, and was not made before the subscription."""
        last = self._last.pop(message.sender, 0)
        self._last[message.sender] = max(last, message.kept)
        if len(self._last) > MOST_SENDERS:
            del self._last[next(iter(self._last))]
        made_before = 0 < message.at < self._since.get(message.topic, 0)
        return message.kept > last and not made_before

    async def missed(self, gap: float) -> AsyncIterator[Envelope]:
        """Yield the kept broadcasts of the last `gap` seconds on topics with subscribers, older ones perhaps too.

        Raises `StoreUnavailable`.
        """
        start = f"{max(0, self.clock() - int(gap * 1000) - MARGIN)}-0"
        while True:
            page = await self._server.run("reading", "XRANGE", self._channels.kept, start, "+", "COUNT", PAGE)
            for name, fields in page:
                start = f"({name.decode()}"
                message = self._opened(name, fields)
                if message is not None and message.topic in self._since:
                    yield message
            if len(page) < PAGE:
                return

    def _opened(self, name: bytes, fields: list[bytes]) -> Envelope | None:
        try:
            message = opened(fields[1])
            # The name begins with the time at which the server got the broadcast.
            return message if message.at else message._replace(at=int(name.partition(b"-")[0]))
        except (ValueError, IndexError):
            logger.warning("invalid broadcast in %s: %r", self._channels.kept, fields)
            return None
