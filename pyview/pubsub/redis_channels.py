"""The channels of a server that carry the topics, and the form of a message on them."""

from binascii import crc32
from typing import Final, NamedTuple

import orjson

from pyview.pubsub.memory import WORKER_TOPICS

SENDER: Final = 32  # bytes of the id of a worker
CHANNELS: Final = 256
"""Number of channels of one database. With one for each topic, workers would subscribe at every page."""


class SubscribedChannels:
    """The names of the channels, under names that begin with `prefix`.

    A server publishes to all of its databases; each database has its own broadcasts.
    """

    def __init__(self, prefix: str, database: int) -> None:
        self._prefix = f"{prefix}b:{database}:"
        self.workers = f"{self._prefix}workers"
        """A channel without messages: the server counts the workers that listen to it."""
        self.kept = f"{prefix}kept:{database}"
        """The name of the stream of kept broadcasts."""

    def of(self, topic: str) -> str:
        """Return the channel of a topic. A topic of a single worker has its own."""
        if topic.startswith(WORKER_TOPICS):
            return self._prefix + topic
        return f"{self._prefix}{crc32(topic.encode('utf-8', 'surrogatepass')) % CHANNELS}"


class Envelope(NamedTuple):
    """A broadcast on a channel. `number` counts the broadcasts of the worker `sender`; `body` is JSON.

    `kept` counts the kept broadcasts of the worker, and is 0 for others. `at`: when it was made, if it is sent late; in
    milliseconds, by the clock of the server.
    """

    sender: bytes
    number: int
    topic: str
    body: bytes
    kept: int = 0
    at: int = 0

    def encoded(self) -> bytes:
        head = self.sender, self.number, self.kept, self.at, orjson.dumps(self.topic)
        return b"%b %d %d %d %b\n%b" % (*head, self.body)


def opened(message: bytes) -> Envelope:
    """Decode a message, except for its body. Raises `ValueError` if it is none."""
    head, _, body = message.partition(b"\n")
    sender, number, kept, at, topic = head.split(b" ", 4)
    name = orjson.loads(topic)
    if type(name) is not str or len(sender) != SENDER:
        raise ValueError(name)
    return Envelope(sender, int(number), name, body, int(kept), int(at))
