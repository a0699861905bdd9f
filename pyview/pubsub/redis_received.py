"""The kept broadcasts of other workers: read after an outage, and delivered once."""

import logging
import math
import time
from collections.abc import AsyncIterator
from typing import Final

from pyview.pubsub.redis_channels import Envelope, SubscribedChannels, opened
from pyview.stores.redis import RedisServer

logger = logging.getLogger("pyview")

PAGE: Final = 500  # broadcasts of one read
MOST_SENDERS: Final = 1000  # workers whose last number is known; with each deploy there are new ones
MARGIN: Final = 2.0  # seconds that a read after an outage begins before it
SYNCHRONISED: Final = 60.0  # seconds for which the clock of the server is known


class ReceivedBroadcasts:
    """The broadcasts that this worker has received, and the time of its first subscriber for each topic.

    A kept broadcast may come several times: live, from the stream after an outage, and again from a worker that found
    the data of the server lost. A worker numbers its kept broadcasts, and sends them in that order.
    """

    def __init__(self, server: RedisServer, channels: SubscribedChannels) -> None:
        self._server = server
        self._channels = channels
        self._last: dict[bytes, int] = {}
        self._since: dict[str, int] = {}
        # The clock of the server is ahead of `time.monotonic()` by so many seconds: at least, and at most.
        self._ahead: tuple[float, float] | None = None
        self._asked = -math.inf

    def clock(self, moment: float) -> int:
        """Return the latest time of the server at `moment`, by `time.monotonic()`, in milliseconds; 0 if unknown."""
        return 0 if self._ahead is None else math.ceil((moment + self._ahead[1]) * 1000)

    async def synchronise(self) -> None:
        """Ask the server for its time. Raises `StoreUnavailable`."""
        sent = self._asked = time.monotonic()
        seconds, microseconds = await self._server.run("reading", "TIME")
        asked = int(seconds) + int(microseconds) / 1_000_000
        self._ahead = (asked - time.monotonic(), asked - sent)

    @property
    def outdated(self) -> bool:
        """True if the clocks may have drifted apart."""
        return time.monotonic() - self._asked > SYNCHRONISED

    def subscribed(self, topic: str) -> None:
        """Note the first subscriber of a topic: what was broadcast before is not for this worker.

        In doubt it counts as earlier: a broadcast must not be lost because the clocks are not known exactly.
        """
        since = 0 if self._ahead is None else int((time.monotonic() + self._ahead[0]) * 1000)
        self._since.setdefault(topic, since)

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
        start = f"{max(0, self.clock(time.monotonic() - gap - MARGIN))}-0"
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
            # Without its content, which may be large and about a person.
            logger.warning("invalid broadcast %s in %s", name.decode("ascii", "replace"), self._channels.kept)
            return None
