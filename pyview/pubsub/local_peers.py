"""The other workers of this host: how they find each other, and which topics each of them listens to."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from typing import Any, Final

import orjson

from pyview.pubsub.local_connection import FrameKind, GiveWay, InvalidFrame, WorkerConnection, frame
from pyview.pubsub.local_directory import SocketDirectory

logger = logging.getLogger("pyview")

PROTOCOL: Final = 1
START_TIMEOUT: Final = 0.5  # seconds that `start` waits for workers that are blocked or stopped
END_TIMEOUT: Final = 1.0  # seconds that `close` waits for workers that read slowly
GREETING_TIMEOUT: Final = 5.0
REPAIR_PERIOD: Final = 5.0
MAX_TOPIC_BYTES: Final = 64 * 1024 * 1024
_MAX_UNGREETED: Final = 64
_MAX_REFUSALS: Final = 100  # kinds of refusals that are logged
_BYTES_PER_TOPIC: Final = 100  # of a set's entry and the text's own memory, roughly


class LocalPeer:
    """Another worker: its connection, and the topics that it listens to."""

    def __init__(self, connection: WorkerConnection) -> None:
        self.connection = connection
        self._topics: set[str] = set()
        self._bytes = 0

    def __contains__(self, topic: str) -> bool:
        return topic in self._topics

    @property
    def listens(self) -> bool:
        """True if the worker listens to any topic."""
        return bool(self._topics)

    def add(self, topic: str) -> None:
        """Add a topic. Raises `InvalidFrame` if all of them are too many for the memory."""
        if topic not in self._topics:
            self._topics.add(topic)
            self._bytes += _size(topic)
        if self._bytes > MAX_TOPIC_BYTES:
            raise InvalidFrame(f"the topics of another worker have more than {MAX_TOPIC_BYTES} bytes")

    def remove(self, topic: str) -> None:
        """Remove a topic. An unknown one is ignored."""
        if topic in self._topics:
            self._topics.remove(topic)
            self._bytes -= _size(topic)

    def clear(self) -> None:
        """Remove all topics."""
        self._topics.clear()
        self._bytes = 0


class LocalPeers:
    """The workers whose sockets are in `directory`.

    Each worker listens at a socket of its own, and connects to all others when it starts. Two that call each other at
    the same time keep the call of the one with the smaller id. Every few seconds a worker looks whether its socket is
    still there and whether it knows all others, so that a deleted directory and a lost connection are repaired.

    `met` is called with each new worker, `read` with each frame of one, and `caught_up` with a worker that has not read
    for so many seconds.
    """

    def __init__(
        self,
        directory: SocketDirectory,
        met: Callable[[LocalPeer], None],
        read: Callable[[LocalPeer, int, bytes], GiveWay | None],
        caught_up: Callable[[LocalPeer, float], None],
    ) -> None:
        self.directory = directory
        self._met = met
        self._read = read
        self._caught_up = caught_up
        self._worker_id = ""
        self._by_connection: dict[WorkerConnection, LocalPeer] = {}
        self._calls: dict[str, WorkerConnection] = {}
        self._ungreeted: dict[WorkerConnection, asyncio.TimerHandle] = {}
        self._searched = False
        self._unreached = False  # a worker was too busy to be called
        self._answered = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._repairing: asyncio.Task[None] | None = None
        self._problem = ""
        self._refusals: set[str] = set()

    def __iter__(self) -> Iterator[LocalPeer]:
        return iter(self._by_connection.values())

    @property
    def complete(self) -> bool:
        """True if every worker of the directory has answered."""
        return self._searched and not self._calls and not self._unreached

    @property
    def running(self) -> bool:
        return self._repairing is not None

    async def start(self) -> None:
        """Connect to the others. A worker that does not answer soon is met when it does."""
        if self.running:
            return
        # Made here, and not with the object: a server may make the application once and fork its workers then.
        self._worker_id = secrets.token_hex(8)
        self._searched = False
        self._answered = asyncio.Event()
        self._repairing = asyncio.get_running_loop().create_task(self._repair_for_ever())
        with suppress(TimeoutError):
            async with asyncio.timeout(START_TIMEOUT):
                await self._answered.wait()

    async def close(self) -> None:
        """Send what is queued, and leave. It can be started again."""
        repairing, self._repairing = self._repairing, None
        if repairing is None:
            return
        repairing.cancel()
        await asyncio.wait([repairing])
        if self._server is not None:
            self._server.close()
            self._server = None
        self.directory.leave(self._worker_id)
        await self._end([*self._by_connection, *self._calls.values(), *self._ungreeted])

    async def _end(self, connections: Collection[WorkerConnection]) -> None:
        ends = [asyncio.ensure_future(connection.ended.wait()) for connection in connections]
        for connection in connections:
            connection.close()
        if ends:
            await asyncio.wait(ends, timeout=END_TIMEOUT)
        for connection in connections:
            connection.abort()  # a worker that is stopped reads nothing
        for end in ends:
            end.cancel()

    # Being found, and finding others

    async def _repair_for_ever(self) -> None:
        while True:
            try:
                await self._repair()
                self._report_end()
            except Exception as error:
                self._report(error)
            self._searched = True
            self._note_answers()
            await asyncio.sleep(REPAIR_PERIOD)

    async def _repair(self) -> None:
        """Make sure that the others find this worker, and call those that are not connected."""
        try:
            await self._listen()
        finally:
            # With a full disk no socket can be made. The others can be called nevertheless.
            await self._call_all()

    async def _listen(self) -> None:
        if self._server is not None and self.directory.lists(self._worker_id):
            return
        listening = self.directory.listen(self._worker_id)
        if self._server is not None:
            self._server.close()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(self._accept, sock=listening)

    async def _call_all(self) -> None:
        known = {self._worker_id, *self._calls, *(each.peer_id for each in self._by_connection)}
        self._unreached = False
        for worker_id in self.directory.workers():
            if worker_id not in known:
                await self._call(worker_id)

    async def _call(self, worker_id: str) -> None:
        calling = self.directory.connect(worker_id)
        if calling is None:
            # One that has gone is not listed any more.
            self._unreached = self._unreached or self.directory.lists(worker_id)
            return
        connection = self._calls[worker_id] = WorkerConnection(self, worker_id)
        # There is no timeout for the answer: a worker that is stopped answers when it goes on.
        connection.send(self._greeting())
        try:
            await asyncio.get_running_loop().create_unix_connection(lambda: connection, sock=calling)
        except BaseException:
            calling.close()
            self._forget_attempt(connection)
            raise

    def _accept(self) -> WorkerConnection:
        connection = WorkerConnection(self)
        if len(self._ungreeted) >= _MAX_UNGREETED:
            next(iter(self._ungreeted)).abort()
        timer = asyncio.get_running_loop().call_later(GREETING_TIMEOUT, connection.abort)
        self._ungreeted[connection] = timer
        return connection

    def _report(self, error: Exception) -> None:
        """Log a problem once while it lasts."""
        if str(error) != self._problem:
            self._problem = str(error)
            logger.error(
                "%s cannot be used: %s. Broadcasts of this worker may not reach the others until it can.",
                self.directory.path,
                error,
            )

    def _report_end(self) -> None:
        if self._problem:
            self._problem = ""
            logger.warning("%s can be used again.", self.directory.path)

    # Greetings

    def _greeting(self) -> bytes:
        return frame(FrameKind.GREETING, orjson.dumps({"protocol": PROTOCOL, "id": self._worker_id}))

    def _greeted(self, connection: WorkerConnection, payload: bytes) -> None:
        if connection.peer_id:
            raise InvalidFrame("a second greeting")
        peer_id = self._read_greeting(payload)
        if connection.dialed is None:
            if self._refuses(peer_id):
                connection.close()
                return
            connection.send(self._greeting())
        elif connection.dialed != peer_id:
            raise InvalidFrame(f"the socket of {connection.dialed} belongs to another worker")
        connection.peer_id = peer_id
        self._forget_attempt(connection)
        peer = self._by_connection[connection] = LocalPeer(connection)
        self._met(peer)

    def _refuses(self, peer_id: str) -> bool:
        """Return True for a call that would be a second connection to the same worker."""
        connected = any(each.peer_id == peer_id for each in self._by_connection)
        return (
            connected or peer_id == self._worker_id or (peer_id in self._calls and self._worker_id < peer_id)
        )

    def _read_greeting(self, payload: bytes) -> str:
        about: Any = read_json(payload)
        if not isinstance(about, dict) or about.get("protocol") != PROTOCOL:
            raise InvalidFrame("the other end is no worker of this version of PyView")
        peer_id = about.get("id")
        if not isinstance(peer_id, str) or not 0 < len(peer_id) <= 64:
            raise InvalidFrame("a greeting without an id")
        return peer_id

    # Frames and ends of connections

    def frame_received(self, connection: WorkerConnection, kind: int, payload: bytes) -> GiveWay | None:
        if kind == FrameKind.GREETING:
            self._greeted(connection, payload)
            return None
        peer = self._by_connection.get(connection)
        if peer is None:
            raise InvalidFrame("a frame came before the greeting")
        return self._read(peer, kind, payload)

    def caught_up(self, connection: WorkerConnection, seconds: float) -> None:
        peer = self._by_connection.get(connection)
        if peer is not None:
            self._caught_up(peer, seconds)

    def frame_refused(self, connection: WorkerConnection, error: InvalidFrame) -> None:
        # Once: during a deploy, workers of another version are called again and again.
        if str(error) not in self._refusals and len(self._refusals) < _MAX_REFUSALS:
            self._refusals.add(str(error))
            logger.warning("a connection between workers of this host is closed: %s", error)

    def connection_ended(self, connection: WorkerConnection) -> None:
        self._by_connection.pop(connection, None)
        self._forget_attempt(connection)

    def _forget_attempt(self, connection: WorkerConnection) -> None:
        timer = self._ungreeted.pop(connection, None)
        if timer is not None:
            timer.cancel()
        if connection.dialed is not None and self._calls.get(connection.dialed) is connection:
            del self._calls[connection.dialed]
        self._note_answers()

    def _note_answers(self) -> None:
        if self.complete:
            self._answered.set()


def read_json(payload: bytes) -> Any:
    """Return the data. Raises `InvalidFrame` for what is no JSON."""
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise InvalidFrame(f"invalid JSON: {error}") from error


def _size(topic: str) -> int:
    return len(topic) + _BYTES_PER_TOPIC
