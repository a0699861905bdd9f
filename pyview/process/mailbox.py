"""A mailbox handles one message at a time, in order, and has no task while there is nothing to do.

Mailboxes of an application with messages from inside it share a run queue.
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from pyview.process.run_queue import RunQueue, Turn
from pyview.process.tasks import local, start


class _Posted(NamedTuple):
    """A message of the connection, among those of the application."""

    message: Any


class Waiting:
    """Queue of messages in the order in which they came.

    Messages of the connection and of the application are counted separately: a browser may send few, and a burst of the
    application's own must not use up what the browser may send.
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
        # Only these are wrapped: a browser may send few, and a burst of the application many.
        self._messages.append(_Posted(message))
        self.posted += 1

    def add(self, message: Any) -> None:
        self._messages.append(message)

    def sample(self, size: int) -> list[Any]:
        """Return about `size` of the messages, from the whole length of the queue."""
        step = max(1, len(self._messages) // size)
        return list(islice(self, 0, None, step))

    def pop(self) -> Any:
        """Remove and return the message that has waited longest."""
        message = self._messages.popleft()
        if type(message) is _Posted:
            self.posted -= 1
            return message.message
        return message


# Messages of the application that are added between two measures of their size.
_BETWEEN_MEASURES = 256

# Messages that one mailbox handles in a row before the event loop may read sockets again.
_TURNS_BEFORE_PAUSE = 64

Handler = Callable[[Any, Any], Coroutine[Any, Any, None]]
"""Function of a process and a message."""

Handlers = Mapping[type, Handler]
"""Table of handlers by the class of the message."""


class Mailbox:
    """Dispatches each message to the handler registered for its class; a subclass says what happens on failure.

    A base class rather than a part: every open page has one, and a part with its references back would cost about
    200 bytes more. `post` runs the message in the caller's own turn when nothing else runs. `post_soon` waits for the
    run queue: it is for callers that are handlers themselves. A message that finds another one running waits behind it;
    of the connection's messages, at most `limit` may wait.
    """

    __slots__ = ("_handlers", "_limit", "_run_queue", "_task", "_waiting", "busy", "ended")

    def __init__(self, run_queue: RunQueue, limit: int, handlers: Handlers) -> None:
        self._run_queue = run_queue
        self._limit = limit
        self._handlers = handlers
        self._waiting: Waiting | None = None
        self._task: asyncio.Task[None] | None = None
        self.busy = False
        """True while a message that is posted has to wait."""
        self.ended = False
        """True after `_shut`: what is posted by the application is dropped."""

    def post(self, message: Any) -> None:
        """File a message from the connection; it runs at once when nothing else does."""
        if self.busy:
            self._wait(message)
            return
        # Before the handler runs, which may post to its own mailbox.
        self.busy = True
        self._task = start(self._drain(message))

    def post_soon(self, message: Any) -> None:
        """File a message from inside the application; it is dropped after the end."""
        if self.ended:
            return
        if self.busy:
            self._wait_inside(message)
            return
        # Already now: a message that comes before the turn of this one must not overtake it.
        self.busy = True
        self._run_queue.add(self, message)

    def run(self, message: Any, task: asyncio.Task[None]) -> Coroutine[Any, Any, None] | None:
        """Return what handles a message now, in `task`: the run queue calls this when it is the mailbox's turn."""
        if self.ended:
            # It ended between `post_soon` and now: the message is dropped as those that waited were.
            if not self._waiting:
                self.busy = False
                return None
            message = self._waiting.pop()
        self._task = task
        return self._drain(message)

    @property
    def waiting(self) -> int:
        """Count of messages that wait behind the one that is being handled."""
        return len(self._waiting or ())

    @property
    def _internal_limit(self) -> float:
        """Count of messages of the application that may wait."""
        return math.inf

    def _is_too_large(self) -> bool:
        """Return True if the messages of the application that wait take too much memory."""
        return False

    def _shut(self) -> None:
        """Drop what waits, and everything that comes later except what the connection posts."""
        self.ended = True
        dropped, self._waiting = self._waiting, None
        if dropped:
            self._dropped(dropped)

    @property
    def _handling(self) -> Any:
        """The message whose handler awaits something; None if there is none."""
        # Read from the frame of `_drain`: to note it down would cost something with every message.
        return local(self._coroutine, "message")

    @property
    def _coroutine(self) -> Any:
        """The coroutine that handles messages, while it waits; None if there is none."""
        coroutine = None if self._task is None else self._task.get_coro()
        # A turn awaits one mailbox after the other, and now this one.
        return getattr(coroutine, "cr_await", None) if isinstance(self._task, Turn) else coroutine

    def _interrupt(self) -> None:
        """Cancel the handler that is running, if it awaits something."""
        if self._task is not None:
            self._task.cancel()

    def handle(self, message: Any) -> Coroutine[Any, Any, None]:
        """Return the coroutine of the handler of `message`: for handlers of a message with another one in it."""
        return self._handlers[type(message)](self, message)

    async def _raised(self, error: BaseException, message: Any) -> None:
        """React to what the handler of `message` raised. An exception from here ends the task and is the caller's."""
        raise error

    def _dropped(self, messages: Iterable[Any]) -> None:
        """React to messages that waited, or would have had to, and are not handled."""

    def _overflowed(self) -> None:
        """React to a connection that posted more messages than may wait. The last one was dropped."""

    def _overflowed_inside(self) -> None:
        """React to more waiting messages of the application than `_internal_limit`, or to too large ones."""

    def _wait(self, message: Any) -> None:
        if self._waiting is None:
            self._waiting = Waiting()
        if self._waiting.posted < self._limit:
            self._waiting.add_posted(message)
        else:
            # It is in no queue, so an end of the mailbox in `_overflowed` would not release it.
            self._dropped((message,))
            self._overflowed()

    def _wait_inside(self, message: Any) -> None:
        if self._waiting is None:
            self._waiting = Waiting()
        self._waiting.add(message)
        count = self._waiting.internal
        # The size is not measured with each message: that would cost more than most of them.
        if count > self._internal_limit or (count % _BETWEEN_MEASURES == 0 and self._is_too_large()):
            self._overflowed_inside()

    async def _drain(self, message: Any) -> None:
        turns = 0
        try:
            while True:
                try:
                    await self._handlers[type(message)](self, message)
                # Cancellations as well: a subclass decides whether one is meant for it.
                except BaseException as error:
                    await self._raised(error, message)
                # No await from this check to the end: a message that came then would wait for ever.
                if not self._waiting:
                    break
                message = self._waiting.pop()
                turns += 1
                if turns % _TURNS_BEFORE_PAUSE == 0:
                    await asyncio.sleep(0)
        finally:
            self._waiting = None
            self.busy = False
            self._task = None
