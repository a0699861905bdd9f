"""One message at a time, in order, with no task while there is nothing to do."""

import asyncio
import math
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, ClassVar

from pyview.process.run_queue import RunQueue
from pyview.process.tasks import local, start
from pyview.process.waiting import Waiting

_TURNS_BEFORE_PAUSE = 64

Handlers = dict[type, Callable[[Any, Any], Coroutine[Any, Any, None]]]
"""Which function handles which kind of message."""


class Mailbox:
    """What has one calls the function for the class of each message, and is told what that raises.

    A base class and not a part, since every open page has one: a part of its own, with its references back, would be
    some two hundred bytes more. `post` runs the message in the caller's own turn when nothing else runs; `post_soon`
    waits for the run queue, for callers that are handlers themselves. A message that finds another one running waits
    behind it; of those that were posted by the connection, at most `limit` may.
    """

    __slots__ = ("_busy", "_ended", "_limit", "_run_queue", "_task", "_waiting")

    _handlers: ClassVar[Handlers]

    def __init__(self, run_queue: RunQueue, limit: int) -> None:
        self._run_queue = run_queue
        self._limit = limit
        self._busy = False
        self._ended = False
        self._waiting: Waiting | None = None
        self._task: asyncio.Task[None] | None = None

    def post(self, message: Any) -> None:
        """File a message from the connection; it runs at once when nothing else does."""
        if self._busy:
            self._wait(message)
            return
        self._busy = True
        self._task = start(self._drain(message))

    def post_soon(self, message: Any) -> None:
        """File a message from inside the application. After the end nothing of that is taken."""
        if self._ended:
            return
        if self._busy:
            self._wait_inside(message)
            return
        self._busy = True
        self._run_queue.add(self, message)

    def run(self, message: Any) -> None:
        """The run queue's call, when it is this mailbox's turn."""
        if self._ended:
            # It ended between the two calls: the message is dropped as those that waited were.
            if not self._waiting:
                self._busy = False
                return
            message = self._waiting.pop()
        self._task = start(self._drain(message))

    @property
    def busy(self) -> bool:
        """True while a message that is posted has to wait."""
        return self._busy

    @property
    def waiting(self) -> int:
        """How many messages wait behind the one that is being handled."""
        return len(self._waiting or ())

    @property
    def _internal_limit(self) -> float:
        """Count of messages of the application that may wait."""
        return math.inf

    def _shut(self) -> None:
        """The end: what waits is dropped unhandled, and of what comes later only what is posted at once is taken."""
        self._ended = True
        dropped, self._waiting = self._waiting, None
        if dropped:
            self._dropped(dropped)

    @property
    def _handling(self) -> Any:
        """The message whose handler waits for something; None if there is none."""
        # Read from the frame of `_drain`, since to note it down would cost something with every message.
        return None if self._task is None else local(self._task.get_coro(), "message")

    def _interrupt(self) -> None:
        """Cancel the message that is being handled, if it waits for something."""
        if self._task is not None:
            self._task.cancel()

    def _handle(self, message: Any) -> Coroutine[Any, Any, None]:
        return self._handlers[type(message)](self, message)

    async def _raised(self, error: BaseException) -> None:
        """What a handler raised. To raise here ends the mailbox."""
        raise error

    def _dropped(self, messages: Iterable[Any]) -> None:
        """Messages that have waited, or would have had to, and are not handled."""

    def _overflowed(self) -> None:
        """The connection posted more messages than may wait; the last one is dropped."""

    def _overflowed_inside(self) -> None:
        """More messages of the application wait than `_internal_limit`."""

    def _wait(self, message: Any) -> None:
        if self._waiting is None:
            self._waiting = Waiting()
        if self._waiting.posted < self._limit:
            self._waiting.add_posted(message)
        else:
            self._dropped((message,))
            self._overflowed()

    def _wait_inside(self, message: Any) -> None:
        if self._waiting is None:
            self._waiting = Waiting()
        self._waiting.add(message)
        if self._waiting.internal > self._internal_limit:
            self._overflowed_inside()

    async def _drain(self, message: Any) -> None:
        turns = 0
        try:
            while True:
                try:
                    await self._handle(message)
                except BaseException as error:
                    await self._raised(error)
                if not self._waiting:
                    break
                message = self._waiting.pop()
                turns += 1
                if turns % _TURNS_BEFORE_PAUSE == 0:
                    await asyncio.sleep(0)
        finally:
            self._waiting = None
            self._busy = False
            self._task = None
