"""Counts of the other workers: how many sockets a session or an address has there.

Each worker sends its changed counts to the others, a moment after the change and at once near a limit. Nothing is asked
while a handshake waits: a worker adds up what it knows. Messages are encrypted with a key of the application, so that
the broker can neither read nor make one, and applications with a common broker do not count together.
"""

import asyncio
import itertools
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from hashlib import blake2b
from typing import Any, Final

import orjson

from pyview.events.info_event import InfoEvent
from pyview.pubsub.memory import MISSED, WORKER_TOPICS, PubSub
from pyview.tokens.encryption import Encryptor
from pyview.tokens.secrets import InvalidToken, Secrets

logger = logging.getLogger("pyview")

TOPIC: Final = "pyview:sockets"
DELAY: Final = 0.05  # seconds in which the changes of many sockets become one message
CHECK_PERIOD: Final = 2.0  # seconds between two looks whether the other workers are alive
SILENT: Final = 30.0  # seconds after which a worker is forgotten that may or may not be alive
EVERY_WORKER: Final = "*"
_MAX_AGE: Final = 60  # seconds that a message is valid
_COUNTS_PER_MESSAGE: Final = 2000
_FEW_WORKERS: Final = 10

Key = tuple[str, str]
"""Kind and name of what is counted, such as ("session", id)."""


class WorkerCounts:
    """The counts of one other worker, by digest. Their number is at most that of its open sockets.

    `number` is that of its last message. `seen_at`: the last time at which it was certainly alive.
    """

    __slots__ = ("counts", "number", "seen_at")

    def __init__(self, number: int) -> None:
        self.counts: dict[str, int] = {}
        self.number = number
        self.seen_at = time.monotonic()


class SharedCounts:
    """The counts of this worker, which it sends, and the sums of all others.

    Nothing is sent before `start`, and nothing through a PubSub of the user without `reaches`: then no worker would
    notice that another one has been killed, and its counts would stay. `keys` is called at the first message.
    """

    def __init__(self, pubsub: PubSub, worker_id: str, keys: Callable[[], Secrets]) -> None:
        self._pubsub = pubsub
        self._worker_id = worker_id
        self._keys = keys
        self._started = False
        self._own: dict[str, int] = {}
        self._changes: dict[str, int] = {}
        self._send_everything = False
        self._questions: set[str] = set()
        self._numbers = itertools.count(1)
        self._workers: dict[str, WorkerCounts] = {}
        self._sums: dict[str, int] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._sending: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None

    @cached_property
    def _encryptor(self) -> Encryptor:
        return Encryptor(self._keys(), "worker.counts.v1")

    async def start(self) -> None:
        """Count with the other workers from now on."""
        if self._started or not hasattr(self._pubsub, "reaches"):
            return
        self._started = True
        await self._pubsub.subscribe(TOPIC, self)
        await self._pubsub.subscribe(MISSED, self)
        # The others know of this worker before its first socket.
        self._send_everything = True
        self._ask(EVERY_WORKER)

    async def close(self) -> None:
        """Count alone. The others notice that this worker has gone."""
        self._started = False
        self._pubsub.drop(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for task in (self._sending, self._watching):
            if task is not None:
                task.cancel()
        self._sending = self._watching = None
        self._own.clear()
        self._changes.clear()
        for worker in list(self._workers):
            self._forget(worker)

    @property
    def other_workers(self) -> list[str]:
        """Ids of the other workers that are known now. A worker that was killed is forgotten some seconds later."""
        return list(self._workers)

    # Counts

    def elsewhere(self, key: Key) -> int:
        """Return the count of `key` at all other workers."""
        return self._sums.get(_digest(key), 0) if self._sums else 0

    def changed(self, key: Key, count: int, *, urgent: bool) -> None:
        """Send the count of `key` at this worker; at once if it is `urgent`, because a limit is near."""
        if not self._started:
            return
        digest = _digest(key)
        self._changes[digest] = count
        if count:
            self._own[digest] = count
        else:
            self._own.pop(digest, None)
        self._send_in(0.0 if urgent else DELAY * self._slowness)

    @property
    def _slowness(self) -> float:
        """Factor of the times between two messages: with many workers, what each gets from all must not grow."""
        return max(1.0, len(self._workers) / _FEW_WORKERS)

    # Sending

    def _ask(self, worker: str) -> None:
        """Ask a worker for all of its counts."""
        self._questions.add(worker)
        self._send_in(0.0)

    def _send_in(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        if self._timer is not None:
            if self._timer.when() <= loop.time() + seconds:
                return
            self._timer.cancel()
        self._timer = loop.call_later(seconds, self._send)

    def _send(self) -> None:
        self._timer = None
        if self._sending is None:  # otherwise the running task sends it
            self._sending = asyncio.get_running_loop().create_task(self._send_all())

    async def _send_all(self) -> None:
        try:
            for message in self._messages():
                encrypted = self._encryptor.encrypt_bytes(orjson.dumps(message))
                await self._pubsub.broadcast(TOPIC, encrypted)
        except Exception:
            logger.exception("sending the number of sockets to other workers failed")
        finally:
            self._sending = None

    def _messages(self) -> Iterator[dict[str, Any]]:
        while self._questions or self._send_everything or self._changes:
            if self._questions:
                questions, self._questions = self._questions, set()
                yield {"from": self._worker_id, "ask": sorted(questions)}
            everything, self._send_everything = self._send_everything, False
            counts, self._changes = dict(self._own) if everything else self._changes, {}
            yield from self._counts_in_messages(counts, everything)

    def _counts_in_messages(self, counts: Mapping[str, int], everything: bool) -> Iterator[dict[str, Any]]:
        items = list(counts.items())
        for first in range(0, max(len(items), 1 if everything else 0), _COUNTS_PER_MESSAGE):
            some = dict(items[first : first + _COUNTS_PER_MESSAGE])
            # The first message replaces all earlier counts.
            head = {"from": self._worker_id, "number": next(self._numbers), "all": everything and first == 0}
            yield {**head, "counts": some}

    # Receiving

    def deliver(self, event: InfoEvent) -> None:
        """Receive a message of another worker."""
        if event.name == MISSED:
            # The others may have missed this worker's messages as well.
            self._send_everything = True
            self._ask(EVERY_WORKER)
            return
        try:
            message = orjson.loads(self._encryptor.decrypt_bytes(event.payload, _MAX_AGE))
        except InvalidToken:
            return  # of another application with the same broker
        # Only workers of this application make messages that can be decrypted, so the fields need no further check.
        if message["from"] == self._worker_id:
            return
        if "ask" in message:
            self._answer(message["ask"])
        else:
            self._apply(message["from"], message)

    def _answer(self, asked: list[str]) -> None:
        if EVERY_WORKER in asked or self._worker_id in asked:
            self._send_everything = True
            self._send_in(DELAY)  # one answer for all workers that ask now

    def _apply(self, sender: str, message: dict[str, Any]) -> None:
        known, number = self._workers.get(sender), message["number"]
        if known is not None and number <= known.number:
            return  # recorded at the broker, and sent again
        if message["all"]:
            self._forget(sender)
            known = self._workers[sender] = WorkerCounts(number)
        elif known is None or number != known.number + 1:
            self._ask(sender)  # a message was lost
            return
        known.number, known.seen_at = number, time.monotonic()
        for digest, count in message["counts"].items():
            self._set(known, digest, count)
        self._watch()

    def _set(self, worker: WorkerCounts, digest: str, count: int) -> None:
        total = self._sums.get(digest, 0) - worker.counts.pop(digest, 0) + count
        if count:
            worker.counts[digest] = count
        if total:
            self._sums[digest] = total
        else:
            self._sums.pop(digest, None)

    # Workers that have gone

    def _forget(self, worker_id: str) -> None:
        worker = self._workers.pop(worker_id, None)
        if worker is not None:
            for digest in list(worker.counts):
                self._set(worker, digest, 0)

    def _watch(self) -> None:
        if self._watching is None:
            self._watching = asyncio.get_running_loop().create_task(self._watch_workers())

    async def _watch_workers(self) -> None:
        """Forget the counts of workers that were killed."""
        try:
            while self._workers:
                await asyncio.sleep(CHECK_PERIOD * self._slowness)
                for worker_id, worker in list(self._workers.items()):
                    if not await self._is_alive(worker_id, worker):
                        self._forget(worker_id)
        except Exception:
            logger.exception("looking for other workers failed; sockets are counted by each worker alone")
        finally:
            self._watching = None

    async def _is_alive(self, worker_id: str, worker: WorkerCounts) -> bool:
        reached = await self._pubsub.reaches(f"{WORKER_TOPICS}{worker_id}")
        if reached:
            worker.seen_at = time.monotonic()
        return reached is not False and worker.seen_at > time.monotonic() - SILENT


def _digest(key: Key) -> str:
    """Return a short text for a key. A message is encrypted, so that a secret is not needed here."""
    return blake2b("\0".join(key).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
