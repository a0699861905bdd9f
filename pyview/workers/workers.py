"""Calls from one worker to another, over the PubSub that both have.

Each worker subscribes to a topic of its own. A call is a message there, and its answer a message on the topic of the
worker that called. Nothing is stored: a call to a worker that has ended fails.
"""

import asyncio
import itertools
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, Final, NamedTuple

from pyview.events.info_event import InfoEvent
from pyview.observability.rate_limited_warnings import RateLimitedWarnings
from pyview.pubsub.memory import WORKER_TOPICS, PubSub
from pyview.tokens.secrets import InvalidToken, Secrets
from pyview.workers.messages import ANSWER, CALL, FAILURE, MAX_PAYLOAD, MessageCipher, WorkerMessage
from pyview.workers.replay import ReplayGuard

logger = logging.getLogger("pyview")

_ID_BYTES: Final = 12
_ID_LENGTH: Final = 16  # characters
_MAX_RUNNING: Final = 20_000  # a long poll that another worker forwards is a call that waits
_MAX_RUNNING_BYTES: Final = 256 * 1024 * 1024
_WATCH_PERIOD: Final = 1.0  # seconds

Handler = Callable[[bytes], Awaitable[bytes]]
"""Answers a call of one method."""


class CallFailed(Exception):
    """The other worker has refused the call, or its handler has failed."""


class WorkerGone(CallFailed):
    """There is no worker with this id, or it cannot be reached."""


class _Pending(NamedTuple):
    """A call of this worker that has no answer yet."""

    worker_id: str
    answer: asyncio.Future[bytes]


def is_worker_id(value: object) -> bool:
    """Return True if `value` may be the id of a worker. A browser sends it back, so it may be anything."""
    return (
        isinstance(value, str)
        and len(value) == _ID_LENGTH
        and value.isascii()
        and value.replace("-", "a").replace("_", "a").isalnum()
    )


class Workers:
    """The workers of one application; `id` names this one.

    Until `start` there are no others, and nothing costs anything. `keys` is called at the first message. `warnings`
    logs messages that no worker of this application has made, and limits that were reached.
    """

    def __init__(self, pubsub: PubSub, keys: Callable[[], Secrets], warnings: RateLimitedWarnings) -> None:
        self.id = secrets.token_urlsafe(_ID_BYTES)
        self._pubsub = pubsub
        self._cipher = MessageCipher(keys)
        self._warnings = warnings
        self._handlers: dict[str, Handler] = {}
        self._started = False
        self._numbers = itertools.count(1)
        self._pending: dict[int, _Pending] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._running_bytes = 0
        self._replays = ReplayGuard()
        self._watch: asyncio.Task[None] | None = None

    @property
    def started(self) -> bool:
        """True if there may be other workers."""
        return self._started

    def register(self, method: str, handler: Handler) -> None:
        """Let `handler` answer the calls of `method`. Raises `ValueError` for a method that has a handler."""
        if method in self._handlers:
            raise ValueError(f"register({method!r}): the method has a handler already")
        self._handlers[method] = handler

    def has_handler(self, method: str) -> bool:
        return method in self._handlers

    async def start(self) -> None:
        """Take calls of other workers from now on."""
        self._started = True
        await self._pubsub.subscribe(_topic(self.id), self)

    async def close(self) -> None:
        """Take no calls any more. Calls that wait for an answer fail."""
        self._started = False
        self._pubsub.drop(self)
        for pending in self._pending.values():
            _fail(pending.answer, WorkerGone("this worker stops"))
        for task in self._running:
            task.cancel()
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    # Calling

    async def call(self, worker_id: str, method: str, payload: bytes = b"", seconds: float = 1.0) -> bytes:
        """Return the answer of the worker with this id, which may be this one.

        Raises `WorkerGone` if there is no such worker, in general at once; `CallFailed` if it refuses the call, its
        handler fails, or the call cannot be sent; `TimeoutError` without an answer in that many `seconds`.
        """
        async with asyncio.timeout(seconds):
            if worker_id == self.id:
                return await self._answer_to(method, payload)
            if not self._started or not is_worker_id(worker_id):
                raise WorkerGone(f"no other worker can be reached under {worker_id[:_ID_LENGTH]!r}")
            return await self._ask(worker_id, method, payload, seconds)

    def notify(self, worker_id: str, method: str, payload: bytes = b"") -> None:
        """Call, and wait neither for the answer nor for a failure."""
        self._track(self._notify(worker_id, method, payload), 0)

    async def _notify(self, worker_id: str, method: str, payload: bytes) -> None:
        with suppress(CallFailed, TimeoutError):
            await self.call(worker_id, method, payload)

    async def _ask(self, worker_id: str, method: str, payload: bytes, seconds: float) -> bytes:
        number = next(self._numbers)
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._pending[number] = _Pending(worker_id, answer)
        if self._watch is None:
            self._watch = asyncio.ensure_future(self._watch_workers())
        # At the same time as the call, so that a worker which is there costs one round trip.
        search = asyncio.ensure_future(self._search(worker_id, answer))
        try:
            await self._send(WorkerMessage(CALL, self.id, worker_id, number, method, seconds, payload))
            return await answer
        finally:
            search.cancel()
            del self._pending[number]

    async def _search(self, worker_id: str, answer: asyncio.Future[bytes]) -> None:
        """Fail the call at once if the worker has gone."""
        if await self._is_gone(worker_id):
            _fail(answer, WorkerGone(f"the worker {worker_id!r} has gone"))

    async def _is_gone(self, worker_id: str) -> bool:
        try:
            return await self._pubsub.reaches(_topic(worker_id)) is False
        except Exception as error:  # a PubSub of the application
            self._warn(f"the PubSub does not know whether another worker can be reached: {error!r}")
            return False

    async def _watch_workers(self) -> None:
        """Fail the calls that wait for a worker which has gone meanwhile, until no call waits."""
        missed: set[str] = set()
        while self._pending:
            await asyncio.sleep(_WATCH_PERIOD)
            asked = {pending.worker_id for pending in self._pending.values()}
            gone = {worker_id for worker_id in asked if await self._is_gone(worker_id)}
            # At the second time: after an outage of the broker, one worker is back a moment before another.
            for pending in self._pending.values():
                if pending.worker_id in gone & missed:
                    _fail(pending.answer, WorkerGone(f"the worker {pending.worker_id!r} has gone"))
            missed = gone
        self._watch = None

    async def _send(self, message: WorkerMessage) -> None:
        if len(message.payload) > MAX_PAYLOAD:
            raise CallFailed(f"{len(message.payload)} bytes; a call or an answer has {MAX_PAYLOAD} at most")
        try:
            await self._pubsub.broadcast(_topic(message.receiver), self._cipher.encrypt(message))
        except Exception as error:  # a PubSub of the application
            raise CallFailed(f"the PubSub did not send it: {error!r}") from error

    # Receiving

    def deliver(self, event: InfoEvent) -> None:
        """Take a message from the topic of this worker."""
        try:
            message = self._cipher.decrypt(event.payload)
        except InvalidToken as error:
            self._warn(f"a message that is not of a worker of this application was dropped: {error.reason}")
            return
        # A recorded message is worth nothing at another worker.
        if message.receiver != self.id:
            self._warn("a message for another worker was dropped")
        elif message.kind == CALL:
            self._take_call(message)
        else:
            self._take_answer(message)

    def _take_answer(self, message: WorkerMessage) -> None:
        pending = self._pending.get(message.number)
        # None for an answer that comes too late, or a second time.
        if pending is None or pending.worker_id != message.sender or pending.answer.done():
            return
        if message.kind == ANSWER:
            pending.answer.set_result(message.payload)
        elif message.kind == FAILURE:
            _fail(pending.answer, CallFailed(message.payload.decode()))

    def _take_call(self, call: WorkerMessage) -> None:
        if not self._replays.admits(call.sender, call.number):
            self._warn("a call that had come before was dropped")
            return
        self._track(self._serve(call), len(call.payload))

    def _track(self, work: Coroutine[Any, Any, None], size: int) -> None:
        task = asyncio.ensure_future(work)
        self._running.add(task)
        self._running_bytes += size
        task.add_done_callback(lambda done: self._ended(done, size))

    def _ended(self, task: asyncio.Task[None], size: int) -> None:
        self._running.discard(task)
        self._running_bytes -= size

    async def _serve(self, call: WorkerMessage) -> None:
        try:
            # The worker that called does not wait longer either.
            async with asyncio.timeout(call.seconds):
                answer = call.answer(await self._answer_to(call.method, call.payload))
                await self._send(answer)
        except TimeoutError:
            pass
        except CallFailed as failure:
            await self._refuse(call, str(failure))
        except Exception:
            logger.exception("a call of another worker failed: %s", call.method)
            await self._refuse(call, "its handler failed")

    async def _refuse(self, call: WorkerMessage, reason: str) -> None:
        with suppress(CallFailed):  # without an answer, the call ends by its time limit
            await self._send(call.failure(reason))

    async def _answer_to(self, method: str, payload: bytes) -> bytes:
        handler = self._handlers.get(method)
        if handler is None:
            # During a deploy the other worker may have another version.
            raise CallFailed(f"the worker has no handler for {method!r}")
        if len(self._running) > _MAX_RUNNING or self._running_bytes > _MAX_RUNNING_BYTES:
            self._warn(f"more than {_MAX_RUNNING} calls, or {_MAX_RUNNING_BYTES} bytes of them, run at once")
            raise CallFailed("the worker is busy")
        return await handler(payload)

    def _warn(self, text: str) -> None:
        self._warnings.warn("other workers", text)


def _topic(worker_id: str) -> str:
    return WORKER_TOPICS + worker_id


def _fail(answer: asyncio.Future[bytes], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
