"""One message at a time, in order, with no task while there is nothing to do.

Mailboxes that have something to do, served in turns of a few milliseconds.

A broadcast to a thousand views must not keep the loop from reading sockets until the last of them has rendered.

Messages that wait for one mailbox.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import Any, ClassVar, NamedTuple, Protocol

from pyview.process.tasks import local, start


class Runnable(Protocol):
    def run(self, message: Any) -> None: ...


class _End:
    """Marks the end of what was ready when a publisher began to wait."""

    def __init__(self) -> None:
        self.reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def run(self, message: Any) -> None:
        if not self.reached.done():  # who waits may have been cancelled
            self.reached.set_result(None)


class RunQueue:
    """First in, first out. One turn lasts `budget` seconds at the most, then the loop has its own turn."""

    def __init__(self, budget: float = 0.004) -> None:
        self._ready: deque[tuple[Runnable, Any]] = deque()
        self._budget = budget
        self._scheduled = False

    def add(self, runnable: Runnable, message: Any) -> None:
        """Call `runnable.run(message)` soon; it must not raise."""
        self._ready.append((runnable, message))
        if not self._scheduled:
            self._schedule()

    @property
    def idle(self) -> bool:
        """True while nothing is ready."""
        return not self._ready

    async def served(self) -> None:
        """Wait until everything that is ready now has run. It never waits for a handler that waits for something."""
        if self._ready:
            end = _End()
            self.add(end, None)
            await end.reached

    def _schedule(self) -> None:
        self._scheduled = True
        asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._scheduled = False
        ready = self._ready
        end = time.monotonic() + self._budget
        while ready:
            runnable, message = ready.popleft()
            runnable.run(message)
            if time.monotonic() > end:
                break
        if ready and not self._scheduled:
            self._schedule()


class _Posted(NamedTuple):
    """A message of the connection, among those of the application."""

    message: Any


class Waiting:
    """Queue of messages in the order in which they came.

    Messages of the connection and of the application are counted apart: a browser may send few, and a burst of the
    application's own does not use up what the browser may send.
    """

    __slots__ = ("_messages", "posted")

    def __init__(self) -> None:
        self._messages: deque[Any] = deque()
        self.posted = 0
        """Count of messages of the connection."""

    def __len__(self) -> int:
        return len(self._messages)

    def __iter__(self) -> Iterator[Any]:
        return (each.message if type(each) is _Posted else each for each in self._messages)

    @property
    def internal(self) -> int:
        """Count of messages of the application."""
        return len(self._messages) - self.posted

    def add_posted(self, message: Any) -> None:
        self._messages.append(_Posted(message))
        self.posted += 1

    def add(self, message: Any) -> None:
        self._messages.append(message)

    def pop(self) -> Any:
        """Remove and return the message that has waited longest."""
        message = self._messages.popleft()
        if type(message) is _Posted:
            self.posted -= 1
            return message.message
        return message


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
