"""The commands of one worker on one connection: gathered into batches, answered in order."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, NamedTuple

from redis.exceptions import ConnectionError as Unreachable
from redis.exceptions import NoScriptError, RedisError, ResponseError

from pyview.stores.health import Operation, StoreHealth, StoreUnavailable
from pyview.stores.redis_address import FAILURES, Connection, RedisAddress, failure

logger = logging.getLogger("pyview")

BATCH: Final = 500  # commands that share a timeout
BATCH_BYTES: Final = 1024 * 1024
MOST_POSTED: Final = 10_000  # commands without an answer that wait for the server
MOST_POSTED_BYTES: Final = 16 * 1024 * 1024
FIRST_PAUSE: Final = 0.02  # seconds between attempts to reach a lost server; it doubles
LONGEST_PAUSE: Final = 0.5
SLICE: Final = 0.05  # seconds without an answer after which a sender does not wait for the server
PATIENCE: Final = 0.5  # seconds that a command waits for a server that is known to be lost


class RedisCommand(NamedTuple):
    """A command that waits for its turn, or for its answer. None waits for the answer of a posted one."""

    packed: bytes
    operation: Operation
    answer: asyncio.Future[Any] | None


class CommandConnection:
    """A connection that sends the commands of a worker, and opens again by itself.

    While a batch is under way, the next one gathers. A lost connection fails the commands of its batch, because they
    may have run. `lost` is called when the connection is lost. `timeout`: seconds for a connection, and for a batch.
    """

    def __init__(
        self, address: RedisAddress, timeout: float, health: StoreHealth, lost: Callable[[], None]
    ) -> None:
        self._address = address
        self._timeout = timeout
        self._health = health
        self._notify_lost = lost
        self._packer = address.connection()
        self._queue: deque[RedisCommand] = deque()
        self._batch: deque[RedisCommand] = deque()
        self._posted = self._posted_bytes = self._dropped = 0
        self._arrival, self._answered, self._progress = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._sent = 0.0  # when the batch was sent, or the last attempt to connect began
        self._unreached = self._stalled = False
        self.connected = False
        self._worker = asyncio.get_running_loop().create_task(self._work())

    async def run(self, operation: Operation, *arguments: Any) -> Any:
        """Return the answer. Raises `StoreUnavailable` for an error, a lost connection, and after the timeout."""
        answer = self.ask(operation, *arguments)
        if not self._unreached:
            return await answer
        try:
            async with asyncio.timeout(min(PATIENCE, self._timeout)):
                return await answer
        except TimeoutError as error:
            raise StoreUnavailable(f"{operation} failed: {self._address.name} is gone") from error

    def ask(self, operation: Operation, *arguments: Any) -> asyncio.Future[Any]:
        """Send a command after those that were sent before. Return its answer, which may be a `StoreUnavailable`."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._append(RedisCommand(self._pack(arguments), operation, answer))
        return answer

    def post(self, operation: Operation, *arguments: Any) -> bool:
        """Send a command without waiting for its answer. Return False if too many wait already: it is dropped."""
        packed = self._pack(arguments)
        if self._posted >= MOST_POSTED or self._posted_bytes + len(packed) > MOST_POSTED_BYTES:
            self._drop()
            return False
        self._posted += 1
        self._posted_bytes += len(packed)
        self._append(RedisCommand(packed, operation, None))
        return True

    async def give_way(self, most: int) -> None:
        """Wait until at most `most` posted commands wait. Does not wait for a server that answers none."""
        while self._posted > most and not self._unreached:
            if self._stalled:
                # A handler that broadcasts in a loop must let the answers be read, if some come after all.
                await asyncio.sleep(0)
                return
            progressed = await self._progressed()
            # The first connection may take longer than an answer.
            self._stalled = self.connected and not progressed

    async def flush(self) -> None:
        """Wait until no posted command waits, or the server cannot be reached."""
        while self._posted and not self._unreached:
            await self._progressed()

    async def _progressed(self) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(SLICE):
                return await self._progress.wait()
        return False

    async def close(self) -> None:
        """Close the connection; commands without an answer fail."""
        while not self._worker.done():
            # On Python 3.11 `asyncio.wait_for`, in the client, may swallow a cancellation.
            self._worker.cancel()
            await asyncio.wait([self._worker], timeout=0.1)
        self._fail_all(StoreUnavailable("the connection to the store was closed"))

    def _pack(self, arguments: tuple[Any, ...]) -> bytes:
        return b"".join(self._packer.pack_command(*arguments))

    def _append(self, command: RedisCommand) -> None:
        self._queue.append(command)
        self._arrival.set()

    def _drop(self) -> None:
        self._dropped += 1
        if self._dropped == 1:
            logger.error(
                "%s does not take messages as fast as this worker sends them: more than %d messages or %d MiB"
                " wait, and further ones are dropped until it answers",
                self._address.name,
                MOST_POSTED,
                MOST_POSTED_BYTES >> 20,
            )

    def _end_drops(self) -> None:
        # Not before half of the messages are taken: the log would have a pair of lines for each batch.
        if self._dropped and self._posted <= MOST_POSTED // 2:
            logger.warning("%s takes messages again: %d were dropped", self._address.name, self._dropped)
            self._dropped = 0

    # The tasks

    async def _work(self) -> None:
        pause = FIRST_PAUSE
        while True:
            connection = self._address.connection()
            self._sent = time.monotonic()
            try:
                async with asyncio.timeout(self._timeout):
                    await connection.connect()
                self._found()
                pause = FIRST_PAUSE
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._read(connection))
                    group.create_task(self._write(connection))
            except Exception as error:
                self._lose(failure(error))
            finally:
                with suppress(*FAILURES):
                    await connection.disconnect(nowait=True)
            pause = await self._pause(pause)

    async def _pause(self, pause: float) -> float:
        """Wait before the next attempt; a new command shortens the wait. Return the next pause."""
        await asyncio.sleep(FIRST_PAUSE)
        if not self._unanswered_runs():
            self._arrival.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._arrival.wait()
        return min(2 * pause, LONGEST_PAUSE)

    async def _write(self, connection: Connection) -> None:
        while True:
            while not self._gather():
                self._arrival.clear()
                await self._arrival.wait()
            self._sent, self._answered = time.monotonic(), asyncio.Event()
            async with asyncio.timeout(self._timeout):
                await connection.send_packed_command([command.packed for command in self._batch], False)
                await self._answered.wait()

    async def _read(self, connection: Connection) -> None:
        # It also reads while no answer is expected: that shows the end of the connection, since the server may be
        # restarted while this worker has no command for it.
        while True:
            answer = await _answer(connection)
            if not self._batch:
                raise Unreachable(f"an answer to no command: {type(answer).__name__}")
            self._settle(self._batch.popleft(), answer)
            if not self._batch:
                self._stalled = False
                self._end_drops()
                self._answered.set()
                self._progress.set()
                self._progress = asyncio.Event()

    def _gather(self) -> bool:
        size = 0
        while self._queue and len(self._batch) < BATCH and size < BATCH_BYTES:
            command = self._queue.popleft()
            # Its caller may have given up meanwhile: the command must not run then.
            if command.answer is None or not command.answer.done():
                self._batch.append(command)
                size += len(command.packed)
        return bool(self._batch)

    def _settle(self, command: RedisCommand, answer: Any) -> None:
        if isinstance(answer, ResponseError):
            if not isinstance(answer, NoScriptError):
                self._health.failed(command.operation, answer, sent=self._sent)
            self._resolve(command, _unavailable(command.operation, answer))
        else:
            self._health.recovered(command.operation)
            self._resolve(command, answer)

    def _resolve(self, command: RedisCommand, answer: Any) -> None:
        if command.answer is None:
            self._posted -= 1
            self._posted_bytes -= len(command.packed)
        elif not command.answer.done():
            if isinstance(answer, StoreUnavailable):
                command.answer.set_exception(answer)
            else:
                command.answer.set_result(answer)

    # The state of the connection

    def _found(self) -> None:
        self.connected, self._unreached = True, False
        self._health.recovered("reading")
        self._end_drops()

    def _lose(self, error: Exception) -> None:
        was_connected, self.connected = self.connected, False
        if not isinstance(error, FAILURES):
            logger.error("sending commands to %s failed; trying again", self._address.name, exc_info=error)
        operation: Operation = self._batch[0].operation if self._batch else "reading"
        sent = self._sent if self._batch or not was_connected else time.monotonic()
        self._health.failed(operation, error, sent=sent, unreachable=True)
        while self._batch:
            command = self._batch.popleft()
            self._resolve(command, _unavailable(command.operation, error))
        # If the connection was closed, commands that were not sent get one more attempt. A silent server gets none.
        if not was_connected or isinstance(error, TimeoutError):
            self._unreached = True
            self._fail_unsent(error)
        if was_connected:
            self._notify_lost()

    def _unanswered_runs(self) -> bool:
        return any(command.answer is not None and not command.answer.done() for command in self._queue)

    def _fail_unsent(self, error: Exception) -> None:
        posted = [command for command in self._queue if command.answer is None]
        for command in self._queue:
            if command.answer is not None:
                self._resolve(command, _unavailable(command.operation, error))
        self._queue = deque(posted)

    def _fail_all(self, error: StoreUnavailable) -> None:
        for command in (*self._batch, *self._queue):
            self._resolve(command, error)
        self._batch.clear()
        self._queue.clear()


async def _answer(connection: Connection) -> Any:
    """Return the next answer, or the error that the server answered."""
    try:
        return await connection.read_response(disconnect_on_error=False)
    except ResponseError as error:
        return error


def _unavailable(operation: Operation, error: Exception) -> StoreUnavailable:
    failed = StoreUnavailable(f"{operation} failed with {type(error).__name__}: {error}")
    failed.__cause__ = error if isinstance(error, RedisError) else None
    return failed
