"""One message at a time, in order, with no task while there is nothing to do."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from pyview.process.run_queue import RunQueue
from pyview.process.tasks import start

Handle = Callable[[Any], Awaitable[None]]
Failed = Callable[[BaseException], Awaitable[None]]

_TURNS_BEFORE_PAUSE = 64


class MailboxFull(RuntimeError):
    """More messages wait than the mailbox holds."""


class Mailbox:
    """Feeds `handle`; what it raises goes to `failed`, and what that raises ends the mailbox.

    `post` runs the message in the caller's own turn when nothing else runs; `post_soon` waits for the run queue, for
    callers that are handlers themselves. A message that finds another one running waits behind it.
    """

    __slots__ = ("_busy", "_failed", "_handle", "_limit", "_run_queue", "_task", "_waiting")

    def __init__(self, handle: Handle, failed: Failed, run_queue: RunQueue, limit: int) -> None:
        self._handle = handle
        self._failed = failed
        self._run_queue = run_queue
        self._limit = limit
        self._busy = False
        self._waiting: deque[Any] | None = None
        self._task: asyncio.Task[None] | None = None

    def post(self, message: Any) -> None:
        """Raises `MailboxFull`."""
        if self._busy:
            self._wait(message)
            return
        self._busy = True
        self._task = start(self._drain(message))

    def post_soon(self, message: Any) -> None:
        """Raises `MailboxFull`."""
        if self._busy:
            self._wait(message)
            return
        self._busy = True
        self._run_queue.add(self, message)

    def run(self, message: Any) -> None:
        """The run queue's call, when it is this mailbox's turn."""
        self._task = start(self._drain(message))

    @property
    def waiting(self) -> int:
        """How many messages wait behind the one that is being handled."""
        return len(self._waiting or ())

    def clear(self) -> list[Any]:
        """Take every waiting message out, unhandled."""
        waiting, self._waiting = self._waiting, None
        return list(waiting or ())

    def cancel(self) -> None:
        """Cancel the message that is being handled, if it waits for something."""
        if self._task is not None:
            self._task.cancel()

    def _wait(self, message: Any) -> None:
        if self._waiting is None:
            self._waiting = deque()
        if len(self._waiting) >= self._limit:
            raise MailboxFull(f"more than {self._limit} messages wait for one view")
        self._waiting.append(message)

    async def _drain(self, message: Any) -> None:
        turns = 0
        try:
            while True:
                try:
                    await self._handle(message)
                except BaseException as error:
                    await self._failed(error)
                if not self._waiting:
                    break
                message = self._waiting.popleft()
                turns += 1
                if turns % _TURNS_BEFORE_PAUSE == 0:
                    await asyncio.sleep(0)
        finally:
            self._waiting = None
            self._busy = False
            self._task = None
